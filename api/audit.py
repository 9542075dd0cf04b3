"""The door for auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.headers import MAX_POSITION
from api.moments import moment
from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.roles import AUDITOR
from api.route import Reply, Route
from application.audit import AuditEvent, EventFilter, find_events, find_stream

if TYPE_CHECKING:
    from api.call import Call


class EventsQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """Events that match every part given. ``from`` and ``to`` are times of recording."""

    after: Annotated[int, Meta(ge=0, le=MAX_POSITION)] = 0
    stream: str = ""
    topic: str = ""
    actor: str = ""
    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")


class HeadBody(msgspec.Struct):
    """The end of the log. ``chain``: the hash over everything before, in hex."""

    position: int
    chain: str
    epoch: int


async def events(call: Call[None, EventsQuery]) -> Reply:
    """Return events as they were recorded."""
    query = call.query
    after = query.cursor(int, query.after)
    wanted = EventFilter(
        after=max(after, query.after),
        stream=query.stream,
        topic=query.topic,
        actor=query.actor,
        start=moment(query.start, "from"),
        end=moment(query.end, "to"),
    )
    rows = await find_events(call.services.pool, wanted, query.limit + 1)
    return Reply(page_of(rows, query.limit, lambda row: row.position))


async def stream(call: Call[None, Paged]) -> Reply:
    """Return the events of one stream, from the first."""
    version = call.query.cursor(int, 0)
    rows = await find_stream(
        call.services.pool, call.key("stream_id"), after_version=version, limit=call.query.limit + 1
    )
    if not rows and version == 0:
        raise Problem(404, "stream_not_found", "There is no such stream.")
    return Reply(page_of(rows, call.query.limit, lambda row: row.version))


async def head(call: Call[None, None]) -> Reply:
    """Return the end of the log."""
    found = await call.journal.store.head()
    return Reply(HeadBody(found.position, found.chain.hex(), found.epoch))


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit/events",
        handler=events,
        summary="Events of the log, filtered, as they were recorded",
        tag="Audit",
        query=EventsQuery,
        answer=Page[AuditEvent],
        roles=AUDITOR,
    ),
    Route(
        method="GET",
        path="/v1/audit/streams/{stream_id}",
        handler=stream,
        summary="Events of one stream",
        tag="Audit",
        query=Paged,
        answer=Page[AuditEvent],
        roles=AUDITOR,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/audit/head",
        handler=head,
        summary="The end of the log",
        tag="Audit",
        answer=HeadBody,
        roles=AUDITOR,
    ),
)
