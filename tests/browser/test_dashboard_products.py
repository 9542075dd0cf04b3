"""The page Products: found and sorted, put up for sale, changed, withdrawn, and one followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from playwright.async_api import expect

from tests.api.conftest import a_product
from tests.api.test_people import ann_orders, looks
from tests.browser.test_dashboard_shoppers import check_every_width
from tests.shops import caught_up

if TYPE_CHECKING:
    from tests.browser.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_products_are_found_and_sorted_by_what_they_did(dashboard: Dashboard) -> None:
    await ann_orders(dashboard.api)
    await a_product(dashboard.client, "chair", amount=9_000, stock=0)
    await looks(dashboard.api, "browser-5", "chair", "chair", "chair")
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("analyst", "/products")
    rows = dashboard.panel("Products").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("A lamp")
    await expect(rows.nth(2)).to_contain_text("Sold out")
    await dashboard.page.get_by_role("button", name="Views", exact=True).click()
    await expect(rows.nth(1)).to_contain_text("A chair")
    await expect(dashboard.page).to_have_url(f"{dashboard.api.base}/products?sort=views&order=down")
    await dashboard.page.get_by_label("Part of a name or id").fill("lam")
    await expect(rows).to_have_count(2)
    await expect(dashboard.page.get_by_role("button", name="New product")).to_have_count(0)
    await check_every_width(dashboard, dashboard.panel("Products"))
    await rows.nth(1).click()
    await expect(dashboard.stat("Sold")).to_have_text("2")
    await expect(dashboard.stat("Rating")).to_have_text("4")
    await expect(dashboard.panel("Reviews")).to_contain_text("Mine, all mine")
    await expect(dashboard.panel("Goes with it")).to_contain_text("Nothing goes with it yet")
    await expect(dashboard.page.get_by_role("button", name="Edit")).to_have_count(0)
    await check_every_width(dashboard, dashboard.panel("Reviews"))


async def test_a_product_is_put_up_changed_and_withdrawn(dashboard: Dashboard) -> None:
    await a_product(dashboard.client)
    admin = await dashboard.client.as_role("admin")
    await admin.post("/v1/categories", {"category_id": "seats", "name": "Seats"})
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("admin", "/products")
    page = dashboard.page
    await page.get_by_role("button", name="New product").click()
    window = page.get_by_role("dialog")
    await window.get_by_label("Name", exact=True).fill("A stool")
    await window.get_by_label("Price").fill("49.95")
    await expect(window.get_by_label("Currency")).to_have_value("EUR")
    await window.get_by_label("Stock", exact=True).fill("7")
    await window.get_by_label("Category").select_option("seats")
    await window.get_by_role("button", name="Attribute", exact=True).click()
    await window.get_by_label("Attribute", exact=True).last.fill("material")
    await window.get_by_label("Value").fill("oak")
    assert await dashboard.grave_faults() == []
    await window.get_by_label("Currency").fill("EUX")
    await window.get_by_label("Currency").fill("EUR")
    await window.get_by_role("button", name="Put up for sale").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A stool")
    await expect(dashboard.panel("Details")).to_contain_text("oak")
    [stool] = (await dashboard.client.get("/v1/products?q=stool")).json["items"]
    assert stool["price"] == {"amount": 4_995, "currency": "EUR"}
    assert (stool["stock"], stool["category"]) == (7, "seats")
    assert stool["attributes"] == {"material": "oak"}

    await page.get_by_role("button", name="Edit").click()
    await window.get_by_label("Stock", exact=True).fill("1000000001")
    await window.get_by_role("button", name="Save").click()
    await expect(window.get_by_text("a stock is at most 10^9").first).to_be_visible()
    await window.get_by_label("Stock", exact=True).fill("5")
    await window.get_by_label("Why the stock is another").fill("counted")
    await window.get_by_role("button", name="Save").click()
    await expect(dashboard.stat("Stock")).to_have_text("5")

    await page.get_by_role("button", name="Withdraw").click()
    await window.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_text("A stool is no longer sold.")).to_be_visible()
    assert (await dashboard.client.get("/v1/products?q=stool")).json["items"] == []


async def test_who_comes_second_sees_what_changed_meanwhile(dashboard: Dashboard) -> None:
    await a_product(dashboard.client, stock=3)
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("admin", "/products/lamp")
    page = dashboard.page
    await page.get_by_role("button", name="Edit").click()
    window = page.get_by_role("dialog")
    await window.get_by_label("Name", exact=True).fill("My lamp")
    admin = await dashboard.client.as_role("admin")
    theirs = {"name": "Their lamp", "stock": 9}
    assert (await admin.call("PATCH", "/v1/products/lamp", theirs)).status == 200
    await window.get_by_role("button", name="Save").click()
    conflict = window.get_by_role("alert")
    await expect(conflict.get_by_role("row", name="Name")).to_contain_text("Their lamp")
    await expect(conflict.get_by_role("row", name="Stock")).to_contain_text("9")
    await conflict.get_by_role("button", name="Take theirs and go on").click()
    await expect(window.get_by_label("Name", exact=True)).to_have_value("Their lamp")
    await window.get_by_label("Name", exact=True).fill("Our lamp")
    assert (await admin.call("PATCH", "/v1/products/lamp", {"stock": 8})).status == 200
    await window.get_by_role("button", name="Save").click()
    await window.get_by_role("button", name="Save mine over it").click()
    await expect(window).to_be_hidden()
    shown = (await dashboard.client.get("/v1/products/lamp")).json
    assert (shown["name"], shown["stock"]) == ("Our lamp", 8)


async def test_what_to_order_and_what_is_expected(dashboard: Dashboard) -> None:
    await a_product(dashboard.client, stock=3)
    await a_product(dashboard.client, "shade", stock=90)
    await a_forecast(dashboard)
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("analyst", "/products?tab=stock")
    advice = dashboard.panel("What to order")
    await expect(advice.get_by_role("row")).to_have_count(2)
    await expect(advice.get_by_role("row").nth(1)).to_contain_text("A lamp")
    await dashboard.page.get_by_role("button", name="More for What to order").click()
    async with dashboard.page.expect_download() as download:
        await dashboard.page.get_by_role("menuitem", name="Save as CSV").click()
    saved = (await (await download.value).path()).read_text(encoding="utf-8-sig")
    assert saved.splitlines()[1].startswith("lamp,A lamp,17,")
    await advice.get_by_label("Which").select_option("all")
    await expect(advice.get_by_role("row")).to_have_count(3)
    await check_every_width(dashboard, advice)
    await advice.get_by_role("row").nth(1).click()
    await expect(dashboard.panel("Reorder advice")).to_contain_text("Order 17 pieces now")
    await expect(dashboard.panel("Forecast")).to_contain_text("8 pieces probably 4 to 13")
    await dashboard.panel("Forecast").get_by_label("By").select_option("day")
    await expect(dashboard.panel("Forecast")).to_contain_text("There is no forecast yet")


async def test_a_category_is_opened_and_renamed(dashboard: Dashboard) -> None:
    await dashboard.sign_in("admin", "/products?tab=categories")
    page = dashboard.page
    await expect(page.get_by_text("There is no category yet.")).to_be_visible()
    await page.get_by_role("button", name="New category").click()
    window = page.get_by_role("dialog")
    await window.get_by_label("Name").fill("Light")
    await window.get_by_role("button", name="Open it").click()
    row = dashboard.panel("Categories").get_by_role("row", name="Light")
    await row.get_by_role("button", name="Rename Light").click()
    await window.get_by_label("Name").fill("Lights")
    await window.get_by_role("button", name="Rename", exact=True).click()
    await expect(row.get_by_text("Lights")).to_be_visible()
    assert await dashboard.grave_faults() == []


async def a_forecast(dashboard: Dashboard) -> None:
    """Put a weekly forecast of a lamp there, and advice on what to order."""
    pool = dashboard.api.shop.pool
    levels = ("0.025", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.975", "0.99")
    quantiles = {level: [float(2 + n)] * 8 for n, level in enumerate(levels)}
    quantiles |= {"0.1": [4.0] * 8, "0.9": [13.0] * 8}
    monday = datetime.now(UTC).date() + timedelta(days=1)
    await pool.execute(
        """INSERT INTO app.forecasts VALUES ('week', 'product', 'lamp', 'smooth', ARRAY['theta'],
               $1, array_fill(8.0::float8, ARRAY[8]), $2::json, 1)""",
        monday,
        msgspec.json.encode(quantiles).decode(),
    )
    await pool.execute(
        """INSERT INTO app.stock_advice VALUES
               ('lamp', 3, 10, 20, 17, 9.5, 2.6, 0.91, 1),
               ('shade', 90, 10, 20, 0, 4.5, 140, 0.0, 1)"""
    )
    await pool.execute(
        """INSERT INTO app.forecast_state VALUES
               (true, 'f', 1, 1, 'due', '', now(), '{}')"""
    )
