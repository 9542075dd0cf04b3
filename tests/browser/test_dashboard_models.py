"""The page of models: what is recommended and by whom, and the say that people have in it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from application.context import Context
from application.models import note_trained
from domain.recommendation import Candidate, served
from domain.visit import Visit, fact
from footfall.background import run_worker
from tests.api.conftest import a_product
from tests.shops import caught_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Locator

    from footfall.wiring import Shop
    from tests.browser.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PARTS = ("What is served", "Models", "Try it", "Rules", "Replays")


async def test_a_model_is_promoted_and_rolled_back(dashboard: Dashboard) -> None:
    await two_models(dashboard.api.shop)
    await dashboard.sign_in("ml", "/models?part=models")
    first, second = row(dashboard, "model-1"), row(dashboard, "model-2")
    await expect(first).to_contain_text("serves")
    await expect(second).to_contain_text("never served")
    await expect(dashboard.panel("Recommendations: beside")).to_contain_text("Popularity: 0.1")

    await second.get_by_role("button", name="Answer unseen").click()
    await confirm(dashboard, "Answer unseen")
    await expect(second).to_contain_text("answers unseen")
    await second.get_by_role("button", name="No longer unseen").click()
    await confirm(dashboard, "End it")
    await expect(second).to_contain_text("never served")

    await second.get_by_role("button", name="Promote").click()
    await dashboard.page.get_by_label("Reason").fill("it looks better")
    await confirm(dashboard, "Promote")
    await expect(dashboard.page.get_by_text("model-2 serves now")).to_be_visible()
    await expect(second).to_contain_text("serves")
    await expect(first).to_contain_text("served before")

    await second.get_by_role("button", name="Open the card of model-2").click()
    card = dashboard.page.get_by_role("dialog")
    await expect(card).to_contain_text("it looks better")
    await expect(card).to_contain_text("Intended use")
    await card.get_by_role("button", name="Close").click()

    await dashboard.page.get_by_role("button", name="Roll back").click()
    await confirm(dashboard, "Roll back")
    await expect(dashboard.page.get_by_text("model-1 serves again")).to_be_visible()
    await expect(first).to_contain_text("serves")


async def test_a_rule_changes_a_list_and_its_reason_leads_to_its_event(
    dashboard: Dashboard,
) -> None:
    for product_id in ("vase", "lamp", "bulb"):
        await a_product(dashboard.client, product_id)
    await caught_up(dashboard.api.shop)
    page = dashboard.page
    await dashboard.sign_in("admin", "/models?part=try")
    shown = dashboard.panel("The list").locator("tbody tr")
    await expect(shown).to_have_count(3)
    last = await shown.nth(2).locator("span[title]").first.get_attribute("title") or ""

    await page.get_by_role("tab", name="Rules").click()
    await page.get_by_role("button", name="New rule").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("What it does").select_option("boost")
    await form.get_by_label("Product", exact=True).fill(last)
    await form.get_by_label("Factor").fill("0.5")
    await form.get_by_role("button", name="Make the rule").click()
    await expect(form.locator(".field", has_text="Factor")).to_contain_text("a factor above 1")
    await form.get_by_label("What it does").select_option("pin")
    await form.get_by_role("button", name="Make the rule").click()
    rules = dashboard.panel("Recommendation rules")
    await expect(rules).to_contain_text(f"A {last} at place 1")

    await page.get_by_role("tab", name="Try it").click()
    await expect(shown.first).to_contain_text(f"A {last}")
    await shown.first.get_by_role("button", name="Chosen by the shop").click()
    await expect(page.get_by_role("dialog").locator("tbody tr")).to_have_count(1)
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()

    await page.get_by_role("tab", name="Rules").click()
    await rules.get_by_role("button", name="Change").click()
    await form.get_by_label("Place", exact=True).fill("2")
    await form.get_by_role("button", name="Save").click()
    await expect(rules).to_contain_text(f"A {last} at place 2")
    await rules.get_by_role("button", name="Remove").click()
    await confirm(dashboard, "Remove")
    await expect(rules).to_contain_text("No rule: lists are as the models rank them.")


async def test_a_replay_is_asked_for_followed_and_says_that_it_concludes_nothing(
    dashboard: Dashboard,
) -> None:
    page, shop = dashboard.page, dashboard.api.shop
    await a_product(dashboard.client)
    await caught_up(shop)
    for visitor in ("v-1", "v-2", "v-3"):
        answer = await dashboard.client.get(f"/v1/recommendations?visitor={visitor}")
        assert answer.json["items"]
    await dashboard.sign_in("analyst", "/models?part=replays")
    rows = dashboard.panel("Counterfactual replays").locator("tbody tr")
    await ask_for_a_replay(dashboard)
    await expect(rows.first).to_contain_text("waits")
    await rows.first.get_by_role("button", name="Give up").click()
    await confirm(dashboard, "Give it up")
    await expect(rows.first).to_contain_text("given up")

    await ask_for_a_replay(dashboard)
    await expect(rows).to_have_count(2)
    async with working(shop, "replayer"):
        await expect(rows.first).to_contain_text("no conclusion", timeout=20_000)
    await rows.first.get_by_role("button", name="Open the replay of Popularity").click()
    found = page.get_by_role("dialog")
    await expect(found).to_contain_text("Nothing can be concluded about Popularity")
    await expect(found).to_contain_text("Effective sample")
    await expect(found).to_contain_text("Policy, doubly robust")
    assert await dashboard.grave_faults() == []


async def test_what_was_served_is_shown_with_what_came_of_it(dashboard: Dashboard) -> None:
    now = datetime.now(UTC)
    items = (Candidate("lamp", 1.0, 1.0), Candidate("bulb", 0.5, 1.0))
    shop = dashboard.api.shop
    lists = [
        served(name, name, now, placement="home", model="model-1", as_of=0, items=items)
        for name in ("a", "b", "c", "d")
    ]
    clicked = fact(
        Visit.RecommendationClicked,
        "a",
        now,
        visitor="a",
        recommendation_id="a",
        placement="home",
        product_id="lamp",
        rank=1,
    )
    await shop.journal.record(Context("test", now), [*lists, clicked])
    await caught_up(shop)
    await dashboard.sign_in("analyst", "/models")
    await expect(dashboard.stat("Lists served")).to_have_text("4")
    await expect(dashboard.stat("Lists clicked")).to_have_text("25%")
    totals = dashboard.page.get_by_role("region", name="By placement and model", exact=True)
    await expect(totals).to_contain_text("model-1")
    await dashboard.page.get_by_label("Placement", exact=True).select_option("email")
    await expect(totals).to_contain_text("No list was served")
    assert "placement=email" in dashboard.page.url


async def test_each_role_sees_what_it_may_do(dashboard: Dashboard) -> None:
    await two_models(dashboard.api.shop)
    page = dashboard.page
    await dashboard.sign_in("analyst", "/models?part=models")
    await row(dashboard, "model-2").wait_for()
    await expect(page.get_by_role("button", name="Promote")).to_have_count(0)
    await page.get_by_role("tab", name="Rules").click()
    await expect(dashboard.panel("Recommendation rules")).to_contain_text("No rule")
    await expect(page.get_by_role("button", name="New rule")).to_have_count(0)

    await page.get_by_role("button", name="Sign out").click()
    await dashboard.sign_in("ml", "/models?part=rules")
    await expect(page.get_by_text("Rules are open to analysts and admins.")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()
    await dashboard.sign_in("auditor", "/models")
    await expect(page.get_by_text("Models is not open to you")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nobody_is_kept_out(dashboard: Dashboard, theme: str) -> None:
    await two_models(dashboard.api.shop)
    await a_product(dashboard.client)
    await caught_up(dashboard.api.shop)
    page = dashboard.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await page.set_viewport_size({"width": 360, "height": 740})
    await dashboard.sign_in("admin", "/models")
    for part in PARTS:
        await page.get_by_role("tab", name=part).click()
        await page.get_by_role("region").first.wait_for()
        await expect(page.locator(".skeleton")).to_have_count(0, timeout=10_000)
        assert await dashboard.grave_faults() == [], part
        widths = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], part


async def two_models(shop: Shop) -> None:
    """Note a model that serves and one that does not, each measured beside a baseline."""
    for number in (1, 2):
        score = {"mrr_20": 0.2 + number / 100, "mrr_20_low": 0.19, "mrr_20_high": 0.24}
        await note_trained(
            shop.journal,
            Context("test", datetime.now(UTC)),
            "recommender",
            f"model-{number}",
            artifact="0" * 64,
            until=number,
            settings={"name": "blend"},
            scores={"blend": score, "popularity": {"mrr_20": 0.1}},
            wins_over="" if number == 1 else None,
        )
    await caught_up(shop)


def row(dashboard: Dashboard, version: str) -> Locator:
    """Return the row of a version."""
    versions = dashboard.panel("Recommendations: versions")
    return versions.locator("tbody tr").filter(has_text=version)


async def confirm(dashboard: Dashboard, action: str) -> None:
    """Say yes in the window that asks."""
    window = dashboard.page.get_by_role("dialog")
    await window.get_by_role("button", name=action, exact=True).click()
    await expect(window).to_have_count(0)


async def ask_for_a_replay(dashboard: Dashboard) -> None:
    """Ask for one of popularity, over all that was served."""
    await dashboard.page.get_by_role("button", name="New replay").click()
    form = dashboard.page.get_by_role("dialog")
    await form.get_by_label("Policy").select_option("popularity")
    await form.get_by_role("button", name="Ask").click()
    await expect(form).to_have_count(0)


@asynccontextmanager
async def working(shop: Shop, name: str) -> AsyncIterator[None]:
    """Run a worker for the length of the block."""
    task = asyncio.create_task(run_worker(shop, name))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
