"""The door for operators: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily

from api.problems import NOT_READY, busy
from api.route import Reply, Route
from application.event_store.lost_connections import LOST_CONNECTION
from projections.checkpoints import projection_states
from projections.registry import PROJECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric

    from api.call import Call
    from projections.checkpoints import ProjectionState

PATIENCE_SECONDS = 3.0
LIVE = "live"


class Health(msgspec.Struct):
    """What was looked at, and how far behind the read models are."""

    status: str
    lag_events: dict[str, int] = {}


async def live(call: Call[None, None]) -> Reply:
    """Say that this process answers."""
    del call
    return Reply(Health("ok"))


async def ready(call: Call[None, None]) -> Reply:
    """Say whether requests can be served: database, Redis, read models close to the log."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await call.services.redis.ping()
        states = [state for state in await _states(call) if state.status == LIVE]
    lag = {state.name: state.lag_events for state in states}
    missing = [p.name for p in PROJECTIONS if p.name not in lag]
    if missing:
        raise busy(503, NOT_READY, "Read models have not begun.", 1, missing=missing)
    limit = call.services.settings.ready_lag_seconds
    late = [s.name for s in states if s.lag_events > 0 and s.lag_seconds > limit]
    if late:
        raise busy(503, NOT_READY, "Read models are behind.", 5, behind=late, lag_events=lag)
    return Reply(Health("ok", lag))


async def metrics(call: Call[None, None]) -> web.StreamResponse:
    """Return what Prometheus asks for; lag and parked events are read at this moment."""
    try:
        states = await _states(call)
    except LOST_CONNECTION:
        states = []  # the rest is still worth knowing
    registry = CollectorRegistry()
    registry.register(_ProjectionMetrics([state for state in states if state.status == LIVE]))
    body = generate_latest(REGISTRY) + generate_latest(registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _states(call: Call[None, None]) -> list[ProjectionState]:
    async with call.services.pool.acquire(timeout=PATIENCE_SECONDS) as connection:
        return await projection_states(connection)


class _ProjectionMetrics:
    """Gauges of the read models as they were just read."""

    def __init__(self, states: Sequence[ProjectionState]) -> None:
        self._states = states

    def collect(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "footfall_projection_lag_events", "Events not yet folded", labels=["projection"]
        )
        late = GaugeMetricFamily(
            "footfall_projection_lag_seconds", "Age of the first of them", labels=["projection"]
        )
        parked = GaugeMetricFamily(
            "footfall_projection_parked_events", "Events put aside", labels=["projection"]
        )
        for state in self._states:
            lag.add_metric([state.name], state.lag_events)
            late.add_metric([state.name], state.lag_seconds)
            parked.add_metric([state.name], state.parked)
        yield from (lag, late, parked)


TEXT = "text/plain"

ROUTES = (
    Route(
        method="GET",
        path="/health/live",
        handler=live,
        summary="Does this process answer",
        tag="Operation",
        answer=Health,
    ),
    Route(
        method="GET",
        path="/health/ready",
        handler=ready,
        summary="Can requests be served; 503 while read models are far behind",
        tag="Operation",
        answer=Health,
        refusals=(503,),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=metrics,
        summary="Metrics for Prometheus",
        tag="Operation",
        media=(TEXT,),
    ),
)
