"""The forecaster: has forecasts worked out anew each night, and when views of a product jump."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from projections.forecasts import forecast_state
from projections.runner import TRANSIENT, heed_cancellation, patiently

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import asyncpg

logger = structlog.get_logger(__name__)

USUAL_DAYS = 14
MOST_DRAWN = 20
FIRST_TRY = timedelta(minutes=10)
"""Between two tries of a shop in which too little was sold so far."""
LONGEST_PAUSE = timedelta(hours=1)


class Ended(Enum):
    """How a working out ended."""

    MADE = auto()
    NOT_ENOUGH_DATA = auto()
    FAILED = auto()


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When forecasts are worked out. 0 or None: never for that reason.

    ``hour``: of the day, UTC. ``jump_factor``: views of today over those of a usual day.
    ``least_views``: of today, before it is looked at. ``pause``: between two workings out.
    """

    hour: int | None = 2
    jump_factor: float = 4.0
    least_views: int = 30
    pause: timedelta = timedelta(hours=1)
    poll_seconds: float = 30.0


async def run_forecaster(
    pool: asyncpg.Pool[Any],
    work_out: Callable[[str, Sequence[str]], Awaitable[Ended]],
    schedule: Schedule,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Have forecasts worked out when they are due, until cancelled.

    ``work_out`` is given the reason and the products whose views jumped.
    """
    seen = _Seen()
    failures = attempt = 0
    tried_at: datetime | None = None
    while True:
        heed_cancellation()
        try:
            wait = _pause(failures)
            moment = now()
            if tried_at is None or moment - tried_at >= wait:
                due = await _due(pool, schedule, seen, moment)
                if due is not None:
                    reason, drawn = due
                    logger.info("forecast_begins", reason=reason, drawn=drawn)
                    ended = await work_out(reason, drawn)
                    tried_at = now()
                    failures = failures + 1 if ended is Ended.FAILED else 0
            attempt = 0
            await asyncio.sleep(schedule.poll_seconds)
        except TRANSIENT as error:
            logger.warning("forecaster_waits", reason=repr(error))
            await patiently(attempt)
            attempt += 1


class _Seen:
    """Jumps that were answered: the views of each product, of the day, at that time."""

    def __init__(self) -> None:
        self._day = None
        self._views: dict[str, int] = {}

    def fresh(self, views: dict[str, int], day: object) -> list[str]:
        """Return the products that were not answered yet today, or have twice as many since."""
        if day != self._day:
            self._day, self._views = day, {}  # type: ignore[assignment]
        found = [p for p, count in views.items() if count >= 2 * self._views.get(p, 0)]
        self._views |= {product_id: views[product_id] for product_id in found}
        return found


async def _due(
    pool: asyncpg.Pool[Any], schedule: Schedule, seen: _Seen, moment: datetime
) -> tuple[str, list[str]] | None:
    """Return the reason to work out forecasts now, and the products whose views jumped."""
    async with pool.acquire() as connection:
        state = await forecast_state(connection)
        if schedule.hour is not None:
            if state is None:
                return "due", []
            if state.lacks and moment - state.made_at >= FIRST_TRY:
                return "due", []
            if state.made_at < _latest(schedule.hour, moment):
                return "due", []
        if state is None or not schedule.jump_factor or moment - state.made_at < schedule.pause:
            return None
        rows = await connection.fetch(
            _JUMPED,
            moment.date(),
            USUAL_DAYS,
            schedule.least_views,
            schedule.jump_factor,
            MOST_DRAWN,
        )
    drawn = seen.fresh({row[0]: row[1] for row in rows}, moment.date())
    return ("views", drawn) if drawn else None


def _latest(hour: int, moment: datetime) -> datetime:
    """Return the last time at or before a moment at which the clock showed this hour."""
    today = datetime.combine(moment.astimezone(UTC).date(), time(hour), UTC)
    return today if today <= moment else today - timedelta(days=1)


def _pause(failures: int) -> timedelta:
    """Return how long to wait after the last try, longer after failures in a row."""
    if not failures:
        return timedelta(0)
    return min(timedelta(minutes=1) * 2.0 ** min(failures, 10), LONGEST_PAUSE)


_JUMPED = """
    SELECT product_id, today::int FROM (
        SELECT product_id,
               sum(views) FILTER (WHERE day = $1) AS today,
               coalesce(sum(views) FILTER (WHERE day < $1), 0)
                   / greatest(1, least($2, $1 - min(day)))::float8 AS usual
        FROM product_sales WHERE day > $1 - $2 - 1 AND day <= $1 GROUP BY product_id) AS views
    WHERE today >= $3 AND today >= $4 * usual
    ORDER BY today / greatest(usual, 1) DESC, product_id LIMIT $5"""
