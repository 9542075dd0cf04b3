"""The page System tells how everything keeps up, and lets admins mend it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from application.keys import create_key
from footfall.background import run_worker
from tests.api.conftest import a_product
from tests.shops import a_small_history, caught_up

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_rebuild_is_started_followed_to_its_end_and_taken_back(
    dashboard: Dashboard,
) -> None:
    await a_small_history(dashboard.api.shop)
    await caught_up(dashboard.api.shop)
    await dashboard.sign_in("admin", "/system")
    row = model(dashboard, "live_kpis")
    await row.get_by_role("button", name="Rebuild live_kpis").click()
    await confirm(dashboard, "Rebuild")
    await expect(row).to_contain_text("waits for a rebuilder")
    await row.get_by_role("button", name="Cancel live_kpis").click()
    await confirm(dashboard, "Give up")
    await expect(row).to_contain_text("live")

    await row.get_by_role("button", name="Rebuild live_kpis").click()
    await confirm(dashboard, "Rebuild")
    await expect(row).to_contain_text("waits for a rebuilder")
    rebuilder = asyncio.create_task(run_worker(dashboard.api.shop, "rebuilder"))
    try:
        said = dashboard.page.get_by_text("live_kpis: generation 3 is live.")
        await expect(said).to_be_visible(timeout=15_000)
        await row.get_by_role("button", name="Roll back live_kpis").click()
        await confirm(dashboard, "Roll back")
        said = dashboard.page.get_by_text("live_kpis goes back to the generation before.")
        await expect(said).to_be_visible()
        await expect(row.get_by_role("cell").nth(4)).to_have_text("1", timeout=15_000)
    finally:
        rebuilder.cancel()
        with suppress(asyncio.CancelledError):
            await rebuilder


async def test_parked_events_are_retried_or_discarded(dashboard: Dashboard) -> None:
    shop = dashboard.api.shop
    position = await a_product(dashboard.client)
    await caught_up(shop)
    for name in ("catalogue", "searches"):
        await shop.pool.execute(
            """INSERT INTO app.parked (name, generation, position, stream_id, topic, error)
               SELECT $1, 1, position, stream_id, topic, 'a made-up fault'
               FROM log.events WHERE position = $2""",
            name,
            int(position),
        )
    await dashboard.sign_in("admin", "/system?tab=parked")
    rows = dashboard.panel("Parked events").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("a made-up fault")
    await rows.filter(has_text="searches").get_by_role("button", name="Retry").click()
    await expect(dashboard.page.get_by_text("1 event was folded.")).to_be_visible()
    await rows.filter(has_text="catalogue").get_by_role("button", name="Discard").click()
    await confirm(dashboard, "Discard")
    await expect(dashboard.page.get_by_text("Nothing is parked")).to_be_visible()


async def test_a_bad_row_is_mended_and_another_let_go(dashboard: Dashboard) -> None:
    key = await create_key(dashboard.api.shop.pool, "write", name="a shop")
    for number in (1, 2):
        message = {"messageId": f"m-{number}", "type": "track", "event": "Product Viewed"}
        body = {"writeKey": key.key, "batch": [{**message, "anonymousId": "v-1"}]}
        assert (await dashboard.client.post("/v1/batch", body)).status == 200
    await dashboard.sign_in("admin", "/system?tab=bad")
    panel = dashboard.panel("Bad rows")
    await expect(panel.get_by_role("row")).to_have_count(3)
    await panel.get_by_role("row").nth(1).press("Enter")
    window = dashboard.page.get_by_role("dialog", name="Bad row")
    text = await window.get_by_label("The message").input_value()
    await window.get_by_label("The message").fill("{")
    await window.get_by_role("button", name="Take it").click()
    await expect(window.get_by_text("This is no JSON object.").first).to_be_visible()
    mended = text.rstrip().removesuffix("}") + ', "properties": {"product_id": "lamp"}}'
    await window.get_by_label("The message").fill(mended)
    await window.get_by_role("button", name="Take it").click()
    await expect(dashboard.page.get_by_text("Taken: it said one fact.")).to_be_visible()
    await expect(panel.get_by_role("row")).to_have_count(2)
    await panel.get_by_role("row").nth(1).click()
    await window.get_by_role("button", name="Discard").click()
    await expect(dashboard.page.get_by_text("No open bad rows")).to_be_visible()
    await panel.get_by_role("combobox", name="Status").select_option("discarded")
    await expect(panel.get_by_role("row")).to_have_count(2)


async def test_roles_see_only_theirs(dashboard: Dashboard) -> None:
    pages = {"analyst": ["Now"], "auditor": ["System"], "admin": ["Now", "System"]}
    page = dashboard.page
    for role, seen in pages.items():
        await dashboard.sign_in(role)
        links = page.get_by_role("navigation", name="Pages").get_by_role("link")
        titles = await links.all_inner_texts()
        assert [title for title in titles if title in {"Now", "System"}] == seen
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("Username").wait_for()
    await dashboard.sign_in("analyst", "/system")
    await expect(page.get_by_role("heading", name="System is not open to you")).to_be_visible()
    await page.goto(f"{dashboard.api.base}/nowhere")
    await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


async def test_an_auditor_looks_but_does_not_touch(dashboard: Dashboard) -> None:
    await a_product(dashboard.client)
    await dashboard.sign_in("auditor")
    await expect(dashboard.page).to_have_url(f"{dashboard.api.base}/system")
    await expect(dashboard.stat("Events in the log")).to_contain_text("1")
    await expect(model(dashboard, "visits")).to_contain_text("live")
    await expect(dashboard.page.get_by_role("button", name="Rebuild visits")).to_have_count(0)
    await expect(dashboard.page.get_by_role("tab")).to_have_count(0)


async def test_nobody_is_kept_out_of_any_tab(dashboard: Dashboard) -> None:
    await a_product(dashboard.client)
    await dashboard.sign_in("admin", "/system")
    await model(dashboard, "visits").wait_for()
    for tab in ("Read models", "Parked events", "Bad rows"):
        await dashboard.page.get_by_role("tab", name=tab).click()
        await dashboard.panel(tab).wait_for()
        assert await dashboard.grave_faults() == [], tab


def model(dashboard: Dashboard, name: str) -> Locator:
    return dashboard.panel("Read models").get_by_role("row", name=name)


async def confirm(dashboard: Dashboard, action: str) -> None:
    window = dashboard.page.get_by_role("dialog")
    await window.get_by_role("button", name=action, exact=True).click()
    await expect(window).to_be_hidden()


@pytest.mark.parametrize("width", [360, 768, 2560])
async def test_every_page_fits_the_screen(dashboard: Dashboard, width: int) -> None:
    await a_product(dashboard.client)
    await dashboard.page.set_viewport_size({"width": width, "height": 900})
    await dashboard.sign_in("admin")
    for path, title in (("/", "Top products today"), ("/system", "Read models")):
        await dashboard.page.goto(dashboard.api.base + path)
        await dashboard.panel(title).wait_for()
        wide = await dashboard.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
