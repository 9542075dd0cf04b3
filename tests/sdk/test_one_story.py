"""Whatever SDK tells it, a story is the same: equal funnel, visits, interactions and KPIs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.visit import Visit
from projections.funnel import FunnelRow, funnel
from projections.interactions import interactions_of
from projections.kept_visits import visits_of
from projections.live_kpis import NUMBERS
from tests.sdk import browser_senders
from tests.sdk.senders import SHOPPER, STORY, send_as_ga4, send_with_node, send_with_python
from tests.shops import caught_up

if TYPE_CHECKING:
    from pathlib import Path

    from domain.events import Event
    from footfall.wiring import Shop
    from projections.funnel import Group
    from tests.sdk.conftest import Intake

pytestmark = pytest.mark.slow

SENDERS = ("tracker", "segment-next", "segment-node", "rudderstack-node", "segment-python", "ga4")
TRACKERS_OWN = (Visit.Dwelled, Visit.Scrolled, Visit.Left, Visit.StayedActive)
"""What the tracker tells by itself, beside the story."""

KPIS = {
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
INTERACTIONS = {
    ("lamp", "views=1 clicks=1 basket_adds=1 basket_removes=0 orders=1 units=2"),
    ("bulb", "views=1 clicks=0 basket_adds=1 basket_removes=1 orders=0 units=0"),
}
FUNNELS: dict[Group, str] = {"": "", "source": "newsletter/email", "category": "lamps"}
VISIT = {
    "shopper_id": SHOPPER,
    "source": "newsletter/email",
    "bot": "",
    "entry_page": "/",
    "page_views": 1,
    "product_views": 2,
    "clicks": 1,
    "searches": 1,
    "items_added": 2,
    "items_removed": 1,
    "checkouts": 1,
    "orders": 1,
    "last_order": "o-1",
    "outcome": "ordered",
}


@pytest.mark.parametrize("sender", SENDERS)
async def test_a_story_is_the_same_whatever_tells_it(
    intake: Intake, node_modules: Path, sender: str
) -> None:
    await _send(intake, node_modules, sender)
    shop = intake.api.shop
    await _until_recorded(shop)
    await caught_up(shop)

    assert await _kpis(shop) == KPIS
    assert await _interactions(shop) == INTERACTIONS
    assert await _visits(shop) == [VISIT]
    for by, group in FUNNELS.items():
        assert await _funnel(shop, by) == [FunnelRow(None, group, 1, 1, 1, 1, 1)]
    bad = await (await intake.api.client.as_role("admin")).get("/v1/admin/bad-rows")
    assert bad.json["items"] == []


async def _send(intake: Intake, node_modules: Path, sender: str) -> None:
    match sender:
        case "tracker":
            await browser_senders.send_with_tracker(intake)
        case "segment-next":
            await browser_senders.send_with_segment(intake, node_modules)
        case "segment-node":
            await send_with_node(intake, "segment")
        case "rudderstack-node":
            await send_with_node(intake, "rudderstack")
        case "segment-python":
            await send_with_python(intake)
        case "ga4":
            await send_as_ga4(intake)


async def _until_recorded(shop: Shop) -> None:
    """Wait until as many facts are there as the story has, beside who told it."""
    awaited = sum(step["call"] != "identify" for step in STORY)
    async with asyncio.timeout(30), aclosing(shop.journal.follow(0)) as pages:
        async for page in pages:
            awaited -= sum(_belongs_to_story(recorded.event) for recorded in page)
            if awaited <= 0:
                return


def _belongs_to_story(event: Event) -> bool:
    return isinstance(event, Visit.Event) and not isinstance(event, TRACKERS_OWN)


async def _visits(shop: Shop) -> list[dict[str, Any]]:
    async with shop.pool.acquire() as connection:
        visitors = await connection.fetch("SELECT DISTINCT visitor FROM visits")
        rows = [row for (visitor,) in visitors for row in await visits_of(connection, visitor)]
    return [{name: getattr(row, name) for name in VISIT} for row in rows]


async def _funnel(shop: Shop, by: Group) -> list[FunnelRow]:
    now = datetime.now(UTC)
    async with shop.pool.acquire() as connection:
        return await funnel(
            connection, start=now - timedelta(hours=1), end=now, bucket="whole", by=by
        )


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
