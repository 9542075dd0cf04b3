"""A marked element is filled with recommendations; what is seen and followed is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from application.context import Context
from application.products import add_product
from domain.money import Money
from domain.product import ProductDetails
from domain.recommendation import Recommendation
from domain.visit import Visit
from tests.browser.told import facts
from tests.shops import caught_up, projecting

if TYPE_CHECKING:
    from playwright.async_api import Page

    from footfall.wiring import Shop
    from tests.browser.shop_site import ShopSite
    from tests.browser.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

MARKED = '<aside data-ff-recommend="home" data-ff-count="2" data-ff-link="/p/{id}"></aside>'


async def test_what_is_recommended_seen_and_followed_hangs_together(
    site: ShopSite, page: Page, told: Told, shop: Shop
) -> None:
    context = Context("test", datetime.now(UTC))
    for product_id in ("lamp", "bulb", "vase"):
        details = ProductDetails(name=f"A {product_id}")
        await add_product(shop.journal, context, product_id, details, price=Money(100, "EUR"))
        site.put(f"/p/{product_id}", "A product")
    async with projecting(shop):
        await caught_up(shop)
        await page.goto(site.put("/", MARKED))
        links = page.locator("aside a")
        await links.first.wait_for()
        names = await links.all_text_contents()
        await links.nth(1).click()
        await page.wait_for_url("**/p/*")
        await page.close()
        recorded = await told.until(Visit.Left, 2)

    [served] = [e.event for e in recorded if isinstance(e.event, Recommendation.Served)]
    [shown] = facts(recorded, Visit.RecommendationsShown)
    [clicked] = facts(recorded, Visit.RecommendationClicked)
    ids = tuple(candidate.product_id for candidate in served.items)
    assert names == [f"A {product_id}" for product_id in ids]
    assert (shown.recommendation_id, shown.product_ids) == (served.recommendation_id, ids)
    assert (clicked.recommendation_id, clicked.product_id, clicked.rank) == (
        served.recommendation_id,
        ids[1],
        2,
    )
    assert {served.visitor, shown.visitor, clicked.visitor} == {shown.visitor}
    assert {served.placement, shown.placement, clicked.placement} == {"home"}
