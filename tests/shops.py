"""An open shop for tests, on the suite's servers, and a small history to put into it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from application import baskets, categories, orders, products, reviews, shoppers
from application.context import Context
from application.uuid7 import uuid7
from domain.money import Money
from domain.product import ProductDetails
from domain.shopper import Address, Profile
from domain.visit import Visit, fact
from footfall.settings import Settings
from footfall.wiring import Shop, open_shop
from projections.checkpoints import live_positions
from projections.registry import PROJECTIONS
from workers.projector import run_projector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from projections.projection import Projection

MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ALL = tuple(projection.name for projection in PROJECTIONS)
THEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def settings_for(database_url: str, redis_url: str) -> Settings:
    return Settings(
        data_dir=Path("/nonexistent"),
        database_url=database_url,
        database_direct_url=database_url,
        database_pool_size=40,
        redis_url=redis_url,
        master_key=MASTER_KEY,
    )


@asynccontextmanager
async def an_open_shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with open_shop(settings_for(database_url, redis_url)) as shop:
        yield shop


@asynccontextmanager
async def projecting(
    shop: Shop, projections: Sequence[Projection] = PROJECTIONS
) -> AsyncIterator[None]:
    """Run a projector for the length of the block."""
    task = asyncio.create_task(run_projector(shop.journal, shop.pool, shop.redis, projections))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def caught_up(shop: Shop, names: Sequence[str] = ALL, *, seconds: float = 20) -> None:
    """Return once the named read models stand at the head of the log."""
    head = await shop.journal.head()
    async with asyncio.timeout(seconds):
        while True:
            async with shop.pool.acquire() as connection:
                positions = await live_positions(connection)
            if all(positions.get(name, -1) >= head for name in names):
                return
            await asyncio.sleep(0.02)


def context(minutes: float = 0, actor: str = "test") -> Context:
    return Context(actor=actor, now=THEN + timedelta(minutes=minutes))


async def a_small_history(shop: Shop) -> dict[str, str]:
    """Two products, a visitor who looks, fills a basket, registers, orders, reviews, cancels."""
    journal = shop.journal
    await categories.create_category(journal, context(), "lamps", "Lamps")
    for key, price, stock in (("lamp", 4_000, 10), ("bulb", 1_000, None)):
        details = ProductDetails(name=f"A {key}", description="It shines", category="lamps")
        price_ = Money(price, "EUR")
        await products.add_product(journal, context(), key, details, price=price_, stock=stock)
    await journal.record(
        context(1, "visitor:v1"),
        [
            fact(Visit.PageViewed, "v1", THEN + timedelta(minutes=1), visitor="v1", url="/"),
            fact(
                Visit.ProductViewed,
                "v1",
                THEN + timedelta(minutes=1),
                visitor="v1",
                product_id="lamp",
            ),
            fact(
                Visit.Dwelled,
                "v1",
                THEN + timedelta(minutes=2),
                visitor="v1",
                product_id="lamp",
                milliseconds=60_000,
            ),
        ],
    )
    await baskets.add_item(journal, context(2), "visitor:v1", "lamp", 2)
    await baskets.add_item(journal, context(2), "visitor:v1", "bulb", 2)
    shopper_id = str(uuid7())
    await shoppers.register(
        journal,
        context(3),
        shopper_id,
        Profile("Ann Lee", "Ann@example.com", "ann"),
        "correct horse",
        visitor="v1",
    )
    address = Address("Ann Lee", "Main Street 1", "Berlin", "10115", "DE")
    await shoppers.add_address(journal, context(3), shopper_id, "home", address)
    first, second = str(uuid7()), str(uuid7())
    await orders.place_order(
        journal, context(4), first, shopper_id, payment_method="card", address_id="home"
    )
    await baskets.add_item(journal, context(5), f"shopper:{shopper_id}", "bulb", 1)
    await orders.place_order(journal, context(6), second, shopper_id, payment_method="card")
    await reviews.write_review(journal, context(7), shopper_id, "lamp", 5, "Bright")
    await orders.cancel_order(journal, context(8), second, shopper_id=shopper_id)
    return {"shopper_id": shopper_id, "first": first, "second": second}
