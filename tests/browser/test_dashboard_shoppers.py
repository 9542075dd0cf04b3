"""The page Shoppers: people found, segments defined and counted, and one person followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from domain.segmentation import Worth
from tests.api.conftest import a_product
from tests.api.test_people import ann_orders, looks
from tests.browser.dashboard import fits_a_phone
from tests.shops import caught_up
from tests.workers.test_segment_fitter import customers
from workers.segment_fitter import fit_now

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Locator

    from tests.browser.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PEOPLE = "Shoppers and visitors"


async def test_an_admin_finds_somebody_by_name_and_follows_them_live(dashboard: Dashboard) -> None:
    ann, _ = await ann_orders(dashboard.api)
    await looks(dashboard.api, "browser-2", "lamp")
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("admin", "/shoppers")
    people = dashboard.panel(PEOPLE)
    await expect(people.get_by_role("row")).to_have_count(3)
    await people.get_by_role("searchbox").fill("ann lee")
    await expect(people.get_by_role("row")).to_have_count(2)
    await expect(dashboard.page).to_have_url(f"{dashboard.api.base}/shoppers?q=ann+lee")
    await people.get_by_role("row").nth(1).press("Enter")

    await expect(dashboard.page.get_by_role("heading", level=1)).to_have_text("ann Lee")
    lines = dashboard.panel("Timeline").get_by_role("listitem")
    ordered = dashboard.panel("Timeline").locator("li[data-kind=orders]")
    await expect(ordered).to_contain_text("100")
    await expect(lines.filter(has_text="Looks at")).to_contain_text("A lamp")
    await expect(dashboard.panel("Who it is")).to_contain_text("ann@example.com")
    await expect(dashboard.panel("Segment and value")).to_contain_text("Occasional")
    await expect(dashboard.panel("Visits")).to_contain_text("Order")
    await expect(dashboard.panel("Basket")).to_contain_text("The basket is empty")
    await expect(dashboard.panel("Recommended now")).to_contain_text("others like")

    await a_product(dashboard.client, "shade")
    await ann.post("/v1/basket/items", {"product_id": "shade", "quantity": 3})
    await expect(lines.first).to_contain_text("Into basket", timeout=8_000)
    await expect(dashboard.panel("Basket")).to_contain_text("A shade", timeout=8_000)


async def test_an_analyst_works_with_ids(dashboard: Dashboard, complaints: list[str]) -> None:
    _, shopper_id = await ann_orders(dashboard.api)
    await dashboard.sign_in("analyst", "/shoppers")
    people = dashboard.panel(PEOPLE)
    await expect(people.get_by_role("row")).to_have_count(2)
    await expect(people).not_to_contain_text("ann")
    await people.get_by_label("Part of an id").fill(shopper_id[-8:])
    await people.get_by_role("row").nth(1).click()
    await expect(dashboard.page.get_by_role("heading", level=1)).to_contain_text(shopper_id[-8:])
    await expect(dashboard.panel("Timeline").get_by_role("listitem").first).to_be_visible()
    assert "ann@" not in await dashboard.page.content()
    assert "ann Lee" not in await dashboard.page.content()
    await dashboard.page.goto(f"{dashboard.api.base}/shoppers/shopper:nobody")
    await expect(dashboard.page.get_by_text("Nothing is known of this person.")).to_be_visible()
    assert all("404" in complaint for complaint in complaints)
    complaints.clear()


async def test_a_segment_is_defined_with_a_live_count_then_changed_and_removed(
    dashboard: Dashboard,
) -> None:
    await ann_orders(dashboard.api)
    await looks(dashboard.api, "browser-2", "lamp")
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("analyst", "/shoppers?tab=own")
    page = dashboard.page
    await page.get_by_role("button", name="New segment").click()
    window = page.get_by_role("dialog")
    counted = window.get_by_role("status")
    await expect(counted).to_contain_text("1 person of 2 now")
    await window.get_by_label("Name").fill("Lamp lovers")
    await window.get_by_label("Kind of condition").select_option("did")
    await expect(counted).to_contain_text("2 people of 2 now")
    await window.get_by_label("within days").fill("0")
    await expect(window.get_by_text("within_days is a whole number")).to_be_visible()
    await window.get_by_label("within days").fill("7")
    await window.get_by_role("button", name="Condition").click()
    await expect(counted).to_contain_text("1 person of 2 now")
    assert await dashboard.grave_faults() == []
    await window.get_by_role("button", name="Define it").click()
    row = dashboard.panel("Segments of your own").get_by_role("row", name="Lamp lovers")
    await expect(row).to_be_visible()

    [defined] = (await (await dashboard.client.as_role("analyst")).get("/v1/segments")).json[
        "items"
    ]
    assert defined["rule"] == {
        "all": [
            {"did": "viewed", "within_days": 7, "at_least": 1},
            {"number": "orders", "at_least": 1},
        ]
    }
    await row.get_by_role("button", name="Change Lamp lovers").click()
    await expect(counted).to_contain_text("1 person of 2 now")
    await window.get_by_label("How the conditions count together").select_option("not-any")
    await expect(counted).to_contain_text("0 people of 2 now")
    await window.get_by_role("button", name="Save").click()
    await expect(window).to_be_hidden()
    await row.get_by_role("button", name="Remove Lamp lovers").click()
    await window.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("None is defined yet.")).to_be_visible()


async def test_segments_are_shown_with_sizes_clusters_and_who_moved(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    shop = dashboard.api.shop
    await customers(shop, 150)
    await caught_up(shop)
    await fit_now(shop.journal, shop.pool, tmp_path, Worth(margin=0.5))
    await caught_up(shop)
    await dashboard.sign_in("analyst", "/shoppers?tab=segments")
    sizes, clusters = dashboard.panel("Segments"), dashboard.panel("Clusters")
    await expect(sizes).to_contain_text("Fitted on 150 customers")
    await expect(sizes).to_contain_text("Champions")
    await expect(clusters.get_by_role("row").nth(1)).to_contain_text("Cluster 1")
    moved = dashboard.panel("Who moved where")
    await expect(moved.get_by_role("columnheader", name="Stayed")).to_be_visible()
    await check_every_width(dashboard, sizes)
    await clusters.get_by_role("row").nth(1).click()
    await expect(dashboard.panel(PEOPLE).get_by_label("Segment")).to_have_value("cluster-0")
    await expect(dashboard.panel(PEOPLE).get_by_role("row").nth(1)).to_be_visible()


async def test_nobody_is_kept_out_in_light_or_dark_or_on_a_phone(dashboard: Dashboard) -> None:
    _, shopper_id = await ann_orders(dashboard.api)
    await dashboard.sign_in("admin", "/shoppers")
    await dashboard.panel(PEOPLE).get_by_role("row").nth(1).wait_for()
    await check_every_width(dashboard, dashboard.panel(PEOPLE))
    await dashboard.page.goto(f"{dashboard.api.base}/shoppers/shopper:{shopper_id}")
    await dashboard.panel("Timeline").get_by_role("listitem").first.wait_for()
    await check_every_width(dashboard, dashboard.panel("Timeline"))


async def check_every_width(dashboard: Dashboard, shown: Locator) -> None:
    """Expect no grave fault in light and dark, and no page that is wider than a phone."""
    for scheme in ("light", "dark"):
        await dashboard.page.emulate_media(color_scheme=scheme)
        assert await dashboard.grave_faults() == [], scheme
    assert await fits_a_phone(dashboard, shown)
