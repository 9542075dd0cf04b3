"""When a training is due: after so many events, after so long, again after one that failed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from application.context import Context
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.models import note_trained
from application.snapshots import MemorySnapshots
from domain.visit import Visit, fact
from workers.model_files import RECOMMENDER
from workers.training_schedule import Ended, run_trainer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

POLL = 0.001


class Shop:
    """A log in memory, and trainings that end as the test says."""

    def __init__(self, *ends: Ended) -> None:
        self.journal = Journal(
            MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots()
        )
        self.ends = list(ends)
        self.heads: list[int] = []

    async def happens(self, events: int) -> None:
        now = datetime.now(UTC)
        facts = [
            fact(Visit.ProductViewed, "v", now, visitor="v", product_id=f"{n}")
            for n in range(events)
        ]
        await self.journal.record(Context("test", now), facts)

    async def train(self) -> Ended:
        self.heads.append(await self.journal.head())
        return self.ends.pop(0) if self.ends else Ended.TRAINED


@asynccontextmanager
async def scheduled(shop: Shop, **options: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(
        run_trainer(shop.journal, shop.train, poll_seconds=POLL, pause_seconds=POLL, **options)
    )
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def times(shop: Shop, wanted: int) -> None:
    """Wait for so many trainings, and a while for one too many."""
    async with asyncio.timeout(10):
        while len(shop.heads) < wanted:  # noqa: ASYNC110 - the schedule polls as well
            await asyncio.sleep(POLL)
    await asyncio.sleep(20 * POLL)


async def test_a_training_is_due_whenever_the_log_has_grown_by_enough() -> None:
    shop = Shop()
    async with scheduled(shop, after_events=10):
        await shop.happens(9)
        await times(shop, 0)
        assert shop.heads == []
        await shop.happens(1)
        await times(shop, 1)
        await shop.happens(9)
        await times(shop, 1)
        assert shop.heads == [10]
        await shop.happens(1)
        await times(shop, 2)
    assert shop.heads == [10, 20]


async def test_with_too_little_to_learn_from_a_tenth_more_is_waited_for() -> None:
    shop = Shop(Ended.NOT_ENOUGH_DATA)
    await shop.happens(20)
    async with scheduled(shop, after_events=20):
        await times(shop, 1)
        assert shop.heads == [20]
        await shop.happens(2)
        await times(shop, 2)
    assert shop.heads == [20, 22]


async def test_a_training_that_failed_is_tried_again() -> None:
    shop = Shop(Ended.FAILED, Ended.FAILED)
    await shop.happens(10)
    async with scheduled(shop, after_events=10):
        await times(shop, 3)
    assert shop.heads == [10, 10, 10]


async def test_a_model_that_is_old_is_trained_anew_if_anything_happened() -> None:
    shop = Shop()
    trained: dict[str, Any] = {"artifact": "9f", "settings": {}, "scores": {}}
    long_ago = Context("test", datetime(2020, 1, 1, tzinfo=UTC))
    await note_trained(shop.journal, long_ago, RECOMMENDER, "1", until=2, **trained)
    async with scheduled(shop, after_events=1_000, after_seconds=3_600):
        await times(shop, 0)
        assert shop.heads == []  # the head is what it learnt until
        await shop.happens(1)
        await times(shop, 1)
    assert shop.heads == [3]
