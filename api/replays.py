"""The door to counterfactual replays: ask for one, watch it, read what it found, give it up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.moments import moment
from api.paging import Page
from api.roles import MACHINES
from api.route import Reply, Route
from application import replays
from ml.recommendation.replay_report import ReplayReport

if TYPE_CHECKING:
    from api.call import Call
    from application.replays import Replay

SHOWN = 50

Where = int | Annotated[str, Meta(max_length=40)]


class ReplayRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which policy in place of what served, and when: log positions, or times.

    ``policy``: a recommender's version, ``popularity`` or ``logged``, what served itself. ``from``:
    where left out, after what the model learnt from; ``to``: where left out, the present.
    """

    policy: Annotated[str, Meta(min_length=1, max_length=300)]
    start: Where | None = msgspec.field(default=None, name="from")
    end: Where | None = msgspec.field(default=None, name="to")
    placement: Literal["home", "email"] = "home"
    allow_hindsight: bool = False


class ReplayBody(msgspec.Struct, kw_only=True):
    """A replay. ``from`` and ``to`` are log positions; ``done`` and ``total`` those it reads."""

    replay_id: UUID
    policy: str
    placement: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    allow_hindsight: bool
    status: Literal["requested", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    error_code: str
    error: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    result: ReplayReport | None = None


async def ask(call: Call[ReplayRequest, None]) -> Reply:
    """Ask for a replay; a worker takes it up."""
    wanted, pool = call.body, call.services.pool
    start, end = await replays.span(
        pool,
        call.journal,
        wanted.policy,
        _where(wanted.start, "from"),
        _where(wanted.end, "to"),
        allows_hindsight=wanted.allow_hindsight,
    )
    found = await replays.request(
        pool,
        replays.Wanted(
            policy=wanted.policy,
            start=start,
            end=end,
            placement=wanted.placement,
            allows_hindsight=wanted.allow_hindsight,
        ),
        call.actor,
    )
    return Reply(_body(found), headers={"Location": f"/v1/replays/{found.replay_id}"})


async def show(call: Call[None, None]) -> Reply:
    """Return a replay, with what it found once it is done."""
    found = await replays.find(call.services.pool, _id(call))
    return Reply(_body(found), headers={"Cache-Control": "no-store"})


async def show_latest(call: Call[None, None]) -> Reply:
    """Return the replays asked for last."""
    return Reply(Page([_body(each) for each in await replays.latest(call.services.pool, SHOWN)]))


async def cancel(call: Call[None, None]) -> Reply:
    """Give up a replay that waits or runs."""
    return Reply(_body(await replays.cancel(call.services.pool, _id(call))))


def _id(call: Call[None, None]) -> UUID:
    try:
        return UUID(call.key("replay_id"))
    except ValueError:
        raise replays.ReplayNotFound from None


def _where(said: Where | None, name: str) -> int | datetime | None:
    return moment(said, name) if isinstance(said, str) else said


def _body(found: Replay) -> ReplayBody:
    result = found.result
    return ReplayBody(
        replay_id=found.replay_id,
        policy=found.policy,
        placement=found.placement,
        start=found.start,
        end=found.end,
        allow_hindsight=found.allows_hindsight,
        status=found.status,
        done=found.done,
        total=found.total,
        error_code=found.error_code,
        error=found.error,
        requested_by=found.requested_by,
        requested_at=found.requested_at,
        finished_at=found.finished_at,
        result=None if result is None else msgspec.json.decode(result, type=ReplayReport),
    )


_PATH = "/v1/replays/{replay_id}"

ROUTES = (
    Route(
        method="POST",
        path="/v1/replays",
        handler=ask,
        summary="Ask what another policy would have recommended, and what is known of its clicks",
        tag="Insight",
        body=ReplayRequest,
        answer=ReplayBody,
        status=202,
        roles=MACHINES,
        refusals=(422,),
    ),
    Route(
        method="GET",
        path="/v1/replays",
        handler=show_latest,
        summary="Replays asked for last",
        tag="Insight",
        answer=Page[ReplayBody],
        roles=MACHINES,
    ),
    Route(
        method="GET",
        path=_PATH,
        handler=show,
        summary="A replay: how far it is, and what it found",
        tag="Insight",
        answer=ReplayBody,
        roles=MACHINES,
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path=_PATH,
        handler=cancel,
        summary="Give up a replay",
        tag="Insight",
        answer=ReplayBody,
        roles=MACHINES,
        refusals=(404, 422),
    ),
)
