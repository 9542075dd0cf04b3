"""The page Now tells what happens, as it happens."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from application.context import Context
from domain.visit import Visit, fact
from tests.api.conftest import a_product, a_shopper
from tests.browser.wire import a_wire

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession

    from tests.api.conftest import Client
    from tests.browser.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_basket_appears_within_a_second(dashboard: Dashboard) -> None:
    await a_product(dashboard.client)
    await dashboard.sign_in("analyst")
    await expect(dashboard.stat("Into baskets today")).to_have_text("0")
    feed = dashboard.panel("What happens now").locator("li[data-kind=baskets]")
    seconds = []
    for number in (1, 2, 3):
        began = time.perf_counter()
        await fill_basket(dashboard.client, f"v-{number}")
        await feed.nth(number - 1).wait_for()
        value = dashboard.stat("Into baskets today").get_by_text(str(number))
        await value.wait_for()
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 1, seconds
    await expect(feed.first).to_contain_text("Into basket")
    await expect(feed.first).to_contain_text("A lamp")


async def test_what_happens_while_the_tab_is_offline_is_caught_up_without_a_gap(
    dashboard: Dashboard, visitor: BrowserContext
) -> None:
    await a_product(dashboard.client)
    async with a_wire(dashboard.api.base) as wire:
        dashboard.base = wire.base
        await dashboard.sign_in("analyst", "/?feed=all")
        connection = dashboard.page.locator(".connection")
        await fill_basket(dashboard.client, "before")
        await visitor.set_offline(True)
        wire.cut()  # Chromium leaves a stream that is open as it is
        await expect(connection).to_have_text("Reconnecting")
        for number in range(70):  # more than a snapshot has
            await fill_basket(dashboard.client, f"meanwhile-{number}")
        wire.mend()
        await visitor.set_offline(False)
        await fill_basket(dashboard.client, "after")
        await seen_without_a_gap(dashboard)
        await expect(connection).to_have_text("Live")
        await expect(dashboard.stat("Into baskets today")).to_have_text("72")


async def test_what_happens_while_the_server_is_away_is_caught_up_without_a_gap(
    dashboard: Dashboard,
) -> None:
    await a_product(dashboard.client)
    async with a_wire(dashboard.api.base) as wire:
        dashboard.base = wire.base
        await dashboard.sign_in("analyst", "/?feed=all")
        wire.cut()
        await expect(dashboard.page.locator(".connection")).to_have_text("Reconnecting")
        for number in range(70):
            await fill_basket(dashboard.client, f"meanwhile-{number}")
        wire.mend()
        await seen_without_a_gap(dashboard)


async def seen_without_a_gap(dashboard: Dashboard) -> None:
    """Wait for the last event; the feed shows it and those right before it."""
    head = await dashboard.api.shop.journal.head()
    await dashboard.page.locator(f"li[data-position='{head}']").wait_for()
    feed = dashboard.panel("What happens now").locator("li")
    shown = await feed.evaluate_all("lines => lines.map(line => Number(line.dataset.position))")
    assert shown == list(range(head, head - 60, -1))


async def test_each_number_leads_to_its_events(dashboard: Dashboard) -> None:
    await a_product(dashboard.client, stock=9)
    ann = await a_shopper(dashboard.client)
    await ann.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2})
    ordered = await ann.post("/v1/orders", {"payment": {"method": "invoice"}})
    assert ordered.status == 201, ordered.raw
    await dashboard.sign_in("analyst")
    await expect(dashboard.stat("Revenue today")).to_contain_text("€100.00")
    await dashboard.stat("Revenue today").click()
    window = dashboard.page.get_by_role("dialog")
    await expect(window.get_by_text("Together they make €100.00.")).to_be_visible()
    await expect(window.get_by_role("row")).to_have_count(2)
    await dashboard.page.keyboard.press("Escape")
    await expect(window).to_be_hidden()
    lamp = dashboard.panel("Top products today").get_by_role("row", name="A lamp")
    await lamp.get_by_role("cell").nth(2).get_by_role("button").click()
    await expect(window.get_by_text("Together they make 2.")).to_be_visible()


async def test_what_a_number_means_is_told_to_who_points_at_it_or_comes_by_keyboard(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in("analyst")
    definition = dashboard.page.get_by_role("button", name="What Conversion today means")
    meaning = dashboard.page.get_by_role("tooltip").filter(has_text="over all visits")
    await expect(meaning).to_be_hidden()
    await definition.focus()
    await expect(meaning).to_be_visible()
    await dashboard.page.keyboard.press("Escape")
    await expect(meaning).to_be_hidden()
    await dashboard.stat("Orders this hour").hover()
    await definition.hover()
    await expect(meaning).to_be_visible()


async def test_a_view_is_shared_by_its_address(dashboard: Dashboard) -> None:
    await dashboard.sign_in("analyst", "/?top=views&feed=orders")
    top = dashboard.page.get_by_role("combobox", name="Sort the top products by")
    await expect(top).to_have_value("views")
    await top.select_option("units")
    await expect(dashboard.page).to_have_url(f"{dashboard.api.base}/?top=units&feed=orders")


async def test_a_chart_is_also_a_table_and_a_file(dashboard: Dashboard) -> None:
    await a_product(dashboard.client)
    await dashboard.sign_in("analyst")
    panel = dashboard.panel("Orders by minute")
    menu = panel.get_by_role("button", name="More for Orders by minute")
    for item, ending in (("Save as CSV", ".csv"), ("Save as PNG", ".png")):
        await menu.click()
        async with dashboard.page.expect_download() as download:
            await panel.get_by_role("menuitem", name=item).click()
        name = (await download.value).suggested_filename
        assert name.startswith("orders-by-minute-")
        assert name.endswith(ending)
    await menu.click()
    await dashboard.page.keyboard.press("Enter")  # the first item: as a table
    await expect(panel.get_by_role("row")).to_have_count(61)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_kept_out(dashboard: Dashboard, scheme: str) -> None:
    await dashboard.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert await faults_at_the_door(dashboard) == []
    await a_product(dashboard.client)
    await fill_basket(dashboard.client, "v-1")
    await dashboard.sign_in("analyst")
    await dashboard.panel("What happens now").locator("li").first.wait_for()
    assert await dashboard.grave_faults() == []
    await dashboard.stat("Into baskets today").click()
    await dashboard.page.get_by_role("dialog").get_by_role("table").wait_for()
    assert await dashboard.grave_faults() == []


async def faults_at_the_door(dashboard: Dashboard) -> list[object]:
    await dashboard.page.goto(dashboard.api.base)
    await dashboard.page.get_by_label("Username").wait_for()
    return await dashboard.grave_faults()


async def fill_basket(client: Client, visitor: str) -> None:
    added = await client.as_visitor(visitor).post(
        "/v1/basket/items", {"product_id": "lamp", "quantity": 1}
    )
    assert added.status == 201, added.raw


async def test_a_thousand_events_a_second_are_few_paints_and_steady_memory(
    dashboard: Dashboard, visitor: BrowserContext
) -> None:
    await dashboard.sign_in("analyst")
    await dashboard.stat("Visitors today").wait_for()
    developer = await visitor.new_cdp_session(dashboard.page)
    await views(dashboard, seconds=2)  # until every list is full
    before = await heap_bytes(developer)
    await dashboard.page.evaluate(COUNT_PAINTS)
    began = time.perf_counter()
    told = await views(dashboard, seconds=6)
    seconds = time.perf_counter() - began
    paints = await dashboard.page.evaluate("window.paints")
    assert told / seconds > 500  # whatever else this machine does
    assert set(paints) >= {"What happens now", "Visitors today"}
    assert max(paints.values()) / seconds < 10, paints
    assert await heap_bytes(developer) - before < 8 * 2**20
    head = await dashboard.api.shop.journal.head()
    await dashboard.page.locator(f"li[data-position='{head}']").wait_for()


COUNT_PAINTS = """() => {
  window.paints = {}
  for (const panel of document.querySelectorAll('section.panel, article.stat')) {
    const title = document.getElementById(panel.getAttribute('aria-labelledby')).innerText.trim()
    let isDirty = false
    new MutationObserver(() => {
      if (isDirty) return
      isDirty = true
      requestAnimationFrame(() => {
        isDirty = false
        window.paints[title] = (window.paints[title] ?? 0) + 1
      })
    }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true })
  }
}"""


async def views(dashboard: Dashboard, *, seconds: float) -> int:
    """Let a thousand products a second be looked at; return how many were."""
    journal, told = dashboard.api.shop.journal, 0
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        if told >= elapsed * 1_000:
            await asyncio.sleep(0.01)
            continue
        now = datetime.now(UTC)
        people = [f"v-{told + n}" for n in range(50)]
        facts = [fact(Visit.ProductViewed, v, now, visitor=v, product_id="lamp") for v in people]
        await journal.record(Context("simulator", now), facts)
        told += len(facts)
    return told


async def heap_bytes(developer: CDPSession) -> int:
    """Return what the tab's scripts hold when nothing is left to be swept."""
    await developer.send("HeapProfiler.collectGarbage")
    held: int = (await developer.send("Runtime.getHeapUsage"))["usedSize"]
    return held
