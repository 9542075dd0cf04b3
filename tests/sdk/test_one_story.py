"""Whatever SDK tells it, a story is the same: equal funnel, visits, interactions and KPIs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from projections.interactions import interactions_of
from projections.live_kpis import NUMBERS
from tests.sdk.senders import SHOPPER, STORY, send_as_ga4, send_with_node, send_with_python
from tests.shops import caught_up

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.wiring import Shop
    from tests.sdk.conftest import Intake

pytestmark = pytest.mark.slow

SENDERS = ("segment-node", "rudderstack-node", "segment-python", "ga4")


@pytest.mark.parametrize("sender", SENDERS)
async def test_a_story_is_the_same_whatever_tells_it(
    intake: Intake, node_modules: Path, sender: str
) -> None:
    del node_modules
    await _send(intake, sender)
    shop = intake.api.shop
    await _until_recorded(shop, "visit.product_purchased")
    await caught_up(shop)

    assert await _kpis(shop) == {
        "visitors": 1,
        "page_views": 1,
        "searches": 1,
        "clicks": 1,
        "product_views": 2,
        "items_added": 2,
        "items_removed": 1,
        "orders": 1,
        "units": 2,
        "revenue_minor": 8_000,
    }
    assert await _interactions(shop) == {
        ("lamp", "views=1 clicks=1 basket_adds=1 basket_removes=0 orders=1 units=2"),
        ("bulb", "views=1 clicks=0 basket_adds=1 basket_removes=1 orders=0 units=0"),
    }
    bad = await (await intake.api.client.as_role("admin")).get("/v1/admin/bad-rows")
    assert bad.json["items"] == []


async def _send(intake: Intake, sender: str) -> None:
    match sender:
        case "segment-node":
            await send_with_node(intake, "segment")
        case "rudderstack-node":
            await send_with_node(intake, "rudderstack")
        case "segment-python":
            await send_with_python(intake)
        case "ga4":
            await send_as_ga4(intake)


async def _until_recorded(shop: Shop, topic: str) -> None:
    """Wait for the last event of the story and for what was sent beside it."""
    async with asyncio.timeout(30):
        async with aclosing(shop.journal.follow(0)) as pages:
            seen: set[str] = set()
            async for page in pages:
                seen |= {recorded.topic for recorded in page}
                if topic in seen and page[-1].position >= len(STORY):
                    return


async def _kpis(shop: Shop) -> dict[str, int]:
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in NUMBERS)
    row = await shop.pool.fetchrow(f"SELECT {sums} FROM read.live_kpis WHERE bucket = 'day'")
    assert row is not None
    return {name: count for name, count in row.items() if count}


async def _interactions(shop: Shop) -> set[tuple[str, str]]:
    names = ("views", "clicks", "basket_adds", "basket_removes", "orders", "units")
    async with shop.pool.acquire() as connection:
        rows = await interactions_of(connection, f"shopper:{SHOPPER}")
    per_product: dict[str, dict[str, Any]] = {}
    for row in rows:  # as a visitor and as a shopper
        cell = per_product.setdefault(row.product_id, dict.fromkeys(names, 0))
        for name in names:
            cell[name] += getattr(row, name)
    return {
        (product_id, " ".join(f"{name}={cell[name]}" for name in names))
        for product_id, cell in per_product.items()
    }
