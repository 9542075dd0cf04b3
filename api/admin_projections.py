"""The door to the projection engine: lag, rebuilds, parked events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.read_models import projection_named
from api.roles import ADMIN, AUDITOR
from api.route import Reply, Route
from projections import generations, parking
from projections.checkpoints import Checkpoint, ProjectionState, live_generation, projection_states
from projections.parking import Parked
from projections.runner import Runner

if TYPE_CHECKING:
    from api.call import Call
    from domain.events import Recorded


class Generation(msgspec.Struct):
    """A generation of a read model that something was asked of."""

    name: str
    generation: int


class ParkedQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """Parked events of one read model, or of all."""

    projection: str = ""


class ParkedStream(msgspec.Struct, forbid_unknown_fields=True):
    """All that is parked of one stream, in one read model."""

    projection: Annotated[str, Meta(min_length=1)]
    stream_id: Annotated[str, Meta(min_length=1)]


class Released(msgspec.Struct):
    """How many events were parked there and are no longer."""

    events: int


async def show_all(call: Call[None, None]) -> Reply:
    """Return where every read model stands."""
    async with call.services.pool.acquire() as connection:
        states = await projection_states(connection)
    return Reply(Page(states))


async def rebuild(call: Call[None, None]) -> Reply:
    """Ask for the next generation: it is built beside the live one and then takes its place."""
    projection = projection_named(call.key("name"))
    async with call.services.pool.acquire() as connection:
        generation = await generations.request_rebuild(connection, projection)
    return Reply(Generation(projection.name, generation))


async def roll_back(call: Call[None, None]) -> Reply:
    """Ask for the generation before the live one: it is brought up to date and takes its place."""
    name = projection_named(call.key("name")).name
    async with call.services.pool.acquire() as connection:
        generation = await generations.previous_generation(connection, name)
        await generations.revive(connection, name, generation)
    return Reply(Generation(name, generation))


async def cancel(call: Call[None, None]) -> Reply:
    """Give up the rebuild under way."""
    name = projection_named(call.key("name")).name
    async with call.services.pool.acquire() as connection:
        generation = await generations.cancel_build(connection, name)
    return Reply(Generation(name, generation))


async def show_parked(call: Call[None, ParkedQuery]) -> Reply:
    """Return parked events, by position."""
    after, limit = call.query.cursor(int, 0), call.query.limit
    async with call.services.pool.acquire() as connection:
        rows = await parking.list_parked(
            connection, call.query.projection, after=after, limit=limit + 1
        )
    return Reply(page_of(rows, limit, lambda row: row.position))


async def retry(call: Call[ParkedStream, None]) -> Reply:
    """Fold what is parked of a stream now: all of it, or a refusal and nothing."""
    projection = projection_named(call.body.projection)
    generation = await _generation(call)
    events = await _whole_stream(call, call.body.stream_id)
    runner = Runner(call.services.pool, projection, Checkpoint(projection.name, generation, 0, 0))
    try:
        released = await runner.retry_parked(call.body.stream_id, events)
    except Exception as error:
        # What parked it may be anything; only its kind is told, its text may quote the event.
        raise Problem(
            409, "still_failing", f"The events still cannot be folded: {type(error).__name__}."
        ) from error
    return _released(released)


async def discard(call: Call[ParkedStream, None]) -> Reply:
    """Forget what is parked of a stream: this read model will never have it."""
    projection = projection_named(call.body.projection)
    generation = await _generation(call)
    async with call.services.pool.acquire() as connection:
        released = await parking.release(
            connection, projection.name, generation, call.body.stream_id
        )
    return _released(released)


def _released(events: int) -> Reply:
    if events == 0:
        raise Problem(404, "nothing_parked", "Nothing of this stream is parked there.")
    return Reply(Released(events))


async def _generation(call: Call[ParkedStream, None]) -> int:
    async with call.services.pool.acquire() as connection:
        generation = await live_generation(connection, call.body.projection)
    if generation is None:
        raise Problem(404, "nothing_parked", "This read model has not begun.")
    return generation


async def _whole_stream(call: Call[ParkedStream, None], stream_id: str) -> list[Recorded]:
    events: list[Recorded] = []
    while page := await call.journal.read_stream(
        stream_id, after_version=events[-1].version if events else 0
    ):
        events += page
    return events


_ONE = "/v1/admin/projections/{name}"
_PARKED = "/v1/admin/parked"

ROUTES = (
    Route(
        method="GET",
        path="/v1/admin/projections",
        handler=show_all,
        summary="Where every read model stands, with its lag",
        tag="Admin",
        answer=Page[ProjectionState],
        roles=ADMIN | AUDITOR,
    ),
    *(
        Route(
            method="POST",
            path=f"{_ONE}/{action}",
            handler=handler,
            summary=summary,
            tag="Admin",
            answer=Generation,
            status=202,
            roles=ADMIN,
            refusals=(404, 409),
        )
        for action, handler, summary in (
            ("rebuild", rebuild, "Build a read model anew beside the live one"),
            ("rollback", roll_back, "Go back to the generation before"),
            ("cancel", cancel, "Give up the rebuild under way"),
        )
    ),
    Route(
        method="GET",
        path=_PARKED,
        handler=show_parked,
        summary="Events that read models could not take",
        tag="Admin",
        query=ParkedQuery,
        answer=Page[Parked],
        roles=ADMIN,
    ),
    Route(
        method="POST",
        path=f"{_PARKED}/retry",
        handler=retry,
        summary="Fold what is parked of a stream now",
        tag="Admin",
        body=ParkedStream,
        answer=Released,
        roles=ADMIN,
        refusals=(404, 409),
    ),
    Route(
        method="POST",
        path=f"{_PARKED}/discard",
        handler=discard,
        summary="Forget what is parked of a stream",
        tag="Admin",
        body=ParkedStream,
        answer=Released,
        roles=ADMIN,
        refusals=(404,),
    ),
)
