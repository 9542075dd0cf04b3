"""The door to segments of the shop's own: rules, how many they hold for, who is among them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import asyncpg
import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.resource_ids import ChosenId, new_id
from api.roles import ANALYST
from api.route import Reply, Route
from application.segments import SegmentAnswer, change_segment, define_segment, remove_segment
from domain.segment import Segment, SegmentNotFound
from domain.segment_rule import parse
from projections.checkpoints import live_positions
from projections.segment_evaluation import preview
from projections.segment_members import (
    DefinitionRow,
    MemberRow,
    find_segment,
    list_segments,
    members_of,
)

if TYPE_CHECKING:
    from api.call import Call

PREVIEW_SECONDS = 5
RULE = (
    'all or any: [rules], not: rule; {"number": "orders", "at_least": 2, "at_most": 9};'
    ' {"did": "viewed", "category" or "product_id": "...", "within_days": 7, "at_least": 3};'
    ' {"segment": "loyal"}; {"consent": "marketing"}; {"known": true}'
)

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Description = Annotated[str, Meta(max_length=1_000)]
Rule = Annotated[dict[str, Any], Meta(description=RULE)]


class NewSegment(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Shoppers to tell apart."""

    name: Name
    rule: Rule
    description: Description = ""
    segment_id: ChosenId = ""


class SegmentPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    rule: Rule | UnsetType = UNSET
    description: Description | UnsetType = UNSET


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A rule to try."""

    rule: Rule


class PreviewBody(msgspec.Struct, kw_only=True):
    """How many the rule holds for now, out of all that are there; the first of them."""

    size: int
    of: int
    sample: list[str]
    as_of_position: int


class EvaluationBody(msgspec.Struct, kw_only=True):
    """How far the segment is asked of everybody: ``waiting``, ``evaluating``, ``live`` or
    ``failed``. ``done`` of ``total`` comings and goings are recorded.
    """

    status: str
    done: int
    total: int
    error: str


class SegmentBody(msgspec.Struct, kw_only=True):
    """A segment. ``members``: how many are in it."""

    segment_id: str
    name: str
    description: str
    rule: dict[str, Any]
    members: int | None = None
    evaluation: EvaluationBody | None = None
    defined_at: datetime | None = None
    changed_at: datetime | None = None


class MemberBody(msgspec.Struct, kw_only=True):
    """Who is in a segment since when. ``position``: of the event by which they entered."""

    segment_id: str
    person: str
    since: datetime
    position: int


async def show_all(call: Call[None, Paged]) -> Reply:
    """Return the segments that the shop defined, by id."""
    after = call.query.cursor(str, "")
    async with call.services.pool.acquire() as connection:
        rows = await list_segments(connection, after=after, limit=call.query.limit + 1)
    page = page_of(rows, call.query.limit, lambda row: row.segment_id)
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show(call: Call[None, None]) -> Reply:
    """Return a segment."""
    row = await _found(call)
    return Reply(_of_row(row), version=row.version)


async def show_members(call: Call[None, Paged]) -> Reply:
    """Return who is in a segment, by person."""
    after = call.query.cursor(str, "")
    row = await _found(call)
    async with call.services.pool.acquire() as connection:
        rows = await members_of(connection, row.segment_id, after=after, limit=call.query.limit + 1)
    page = page_of(rows, call.query.limit, lambda member: member.person)
    return Reply(Page([member_body(each) for each in page.items], page.next_page_token))


async def try_rule(call: Call[PreviewRequest, None]) -> Reply:
    """Return how many a rule would hold for; nothing is kept."""
    rule = parse(call.body.rule)
    try:
        async with (
            call.services.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(f"SET LOCAL statement_timeout = '{PREVIEW_SECONDS}s'")
            position = (await live_positions(connection)).get("segments", 0)
            found = await preview(connection, rule, datetime.now(UTC))
    except asyncpg.QueryCanceledError:
        raise Problem(
            422,
            "preview_takes_too_long",
            f"This rule takes longer than {PREVIEW_SECONDS} s to try; defined, it is evaluated in"
            " the background.",
        ) from None
    return Reply(
        PreviewBody(size=found.size, of=found.of, sample=found.sample, as_of_position=position)
    )


async def define(call: Call[NewSegment, None]) -> Reply:
    """Define a segment; everybody is asked in the background."""
    said = call.body
    segment_id = said.segment_id or new_id()
    outcome = await call.run(
        SegmentAnswer,
        lambda journal, context: define_segment(
            journal,
            context,
            segment_id,
            name=said.name,
            rule=said.rule,
            description=said.description,
        ),
    )
    answer = outcome.answer
    reply = await call.reply(outcome, _body(answer), stream_id=Segment.stream_id(answer.segment_id))
    reply.headers["Location"] = f"/v1/segments/{answer.segment_id}"
    return reply


async def change(call: Call[SegmentPatch, None]) -> Reply:
    """Change a segment; where its rule is another, everybody is asked again."""
    segment_id = call.key("segment_id")
    said = msgspec.structs.asdict(call.body).items()
    changes: dict[str, Any] = {name: value for name, value in said if value is not UNSET}
    outcome = await change_segment(
        call.journal, call.context(), segment_id, changes, if_match=call.if_match
    )
    return await call.reply(outcome, _body(outcome.answer), stream_id=Segment.stream_id(segment_id))


async def remove(call: Call[None, None]) -> Reply:
    """Take a segment back: all leave it."""
    segment_id = call.key("segment_id")
    outcome = await remove_segment(call.journal, call.context(), segment_id, if_match=call.if_match)
    return await call.reply(outcome, stream_id=Segment.stream_id(segment_id))


def member_body(row: MemberRow) -> MemberBody:
    """Return a membership as it is shown."""
    return MemberBody(
        segment_id=row.segment_id, person=row.person, since=row.since, position=row.position
    )


async def _found(call: Call[None, Any]) -> DefinitionRow:
    async with call.services.pool.acquire() as connection:
        row = await find_segment(connection, call.key("segment_id"))
    if row is None:
        raise SegmentNotFound
    return row


def _body(answer: SegmentAnswer) -> SegmentBody:
    return SegmentBody(
        segment_id=answer.segment_id,
        name=answer.name,
        description=answer.description,
        rule=answer.rule,
    )


def _of_row(row: DefinitionRow) -> SegmentBody:
    return SegmentBody(
        segment_id=row.segment_id,
        name=row.name,
        description=row.description,
        rule=row.rule,
        members=row.members,
        evaluation=_evaluation(row),
        defined_at=row.defined_at,
        changed_at=row.changed_at,
    )


def _evaluation(row: DefinitionRow) -> EvaluationBody:
    if row.evaluated_version != row.version:
        return EvaluationBody(status="waiting", done=0, total=0, error="")
    status = "live" if row.is_evaluated else "failed" if row.error else "evaluating"
    return EvaluationBody(status=status, done=row.done, total=row.total, error=row.error)


_ALL = "/v1/segments"
_ONE = f"{_ALL}/{{segment_id}}"
_READS = ("segment_members",)

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=show_all,
        summary="Segments that the shop defined",
        tag="Acting",
        query=Paged,
        answer=Page[SegmentBody],
        roles=ANALYST,
        reads=_READS,
    ),
    Route(
        method="POST",
        path=_ALL,
        handler=define,
        summary="Define a segment by a rule; evaluated over all history, then kept live",
        tag="Acting",
        body=NewSegment,
        answer=SegmentBody,
        status=201,
        roles=ANALYST,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(422,),
    ),
    Route(
        method="POST",
        path=f"{_ALL}/preview",
        handler=try_rule,
        summary="How many a rule would hold for",
        tag="Acting",
        body=PreviewRequest,
        answer=PreviewBody,
        roles=ANALYST,
        reads=("segments", "visits", "purchases", "interactions"),
        refusals=(422,),
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=show,
        summary="A segment, its size and how far its evaluation is",
        tag="Acting",
        answer=SegmentBody,
        roles=ANALYST,
        reads=_READS,
        is_versioned=True,
        refusals=(404,),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=change,
        summary="Change a segment",
        tag="Acting",
        body=SegmentPatch,
        answer=SegmentBody,
        roles=ANALYST,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=remove,
        summary="Remove a segment",
        tag="Acting",
        status=204,
        roles=ANALYST,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/members",
        handler=show_members,
        summary="Who is in a segment, since when, and by which event",
        tag="Acting",
        query=Paged,
        answer=Page[MemberBody],
        roles=ANALYST,
        reads=_READS,
        refusals=(404,),
    ),
)
