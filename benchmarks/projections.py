"""How fast read models catch up, beside the eventsourcing package's ProjectionRunner."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from application.context import Context
from benchmarks import peer
from benchmarks.databases import fresh_database
from benchmarks.report import Report
from domain.basket import Basket
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import Product
from domain.visit import Visit, fact
from footfall.wiring import open_shop
from projections.checkpoints import live_positions
from projections.registry import PROJECTIONS
from workers.projector import run_projector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.events import Event, Recorded
    from footfall.wiring import Shop
    from projections.projection import Connection, Projection

EVENTS = 120_000
PLAIN_EVENTS = 200_000
PEER_EVENTS = 6_000
THEN = datetime(2026, 3, 1, tzinfo=UTC)


class PlainCounter:
    """The plainest read model: one row that counts, as the peer's."""

    name = "plain_counter"
    version = 1
    tables = ("plain_counter",)
    events: tuple[type[Event], ...] = (Visit.PageViewed,)
    feed = None

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        await connection.execute(
            """INSERT INTO plain_counter AS c VALUES ('events', $1)
               ON CONFLICT (name) DO UPDATE SET count = c.count + excluded.count""",
            len(batch),
        )


async def run(shop: Shop) -> Report:
    """Measure the peer, one plain read model, and all of ours together."""
    dsn = shop.settings.database_direct_url or ""
    async with fresh_database(dsn) as own:
        library = await peer.measure("project", own, PEER_EVENTS)
    plain = await _catch_up(shop, (PlainCounter(),), _page_views(PLAIN_EVENTS))
    together = await _catch_up(shop, PROJECTIONS, a_day_of_events(EVENTS))
    return Report(
        name="projections",
        metrics={
            "library_per_s": library,
            "plain_per_s": plain,
            "all_events_per_s": together,
        },
        ratios={"plain_vs_library": plain / library},
    )


async def _catch_up(
    shop: Shop, projections: Sequence[Projection], events: Sequence[Event]
) -> float:
    """Return the events per second at which read models reach the head of a log of ``events``."""
    async with fresh_database(shop.settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            shop.settings, database_url=own, database_direct_url=own, database_pool_size=40
        )
        async with open_shop(settings) as filled:
            async with filled.pool.acquire() as connection:
                await connection.execute("SET ROLE NONE")
                await connection.execute(
                    """CREATE TABLE IF NOT EXISTS blueprint.plain_counter
                           (name text PRIMARY KEY, count bigint)"""
                )
                await connection.execute("SET ROLE footfall_app")
            for start in range(0, len(events), 5_000):
                await filled.journal.record(Context("bench", THEN), events[start : start + 5_000])
            return await _time_to_head(filled, projections)


async def _time_to_head(shop: Shop, projections: Sequence[Projection]) -> float:
    head = await shop.journal.head()
    gc.collect()
    gc.freeze()  # the load's own objects are not the projector's to look through
    started = time.perf_counter()
    task = asyncio.create_task(run_projector(shop.journal, shop.pool, shop.redis, projections))
    try:
        while True:
            await asyncio.sleep(0.02)
            async with shop.pool.acquire() as connection:
                positions = await live_positions(connection)
            if len(positions) == len(projections) and min(positions.values()) >= head:
                return head / (time.perf_counter() - started)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        gc.unfreeze()


def _page_views(count: int) -> list[Event]:
    return [
        fact(
            Visit.PageViewed, f"v{n % 500}", THEN + timedelta(seconds=n / 10), visitor="v", url="/"
        )
        for n in range(count)
    ]


def a_day_of_events(count: int, *, seed: int = 1) -> list[Event]:
    """Return a shop's mix: mostly looking, some baskets, few orders; 2,000 products."""
    chance = random.Random(seed)
    kinds: list[tuple[float, Callable[[int, datetime], Event]]] = [
        (0.28, lambda n, at: _looked(Visit.PageViewed, n, at, url=f"/p/{n % 50}")),
        (0.36, lambda n, at: _looked(Visit.ProductViewed, n, at, product_id=_product(chance))),
        (0.12, lambda n, at: _looked(Visit.ProductClicked, n, at, product_id=_product(chance))),
        (0.12, lambda n, at: _dwelled(chance, n, at)),
        (0.02, lambda n, at: _looked(Visit.Searched, n, at, query="lamp")),
        (0.06, lambda n, at: _added(chance, n, at)),
        (0.02, lambda n, at: _ordered(chance, n, at)),
        (0.02, lambda n, at: _reserved(chance, n, at)),
    ]
    weights = [weight for weight, _ in kinds]
    made = [kind for _, kind in kinds]
    products = [_product_added(n) for n in range(2_000)]
    chosen = chance.choices(made, weights, k=count - len(products))
    return products + [
        make(n, THEN + timedelta(seconds=n * 86_400 / count)) for n, make in enumerate(chosen)
    ]


def _product(chance: random.Random) -> str:
    return f"p{int(2_000 * chance.random() ** 2)}"


def _looked(kind: type[Event], n: int, at: datetime, **fields: object) -> Event:
    return fact(kind, f"v{n // 12}", at, visitor=f"v{n // 12}", **fields)


def _dwelled(chance: random.Random, n: int, at: datetime) -> Event:
    product_id, milliseconds = _product(chance), chance.randrange(60_000)
    return _looked(Visit.Dwelled, n, at, product_id=product_id, milliseconds=milliseconds)


def _event(kind: Any, stream_id: str, at: datetime, **fields: object) -> Event:
    made: Event = kind(originator_id=stream_id, originator_version=0, timestamp=at, **fields)
    return made


def _product_added(n: int) -> Event:
    return _event(
        Product.Added,
        Product.stream_id(f"p{n}"),
        THEN,
        originator_topic="",
        name=f"Product {n}",
        description="A thing of beauty",
        category="things",
        price=Money(100 + n, "EUR"),
        stock=1_000_000,
        attributes={},
    )


def _added(chance: random.Random, n: int, at: datetime) -> Event:
    owner = f"visitor:v{n // 12}"
    return _event(
        Basket.ItemAdded,
        Basket.stream_id(owner),
        at,
        product_id=_product(chance),
        quantity=1,
        unit_price=Money(1_299, "EUR"),
    )


def _ordered(chance: random.Random, n: int, at: datetime) -> Event:
    lines = tuple(OrderLine(_product(chance), "A thing", 1, 1_299) for _ in range(3))
    return _event(
        Order.Placed,
        Order.stream_id(f"o{n}"),
        at,
        originator_topic="",
        shopper_id=f"s{n % 3_000}",
        lines=lines,
        currency="EUR",
        goods_minor=3_897,
        total_minor=3_897,
    )


def _reserved(chance: random.Random, n: int, at: datetime) -> Event:
    stream_id = Product.stream_id(_product(chance))
    return _event(Product.StockReserved, stream_id, at, order_id=f"o{n}", quantity=1)
