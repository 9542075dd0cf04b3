"""The storefront and the dashboard in one browser: what is done in one shows in the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from api.fronts import INDEX, STOREFRONT
from api.services import ApiSettings
from tests.api.conftest import PASSWORD, a_product, a_shopper, running_api
from tests.browser.dashboard import Dashboard, check_built
from tests.shops import projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, Page

    from footfall.wiring import Shop

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(shop: Shop, page: Page) -> AsyncIterator[Dashboard]:
    """Serve both, with something to sell; the analyst is signed in."""
    check_built()
    if not (STOREFRONT.files / INDEX).exists():
        pytest.skip("the storefront is not built: run `make web`")
    settings = ApiSettings(drain_seconds=1, storefront=True)
    async with projecting(shop), running_api(shop, settings) as running:
        await a_product(running.client)
        await a_shopper(running.client)
        board = Dashboard(running, page)
        await board.sign_in("analyst")
        yield board
        await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def store(dashboard: Dashboard, visitor: BrowserContext) -> AsyncIterator[Page]:
    """Open the product's page in the storefront, in another tab of the same browser."""
    tab = await visitor.new_page()
    await tab.goto(f"{dashboard.api.base}/shop/products/lamp")
    await tab.get_by_role("button", name="Accept all").click()
    yield tab
    await tab.close()


async def test_a_basket_filled_in_the_storefront_shows_on_the_dashboard_within_a_second(
    dashboard: Dashboard, store: Page
) -> None:
    feed = dashboard.panel("What happens now").locator("li[data-kind=baskets]")
    button = store.get_by_role("button", name="Add to basket")
    seconds = []
    for times in (1, 2, 3):
        await button.wait_for()
        began = time.perf_counter()
        await button.click()
        await feed.nth(times - 1).wait_for()
        await expect(dashboard.stat("Into baskets today")).to_have_text(str(times))
        seconds.append(time.perf_counter() - began)
    await expect(feed.first).to_contain_text("A lamp")
    looks = dashboard.panel("What happens now").locator("li[data-kind=looks]")
    await looks.filter(has_text="Looks at").first.wait_for()
    assert min(seconds) < 1, seconds


async def test_a_shopper_and_an_analyst_are_signed_in_side_by_side(
    dashboard: Dashboard, store: Page
) -> None:
    await store.goto(f"{dashboard.api.base}/shop/sign-in")
    await store.get_by_label("Username").fill("ann")
    await store.get_by_label("Password").fill(PASSWORD)
    await store.get_by_role("button", name="Sign in", exact=True).click()
    await store.get_by_text("ann").first.wait_for()
    await dashboard.page.reload()
    await expect(dashboard.page.locator(".connection")).to_have_text("Live")
    await dashboard.page.get_by_role("button", name="Sign out").click()
    await dashboard.page.get_by_label("Username").wait_for()
    here = await store.evaluate(
        "fetch('/v1/sessions/current?whose=shopper').then(answer => answer.json())"
    )
    assert here["roles"] == ["shopper"]
