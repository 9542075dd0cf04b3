"""When to train anew: whenever the log has grown by enough, or the last time is long ago."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

import structlog

from domain.model import Model
from workers.model_files import RECOMMENDER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from application.journal import Journal

logger = structlog.get_logger(__name__)

FIRST_EVENTS = 5_000
"""A first model is tried for at this many events at the latest."""
LONGEST_PAUSE = timedelta(hours=1)


class Ended(Enum):
    """How a training ended."""

    TRAINED = auto()
    NOT_ENOUGH_DATA = auto()
    FAILED = auto()


async def run_trainer(
    journal: Journal,
    train: Callable[[], Awaitable[Ended]],
    *,
    kind: str = RECOMMENDER,
    after_events: int,
    after_seconds: int = 0,
    poll_seconds: float = 10.0,
    pause_seconds: float = 60.0,
) -> None:
    """Train when the log has grown by so many events, or so long has passed, until cancelled.

    0 seconds: however long it is. Where there is too little to learn from, the next try comes
    after a tenth of the events; where a training failed, after a pause that grows up to an hour.
    """
    line = await journal.load(Model, kind)
    learnt = line.learnt_until if line else 0
    trained_at = line.modified_on if line else datetime.now(UTC)
    due = learnt + after_events if learnt else min(FIRST_EVENTS, after_events)
    failures = 0
    while True:
        head = await journal.head()
        waited = datetime.now(UTC) - trained_at
        is_old = after_seconds and head > learnt and waited.total_seconds() >= after_seconds
        if head >= due or is_old:
            ended = await train()
            failures = failures + 1 if ended is Ended.FAILED else 0
            if ended is not Ended.FAILED:
                learnt, trained_at = head, datetime.now(UTC)
                is_enough = ended is Ended.TRAINED
                due = head + (after_events if is_enough else max(1, after_events // 10))
        await asyncio.sleep(poll_seconds + _pause(failures, pause_seconds))


def _pause(failures: int, first: float) -> float:
    """Return the seconds to wait after so many failures in a row, twice as long each time."""
    if not failures:
        return 0.0
    return min(first * float(2 ** (min(failures, 20) - 1)), LONGEST_PAUSE.total_seconds())
