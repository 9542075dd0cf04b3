"""The door to bad rows: see why messages were not taken, mend and replay them, or let them go."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec

from api.intake import door
from api.intake.translators import translate_again
from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.roles import ADMIN
from api.route import Reply, Route
from application.intake import bad_rows
from application.intake.bad_message import BadMessage
from application.intake.bad_rows import BadRow, BadRowNotFound

if TYPE_CHECKING:
    from api.call import Call

MOST_RETRIED = 1_000


class BadRowQuery(Paged, kw_only=True):
    """Rows of one status, the oldest first."""

    status: Literal["open", "repaired", "discarded"] = "open"


class BadRowBody(msgspec.Struct, frozen=True):
    """A message that was not taken. ``code`` is stable; ``message`` is its text without
    what is personal in it; ``call`` is empty for a message of a batch.
    """

    bad_row_id: UUID
    received_at: datetime
    key_id: str
    call: str
    code: str
    detail: str
    message: str
    status: str


class Repair(msgspec.Struct, forbid_unknown_fields=True):
    """The mended message; without one, the message as it came is tried again."""

    message: dict[str, Any] | None = None


class Repaired(msgspec.Struct, frozen=True):
    """How many facts the message said."""

    facts: int


class Retried(msgspec.Struct, frozen=True):
    """How many open rows, the oldest first, are repaired now, and how many are still bad."""

    repaired: int
    still_bad: int


async def show_bad_rows(call: Call[None, BadRowQuery]) -> Reply:
    """Return messages that were not taken."""
    query, pool = call.query, call.services.pool
    after = query.cursor(UUID | None, None)  # type: ignore[arg-type]  # a union is no type
    rows = await bad_rows.list_bad_rows(pool, query.status, after=after, limit=query.limit + 1)
    page = page_of(rows, query.limit, lambda row: row.bad_row_id)
    return Reply(Page([_body(row) for row in page.items], page.next_page_token))


async def repair(call: Call[Repair | None, None]) -> Reply:
    """Take a message after all, as of the time when it came."""
    mended = call.body.message if call.body else None
    raw = None if mended is None else msgspec.json.encode(mended)
    async with bad_rows.closing(
        call.services.pool, _bad_row_id(call), "repaired", call.actor
    ) as row:
        try:
            facts, position = await _take(call, row, raw)
        except BadMessage as reason:
            raise Problem(422, reason.code, reason.detail) from reason
    return Reply(Repaired(facts), position=position)


async def discard(call: Call[None, None]) -> Reply:
    """Let a message go: it stays among the discarded."""
    async with bad_rows.closing(call.services.pool, _bad_row_id(call), "discarded", call.actor):
        pass
    return Reply()


async def retry_all(call: Call[None, None]) -> Reply:
    """Try the oldest open rows again, as after an upgrade that understands more."""
    pool, repaired, still_bad = call.services.pool, 0, 0
    for row in await bad_rows.list_bad_rows(pool, "open", limit=MOST_RETRIED):
        try:
            async with bad_rows.closing(pool, row.bad_row_id, "repaired", call.actor):
                await _take(call, row, None)
            repaired += 1
        except BadMessage:
            still_bad += 1
        except BadRowNotFound:  # somebody else was quicker
            continue
    return Reply(Retried(repaired, still_bad))


async def _take(call: Call[Any, Any], row: BadRow, mended: bytes | None) -> tuple[int, int]:
    """Record what a row says; return how many facts these are, and where they are by then."""
    arrival = await door.arrival_of(call, row.key_id, row.received_at)
    said = translate_again(row, mended, arrival)
    events = dict(zip(said.event_ids, said.facts, strict=True))
    position = await door.record(call.journal, call.correlation_id, row.key_id, events)
    return len(events), position


def _bad_row_id(call: Call[Any, Any]) -> UUID:
    try:
        return UUID(call.key("bad_row_id"))
    except ValueError:
        raise BadRowNotFound from None


def _body(row: BadRow) -> BadRowBody:
    return BadRowBody(
        bad_row_id=row.bad_row_id,
        received_at=row.received_at,
        key_id=row.key_id,
        call=row.call,
        code=row.code,
        detail=row.detail,
        message=row.body.decode("utf-8", "replace"),
        status=row.status,
    )


_PATH = "/v1/admin/bad-rows"
_ONE = f"{_PATH}/{{bad_row_id}}"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        handler=show_bad_rows,
        summary="Messages that were not taken, and why",
        tag="Admin",
        query=BadRowQuery,
        answer=Page[BadRowBody],
        roles=ADMIN,
    ),
    Route(
        method="POST",
        path=f"{_PATH}/retry",
        handler=retry_all,
        summary="Try the oldest thousand open ones again",
        tag="Admin",
        answer=Retried,
        roles=ADMIN,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/repair",
        handler=repair,
        summary="Take a message after all, mended or as it came, at its true time",
        tag="Admin",
        body=Repair,
        is_body_optional=True,
        answer=Repaired,
        roles=ADMIN,
        is_command=True,
        refusals=(404, 422),
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=discard,
        summary="Let a message go; it stays among the discarded",
        tag="Admin",
        status=204,
        roles=ADMIN,
        refusals=(404,),
    ),
)
