"""The projector over a small history: every read model says what happened."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from application import baskets, shoppers
from projections import generations
from projections.baskets import find_basket
from projections.catalogue import find_product, list_categories, search_products
from projections.feeds import follow_feed, read_feed
from projections.interactions import interactions_of
from projections.live_kpis import kpis
from projections.orders import find_order, orders_of
from projections.position_waiter import PositionWaiter, StillBehind
from projections.product_sales import top_products
from projections.registry import BY_NAME, PROJECTIONS
from projections.reviews import ratings_of, reviews_of
from projections.shopper_directory import find_shopper
from tests.shops import THEN, a_small_history, an_open_shop, caught_up, context, projecting
from workers.rebuilder import rebuild, roll_back, run_rebuilder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop


@pytest.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as shop:
        yield shop


async def test_every_read_model_says_what_happened(shop: Shop) -> None:
    async with projecting(shop):
        ids = await a_small_history(shop)
        await caught_up(shop)

    async with shop.pool.acquire() as connection:
        lamp = await find_product(connection, "lamp")
        assert lamp is not None
        assert (lamp.stock, lamp.rating_average, lamp.rating_count) == (8, 5.0, 1)
        found = await search_products(connection, query="shin bul")
        assert [product.product_id for product in found] == ["bulb"]
        assert [c.products for c in await list_categories(connection)] == [2]

        shopper = await find_shopper(connection, ids["shopper_id"])
        assert shopper is not None
        assert (shopper.name, shopper.email, shopper.visitors) == (
            "Ann Lee",
            "Ann@example.com",
            ["v1"],
        )

        basket = await find_basket(connection, f"shopper:{ids['shopper_id']}")
        assert basket is not None
        assert (basket.items, basket.state) == ((), "checked_out")

        first = await find_order(connection, ids["first"])
        assert first is not None
        assert (first.status, first.total_minor) == ("placed", 10_000)
        assert first.address is not None
        assert first.address.city == "Berlin"
        latest = await orders_of(connection, ids["shopper_id"])
        assert [(o.order_id, o.status) for o in latest] == [
            (ids["second"], "cancelled"),
            (ids["first"], "placed"),
        ]

        [review] = await reviews_of(connection, "lamp")
        assert (review.rating, review.comment) == (5, "Bright")
        assert (await ratings_of(connection, "lamp"))[5] == 1

        cells = await interactions_of(connection, f"shopper:{ids['shopper_id']}")
        done = {(c.source.partition(":")[0], c.product_id): c for c in cells}
        assert done["visitor", "lamp"].views == 1
        assert done["visitor", "lamp"].dwell_ms == 60_000
        assert done["visitor", "lamp"].weight_thousandths == 1_000 + 1_000 + 3_000
        assert done["shopper", "lamp"].units == 2
        assert done["shopper", "lamp"].rating == 5
        assert (done["shopper", "bulb"].orders, done["shopper", "bulb"].returned_units) == (2, 1)

        [top, *_] = await top_products(connection, start=THEN.date(), end=date(2027, 1, 1))
        assert (top.product_id, top.name, top.units, top.revenue_minor) == (
            "lamp",
            "A lamp",
            2,
            8_000,
        )

        day = await kpis(connection, start=THEN, end=THEN + timedelta(days=1), bucket="day")
        counted = {row.currency: row for row in day}
        assert (counted["EUR"].orders, counted["EUR"].revenue_minor) == (2, 11_000)
        assert (counted["EUR"].orders_cancelled, counted["EUR"].refund_minor) == (1, 1_000)
        assert (counted[""].visitors, counted[""].page_views) == (1, 1)
        assert (counted[""].baskets_started, counted[""].items_added) == (2, 3)
        assert (counted[""].registrations, counted[""].reviews) == (1, 1)


async def test_an_erased_shopper_leaves_no_personal_value_behind(shop: Shop) -> None:
    async with projecting(shop):
        ids = await a_small_history(shop)
        await caught_up(shop)
        await shoppers.erase(shop.journal, context(20), ids["shopper_id"])
        await caught_up(shop)

    async with shop.pool.acquire() as connection:
        shopper = await find_shopper(connection, ids["shopper_id"])
        assert shopper is not None
        assert (shopper.name, shopper.email, shopper.username) == ("", "", "")
        assert (shopper.addresses, shopper.is_erased) == ({}, True)
        order = await find_order(connection, ids["first"])
        assert order is not None
        assert order.address is None


@pytest.mark.parametrize("name", [p.name for p in PROJECTIONS])
async def test_a_rebuild_from_zero_gives_the_same_rows(shop: Shop, name: str) -> None:
    async with projecting(shop):
        await a_small_history(shop)
        await caught_up(shop)

        generation = await rebuild(shop.journal, shop.pool, BY_NAME[name])

        async with shop.pool.acquire() as connection:
            before = await generations.checksum(connection, BY_NAME[name], 1)
            after = await generations.checksum(connection, BY_NAME[name], generation)
        assert generation == 2
        assert before == after


async def test_a_rebuilder_leaves_a_rebuild_to_who_builds_it(shop: Shop) -> None:
    async with projecting(shop, [BY_NAME["baskets"]]):
        await a_small_history(shop)
        looking = asyncio.create_task(
            run_rebuilder(shop.journal, shop.pool, BY_NAME, poll_seconds=0)
        )
        for generation in range(2, 7):
            await caught_up(shop, ["baskets"])
            assert await rebuild(shop.journal, shop.pool, BY_NAME["baskets"]) == generation
        looking.cancel()
        await asyncio.wait({looking})


async def test_a_rebuild_serves_on_and_follows_what_comes_meanwhile(shop: Shop) -> None:
    async with projecting(shop):
        ids = await a_small_history(shop)
        owner = f"shopper:{ids['shopper_id']}"

        async def go_on() -> None:
            for n in range(60):
                await baskets.add_item(shop.journal, context(30 + n), owner, "bulb", 1)

        writing = asyncio.create_task(go_on())
        await rebuild(shop.journal, shop.pool, BY_NAME["baskets"])
        await writing
        await caught_up(shop)
        async with shop.pool.acquire() as connection:
            basket = await find_basket(connection, owner)
        assert basket is not None
        assert basket.pieces == 60

        assert await roll_back(shop.journal, shop.pool, BY_NAME["baskets"]) == 1
        await baskets.add_item(shop.journal, context(99), owner, "bulb", 1)
        await caught_up(shop)
        async with shop.pool.acquire() as connection:
            basket = await find_basket(connection, owner)
        assert basket is not None
        assert basket.pieces == 61


async def test_a_feed_reaches_its_followers_and_outlives_a_flushed_redis(shop: Shop) -> None:
    ids = await a_small_history(shop)
    owner = f"shopper:{ids['shopper_id']}"
    pieces: list[int] = []

    async def follow() -> None:
        async for rows in follow_feed(
            shop.pool, shop.redis, BY_NAME["baskets"], 0, poll_seconds=0.2
        ):
            pieces.extend(
                msgspec.json.decode(row.data)["pieces"] for row in rows if row.key == owner
            )
            if pieces and pieces[-1] == 20:
                return

    async with projecting(shop):
        await caught_up(shop)
        follower = asyncio.create_task(follow())
        for n in range(20):
            if n == 10:
                await shop.redis.flushall()
            await baskets.add_item(shop.journal, context(30 + n), owner, "bulb", 1)
            await asyncio.sleep(0.02)
        await asyncio.wait_for(follower, 15)

    assert pieces == sorted(pieces)
    async with shop.pool.acquire() as connection:
        rows = await read_feed(connection, BY_NAME["baskets"], 0)
    assert {row.key for row in rows} == {owner, "visitor:v1"}


async def test_who_waits_for_a_position_sees_it_or_hears_the_lag(shop: Shop) -> None:
    async with PositionWaiter(shop.pool, shop.redis) as waiter:
        async with projecting(shop):
            await a_small_history(shop)
            head = await shop.journal.head()
            await waiter.wait_for(["orders", "catalogue"], head, timeout=10)
            async with shop.pool.acquire() as connection:
                assert await find_product(connection, "lamp") is not None
        with pytest.raises(StillBehind) as behind:
            await waiter.wait_for(["orders"], head + 3, timeout=0.3)
    assert behind.value.lag_events == 3
