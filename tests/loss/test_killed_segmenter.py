"""The segmenter killed at any moment: each coming and each going is recorded once all the same."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from application.context import Context
from application.segments import define_segment
from domain.order import Order
from domain.segment import Segment
from footfall.commands.options import opened
from footfall.settings import Settings
from footfall.supervisor import environment_of
from projections.segment_members import find_segment
from tests.shops import caught_up, context, projecting
from tests.workers.test_segment_fitter import NOW, an_order

if TYPE_CHECKING:
    from pathlib import Path

    from domain.events import Event
    from footfall.wiring import Shop

pytestmark = pytest.mark.slow

KILLS = 6
SHOPPERS = 3_000


async def a_segmenter(shop: Shop) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "footfall", "worker", "segmenter"),
        env={**os.environ, **environment_of(shop.settings), "OMP_NUM_THREADS": "1"},
    )


async def killed_soon(shop: Shop) -> None:
    """Run a segmenter as a process of its own, for as long as chance allows."""
    worker = await a_segmenter(shop)
    try:
        await asyncio.sleep(random.uniform(0.8, 3.0))
    finally:
        worker.kill()
        await worker.wait()


async def settled(shop: Shop, members: int) -> None:
    """Let a segmenter run until so many are in."""
    worker = await a_segmenter(shop)
    try:
        async with asyncio.timeout(60):
            while True:
                async with shop.pool.acquire() as connection:
                    found = await find_segment(connection, "buyers")
                if found and found.is_evaluated and found.members == members:
                    return
                await asyncio.sleep(0.1)
    finally:
        worker.terminate()
        await worker.wait()


def cancelled(person: int) -> Event:
    make: Any = Order.Cancelled
    event: Event = make(
        originator_id=Order.stream_id(f"o{person}"),
        originator_version=0,
        timestamp=NOW,
        shopper_id=str(person),
        lines=(),
        currency="EUR",
        refund_minor=1_000,
        placed_at=NOW,
    )
    return event


async def comings(shop: Shop) -> list[tuple[str, str, int]]:
    recorded = await shop.journal.whole_stream("segment-members/buyers")
    events: list[Any] = [each.event for each in recorded]
    return [(type(event).__name__, event.person, event.change) for event in events]


async def test_each_change_is_recorded_once_whatever_is_killed_when(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, log_level="error", database_pool_size=60)
    told = Context("test", NOW)
    async with opened(settings) as shop, projecting(shop):
        rule = {"number": "orders", "at_least": 1}
        await define_segment(shop.journal, context(), "buyers", name="Buyers", rule=rule)
        part = SHOPPERS // KILLS
        for first in range(0, SHOPPERS, part):
            orders = [an_order(n, n, 1, 1_000) for n in range(first, first + part)]
            await shop.journal.record(told, orders)
            await killed_soon(shop)
        await settled(shop, SHOPPERS)
        assert await shop.journal.store.stream_version(Segment.stream_id("buyers")) == 1
        entered = await comings(shop)
        assert len(entered) == len({person for _, person, _ in entered}) == SHOPPERS
        assert {(kind, change) for kind, _, change in entered} == {("Entered", 1)}

        for first in range(0, SHOPPERS // 2, SHOPPERS // 4):
            undone = [cancelled(n) for n in range(first, first + SHOPPERS // 4)]
            await shop.journal.record(told, undone)
            await killed_soon(shop)
        await settled(shop, SHOPPERS // 2)
        await caught_up(shop)
        kinds = Counter((kind, change) for kind, _, change in await comings(shop))
    assert kinds == {("Entered", 1): SHOPPERS, ("Left", 2): SHOPPERS // 2}
