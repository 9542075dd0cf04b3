"""What visitors see and do on a shop's pages is told as it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from domain.visit import Visit
from tests.browser.told import facts, values

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

    from tests.browser.chromium import Chromium
    from tests.browser.shop_site import ShopSite
    from tests.browser.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LAMP = '<main data-ff-product="lamp" data-ff-category="lamps">A lamp</main>'
BULB = """<script type="application/ld+json">{
    "@context": "https://schema.org", "@type": "Product", "sku": "bulb", "category": "lamps",
    "offers": {"@type": "Offer", "price": "10.00", "priceCurrency": "EUR"}}</script>"""
SHELF = """<ul data-ff-list="home">
    <li data-ff-product="bulb"><a href="/bulb">A bulb</a></li>
    <li data-ff-product="lamp"><a href="/lamp">A lamp</a></li></ul>"""
ROUNDING_MS = 5


async def test_pages_are_told_with_the_products_that_they_are_about(
    site: ShopSite, page: Page, told: Told
) -> None:
    addresses = [site.put("/", SHELF), site.put("/lamp", LAMP), site.put("/bulb", BULB)]
    for address in addresses:
        await page.goto(address)
    await page.close()

    recorded = await told.until(Visit.Left, 3)
    assert values(recorded, Visit.PageViewed, "url", "title", "referrer") == [
        (addresses[0], "Page /", ""),
        (addresses[1], "Page /lamp", ""),
        (addresses[2], "Page /bulb", ""),
    ]
    assert values(recorded, Visit.ProductViewed, "product_id", "category") == [
        ("lamp", "lamps"),
        ("bulb", "lamps"),
    ]
    assert values(recorded, Visit.Left, "url") == addresses
    assert isinstance(recorded[-1].event, Visit.Left)  # else the visitor would seem to be here
    assert {fact.bot for fact in facts(recorded, Visit.Event)} == {""}


async def test_the_time_before_a_sign_out_stays_with_who_was_there(
    site: ShopSite, page: Page, told: Told
) -> None:
    await page.goto(site.put("/lamp", LAMP))
    await page.evaluate("new Promise(resolve => setTimeout(resolve, 300))")
    await page.evaluate("footfall.reset()")
    await page.close()

    recorded = await told.until(Visit.Left)
    (before, _), *_ = values(recorded, Visit.PageViewed, "visitor", "url")
    [(left, _)] = values(recorded, Visit.Left, "visitor", "url")
    assert left != before
    milliseconds = dict.fromkeys((before, left), 0)
    for visitor, seen in values(recorded, Visit.Dwelled, "visitor", "milliseconds"):
        milliseconds[visitor] += seen
    assert milliseconds[before] >= 300 - ROUNDING_MS
    assert milliseconds[left] < milliseconds[before]


async def test_pages_of_a_single_page_app_are_told_as_its_history_moves(
    site: ShopSite, page: Page, told: Told
) -> None:
    home = site.put("/", "<main>Home</main>")
    await page.goto(home)
    await page.evaluate(
        """markup => {
            history.pushState({}, '', '/lamp')
            document.title = 'The lamp'
            document.querySelector('main').outerHTML = markup
        }""",
        LAMP,
    )
    await page.evaluate("new Promise(setTimeout)")
    await page.evaluate("document.querySelector('main').removeAttribute('data-ff-product')")
    await page.go_back()
    await page.close()

    recorded = await told.until(Visit.Left)
    assert values(recorded, Visit.PageViewed, "url", "title", "referrer") == [
        (home, "Page /", ""),
        (f"{site.base}/lamp", "The lamp", home),
        (home, "The lamp", f"{site.base}/lamp"),
    ]
    assert values(recorded, Visit.ProductViewed, "product_id") == ["lamp"]


async def test_a_page_that_comes_back_out_of_the_browsers_cache_is_seen_again(
    site: ShopSite, page: Page, told: Told
) -> None:
    addresses = [site.put("/"), site.put("/lamp", LAMP)]
    for address in addresses:
        await page.goto(address)
    await page.evaluate("window.isCached = true")
    await page.go_back(wait_until="commit")
    await page.go_forward(wait_until="commit")  # nothing is loaded
    assert await page.evaluate("window.isCached")
    await page.close()

    recorded = await told.until(Visit.Left, 4)
    assert values(recorded, Visit.PageViewed, "url") == addresses * 2
    assert values(recorded, Visit.Left, "url") == addresses * 2
    assert values(recorded, Visit.ProductViewed, "product_id") == ["lamp"] * 2


async def test_a_click_in_a_list_is_told_with_the_list_and_the_position(
    site: ShopSite, page: Page, told: Told
) -> None:
    site.put("/lamp", LAMP)
    await page.goto(site.put("/", SHELF))
    await page.click("text=A lamp")
    await page.wait_for_url("**/lamp")
    await page.close()

    recorded = await told.until(Visit.Left, 2)
    assert values(recorded, Visit.ProductClicked, "product_id", "placement", "rank") == [
        ("lamp", "home", 2)
    ]
    assert values(recorded, Visit.ProductViewed, "product_id") == ["lamp"]
    assert values(recorded, Visit.PageViewed, "referrer") == ["", f"{site.base}/"]


async def test_baskets_checkouts_and_orders_are_told_by_markup_or_by_call(
    site: ShopSite, page: Page, told: Told
) -> None:
    button = '<button data-ff-event="Product Added" data-ff-quantity="2">Buy</button>'
    await page.goto(site.put("/", f'<div data-ff-product="lamp">{button}</div>'))
    await page.click("text=Buy")
    await page.evaluate("footfall.track('Checkout Started', {value: 80, currency: 'EUR'})")
    order = {"order_id": "o-1", "currency": "EUR", "products": [{"product_id": "lamp"}]}
    for _ in range(2):  # a thank-you page that is loaded again
        await page.evaluate("order => footfall.track('Order Completed', order)", order)
    await page.close()

    recorded = await told.until(Visit.Left)
    assert values(recorded, Visit.ProductCarted, "product_id", "quantity") == [("lamp", 2)]
    assert values(recorded, Visit.CheckoutStarted, "value_minor", "currency") == [(8_000, "EUR")]
    assert values(recorded, Visit.ProductPurchased, "product_id", "order") == [("lamp", "o-1")]


async def test_the_deepest_point_that_was_scrolled_to_is_told_once(
    site: ShopSite, page: Page, told: Told
) -> None:
    await page.goto(site.put("/", '<div style="height: 400vh; margin: -8px">Long</div>'))
    for screens in (2, 0):
        await page.evaluate(
            """screens => new Promise(done => {
                addEventListener('scrollend', () => done(), {once: true})
                scrollTo(0, screens * innerHeight)
            })""",
            screens,
        )
    await page.close()

    recorded = await told.until(Visit.Left)
    assert values(recorded, Visit.Scrolled, "url", "percent") == [(f"{site.base}/", 75)]


@pytest.mark.parametrize("action", ["/found", "#"], ids=["on a page of its own", "in place"])
async def test_a_search_is_told_once_whether_the_form_or_the_next_page_shows_it(
    site: ShopSite, page: Page, told: Told, action: str
) -> None:
    site.put("/found", '<ul data-ff-results="3"></ul>')
    stays = "event.preventDefault()" if action == "#" else ""
    form = f'<form action="{action}" data-ff-search onsubmit="{stays}"><input name="q"></form>'
    await page.goto(site.put("/", form))
    await page.fill("input", " desk lamp ")
    await page.press("input", "Enter")
    if action != "#":
        await page.wait_for_url("**/found?q=*")
    await page.close()

    recorded = await told.until(Visit.Left, 1 if action == "#" else 2)
    assert values(recorded, Visit.Searched, "query", "results") == [
        ("desk lamp", None if action == "#" else 3)
    ]


async def test_a_browser_that_a_program_drives_is_marked(
    site: ShopSite, visitor: BrowserContext, page: Page, told: Told
) -> None:
    await visitor.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})"
    )
    await page.goto(site.put("/"))
    await page.close()

    recorded = await told.until(Visit.Left)
    assert {fact.bot for fact in facts(recorded, Visit.Event)} == {"webdriver"}


async def test_dwell_counts_only_while_the_tab_is_in_front(
    site: ShopSite, chromium: Chromium, told: Told
) -> None:
    other, lamp = await chromium.tabs.new_page(), await chromium.tabs.new_page()
    began = time.monotonic()
    await lamp.goto(site.put("/lamp", LAMP))
    await _dwell_by_turns(lamp, other, told, began=began, while_behind="hidden")


async def test_dwell_counts_only_while_the_window_has_the_focus(
    site: ShopSite, visitor: BrowserContext, told: Told
) -> None:
    other, lamp = await visitor.new_page(), await visitor.new_page()
    began = time.monotonic()
    await lamp.goto(site.put("/lamp", LAMP))
    for window in (other, lamp):  # Playwright gives the focus to each, and this takes it back
        session = await visitor.new_cdp_session(window)
        await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    await _dwell_by_turns(lamp, other, told, began=began, while_behind="visible")


async def _dwell_by_turns(
    lamp: Page, other: Page, told: Told, *, began: float, while_behind: str
) -> None:
    """Look at the lamp since ``began`` and at something else by turns: only the lamp's count."""
    at_least_ms = at_most_ms = 0.0
    for _ in range(3):
        await lamp.bring_to_front()
        at_least_ms += await _pass(lamp, 300)
        await other.bring_to_front()
        at_most_ms += (time.monotonic() - began) * 1_000
        assert await lamp.evaluate("document.visibilityState") == while_behind
        await _pass(lamp, 300)
        began = time.monotonic()
    await lamp.close()
    await other.close()

    recorded = await told.until(Visit.Left)
    dwelled_ms = sum(values(recorded, Visit.Dwelled, "milliseconds"))
    assert at_least_ms - ROUNDING_MS <= dwelled_ms <= at_most_ms + ROUNDING_MS
    assert set(values(recorded, Visit.Dwelled, "product_id")) == {"lamp"}


async def _pass(page: Page, milliseconds: int) -> float:
    """Let time go by on a page; return how much it was."""
    passed: float = await page.evaluate(
        """milliseconds => new Promise(done => {
            const since = performance.now()
            setTimeout(() => done(performance.now() - since), milliseconds)
        })""",
        milliseconds,
    )
    return passed
