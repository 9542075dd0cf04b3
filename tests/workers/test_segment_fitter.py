"""The fitter of segments: fits to what the read model knows, when it is due."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from application.context import Context
from domain.order import Order, OrderLine
from domain.segmentation import CUSTOMERS, Segmentation, Worth
from ml.segments.clusters import load
from projections.segments import latest_fit
from tests.shops import an_open_shop, caught_up, projecting
from workers.model_files import artifact_path, digest
from workers.segment_fitter import CLUSTERS, FitSettings, _is_due, fit_now, run_fitter

if TYPE_CHECKING:
    from pathlib import Path

    from domain.events import Event
    from footfall.wiring import Shop

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

NOW = datetime.now(UTC)
READ = ["segments"]


def an_order(number: int, person: int, days_ago: float, minor: int) -> Event:
    make: Any = Order.Placed
    placed: Event = make(
        originator_id=Order.stream_id(f"o{number}"),
        originator_version=0,
        timestamp=NOW - timedelta(days=days_ago),
        originator_topic="",
        shopper_id=str(person),
        lines=(OrderLine("lamp", "A lamp", 1, minor),),
        currency="EUR",
        goods_minor=minor,
        total_minor=minor,
    )
    return placed


async def customers(shop: Shop, count: int, first: int = 0) -> None:
    """Record orders of so many customers, a third of whom come back often."""
    events = [
        an_order(10 * person + n, person, 10 + person % 7 + 40 * n, 900 + 37 * person)
        for person in range(first, first + count)
        for n in range(1 + 6 * (person % 3 == 0))
    ]
    await shop.journal.record(Context("test", NOW), events)


async def test_a_fit_is_one_event_that_places_everyone_and_a_file(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        await customers(shop, 150)
        await caught_up(shop, READ)
        head = await shop.journal.head()
        fit, _ = await fit_now(shop.journal, shop.pool, tmp_path, Worth(), as_of=NOW)
        assert (fit.customers, fit.absent, fit.until) == (150, {}, head)
        await caught_up(shop, READ)
        async with shop.pool.acquire() as connection:
            assert await latest_fit(connection) == fit
            rows = await connection.fetch(
                "SELECT segment, count(*) AS of, count(value_minor) AS valued FROM segments"
                " GROUP BY segment"
            )
        assert sum(row["of"] for row in rows) == sum(row["valued"] for row in rows) == 150
        assert len(rows) >= 4
        segmentation = await shop.journal.load(Segmentation, CUSTOMERS)
        assert segmentation is not None
        assert segmentation.fit == fit
        assert fit.clusters is not None
        [path] = (artifact_path(tmp_path, CLUSTERS, "x").parent).iterdir()
        assert digest(path) == fit.clusters.artifact
        assert load(path).centroids == fit.clusters.centroids


async def test_the_first_customer_and_a_crowd_of_new_ones_are_fitted_at_once(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.segment_fitter.LEAST_PAUSE", timedelta(0))
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        fitter = asyncio.create_task(
            run_fitter(shop.journal, shop.pool, tmp_path, FitSettings(), poll_seconds=0.05)
        )
        try:
            for count, first in ((1, 0), (20, 1)):
                await customers(shop, count, first)
                await _fitted(shop, first + count)
            fits = len(await shop.journal.read_stream("segmentation-customers"))
            await asyncio.sleep(0.5)
            assert len(await shop.journal.read_stream("segmentation-customers")) == fits
        finally:
            fitter.cancel()
            with suppress(asyncio.CancelledError):
                await fitter


async def _fitted(shop: Shop, customers: int) -> None:
    """Return once a fit knows so many customers."""
    async with asyncio.timeout(20):
        while True:
            segmentation = await shop.journal.load(Segmentation, CUSTOMERS)
            if segmentation and segmentation.fit and segmentation.fit.customers == customers:
                return
            await asyncio.sleep(0.05)


async def test_a_history_is_seen_from_its_own_end_and_fitted_once(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.segment_fitter.LEAST_PAUSE", timedelta(0))
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        old = [an_order(n, n, 5_000 - n, 1_000) for n in range(10)]
        await shop.journal.record(Context("test", NOW), old)
        await caught_up(shop, READ)
        fit, _ = await fit_now(shop.journal, shop.pool, tmp_path, Worth())
        assert fit.as_of == old[-1].timestamp
        assert {move.month[:4] for move in fit.moves} == {str(fit.as_of.year)}
        await caught_up(shop, READ)
        async with shop.pool.acquire() as connection:
            assert not await _is_due(connection, FitSettings(after_seconds=0), NOW)
            assert not await _is_due(connection, FitSettings(), NOW + timedelta(days=9))
        await shop.journal.record(Context("test", NOW), [an_order(99, 99, 1, 1_000)])
        await caught_up(shop, READ)
        async with shop.pool.acquire() as connection:
            assert not await _is_due(connection, FitSettings(), datetime.now(UTC))
            assert await _is_due(connection, FitSettings(), NOW + timedelta(days=9))
