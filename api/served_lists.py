"""Records served recommendations after their answers: bounded, in batches, each at most once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import structlog
from prometheus_client import Counter

from application.context import Context

if TYPE_CHECKING:
    from types import TracebackType

    from application.journal import Journal
    from domain.events import Event

logger = structlog.get_logger(__name__)

MOST_WAITING = 5_000
MOST_AT_ONCE = 500
GATHER_SECONDS = 0.05
"""From the first to be recorded until they are: an append wakes whoever follows the log."""
LOST = Counter("footfall_served_lists_lost_total", "Served recommendations that were not recorded")


class ServedLists:
    """A queue and the task that empties it. What does not fit, or a crash takes, is counted lost:
    a shopper never waits for it, and nothing is recorded twice.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="served-lists")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Record what waits, for five seconds at most."""
        self._is_closing = True
        try:
            async with asyncio.timeout(5):
                await self._waiting.join()
        except TimeoutError:
            LOST.inc(self._waiting.qsize())
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def add(self, event: Event) -> None:
        """Take an event; it is recorded within moments."""
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            LOST.inc()

    async def _run(self) -> None:
        while True:
            events = [await self._waiting.get()]
            if not self._is_closing:
                await asyncio.sleep(GATHER_SECONDS)
            while len(events) < MOST_AT_ONCE and not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            try:
                await self._journal.record(Context("recommender", datetime.now(UTC)), events)
            except Exception as error:  # noqa: BLE001 - counted; the next ones may be luckier
                LOST.inc(len(events))
                logger.warning("served_lists_lost", count=len(events), reason=repr(error))
            finally:
                for _ in events:
                    self._waiting.task_done()
