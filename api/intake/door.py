"""What every door for behaviour does: let a key in, record facts, keep what says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from api.problems import Problem
from api.services import DAILY_SALT, PACE, RATE_LIMIT
from application.context import Context
from application.intake import bad_rows
from application.intake.bad_message import BadMessage
from application.intake.privacy import visitor_of_the_day
from application.intake.said import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from aiohttp import web

    from api.call import Call
    from application.intake.bad_rows import BadRow
    from application.intake.said import Translated
    from application.journal import Journal
    from domain.events import Event

MOST_BYTES = 500 * 1024
MOST_MESSAGES = 2_500
_MOST_AT_ONCE = 2_500
"""Facts of one append: a larger one would keep other writers waiting for the log's head."""


class Unread(NamedTuple):
    """A message as it came; ``call`` and ``sent_at`` are what it does not say itself."""

    raw: bytes
    call: str = ""
    sent_at: datetime | None = None


async def body_of(request: web.Request) -> bytes:
    """Return the body, decompressed. Raises Problem 413."""
    body = await request.read()
    if len(body) > MOST_BYTES:
        raise Problem(413, "body_too_large", f"A batch has at most {MOST_BYTES} bytes.")
    return body


async def take(
    call: Call[Any, Any],
    key_id: str,
    messages: Sequence[Unread],
    translate: Callable[[int, Unread, Arrival], Translated],
) -> None:
    """Record what messages say; keep as bad rows those that say nothing. Durable on return.

    ``translate`` gets a message with its number and raises BadMessage where it says nothing.
    Raises Problem: 413 for too many, 429 for too many in too short a time; then none is taken.
    """
    if len(messages) > MOST_MESSAGES:
        raise Problem(413, "too_many_messages", f"A batch has at most {MOST_MESSAGES} messages.")
    await call.request.app[RATE_LIMIT].take(key_id, len(messages))
    arrival = await arrival_of(call, key_id)
    events: dict[UUID, Event] = {}
    bad: list[BadRow] = []
    for number, message in enumerate(messages):
        try:
            said = translate(number, message, arrival)
        except BadMessage as reason:
            bad.append(_bad_row(message, reason, arrival))
            continue
        for event_id, event in zip(said.event_ids, said.facts, strict=True):
            events.setdefault(event_id, event)
    if bad:
        await bad_rows.keep(call.services.pool, bad)
    await record(call.journal, call.correlation_id, key_id, events)


async def record(
    journal: Journal, correlation_id: UUID, key_id: str, events: dict[UUID, Event]
) -> int:
    """Record facts in the name of a write key; those with an id recorded before are skipped.

    Returns a position at which all of them are there.
    """
    last_position = 0
    for page in _pages(list(events.items())):
        context = Context(f"key:{key_id}", datetime.now(UTC), correlation_id=correlation_id)
        ids, facts = zip(*page, strict=True)
        last_position = (await journal.record(context, facts, event_ids=ids)).last_position
    return last_position


async def arrival_of(
    call: Call[Any, Any], key_id: str, received_at: datetime | None = None
) -> Arrival:
    """Return what the messages of a request share."""
    request, now = call.request, received_at or datetime.now(UTC)
    day = now.date()
    salt = await request.app[DAILY_SALT].of(day)
    # Only a browser's own agent says something of the visitor; a server's is the SDK's.
    agent = request.headers.get("User-Agent", "") if "Origin" in request.headers else ""

    def cookieless(address: str, user_agent: str) -> str:
        given = (address or request.remote or "", user_agent or agent)
        return visitor_of_the_day(salt, key_id, day, *given)

    def pseudonym(email: str) -> str:
        return f"e-{call.journal.hashes.email(email)[:32]}"

    return Arrival(key_id, now, agent, cookieless, pseudonym, request.app[PACE])


def _bad_row(message: Unread, reason: BadMessage, arrival: Arrival) -> BadRow:
    return bad_rows.bad_row(
        message.raw,
        reason,
        key_id=arrival.key_id,
        call=message.call,
        sent_at=message.sent_at,
        received_at=arrival.received_at,
    )


def _pages(items: list[tuple[UUID, Event]]) -> Iterator[list[tuple[UUID, Event]]]:
    return (items[n : n + _MOST_AT_ONCE] for n in range(0, len(items), _MOST_AT_ONCE))
