"""The demo storefront: a visitor looks, buys and reviews, and is told of as far as they allow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from api.services import ApiSettings
from domain.basket import Basket
from domain.identity import Identity
from domain.order import Order
from domain.recommendation import Recommendation
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit
from tests.api.conftest import running_api
from tests.api.test_recommendations import recommending, trained
from tests.browser.storefront import MUGS, PASSWORD, Storefront, a_stocked_shop, check_built
from tests.browser.told import facts, values
from tests.shops import caught_up, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import BrowserContext, Page

    from footfall.wiring import Shop
    from tests.api.conftest import Api
    from tests.browser.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PAGES = (
    "/",
    "/products",
    "/categories/kitchen?sort=price",
    "/products/teapot",
    "/products/lantern",
    "/search?words=mug",
    "/search?words=nothing+of+this",
    "/basket",
    "/checkout",
    "/sign-in",
    "/register",
    "/privacy",
    "/nowhere",
)
OWN_PAGES = ("/account", "/orders", "/checkout", "/products/teapot")


@pytest_asyncio.fixture(loop_scope="session")
async def api(shop: Shop) -> AsyncIterator[Api]:
    """Serve with a storefront and a projector."""
    check_built()
    settings = ApiSettings(drain_seconds=1, storefront=True, explored_share=0)
    async with projecting(shop), running_api(shop, settings, with_staff=False) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def store(api: Api, page: Page) -> AsyncIterator[Storefront]:
    """Open a tab, in which nothing is shown yet, to a shop that has something to sell."""
    await a_stocked_shop(api.shop)
    await caught_up(api.shop)
    yield Storefront(api.base, page)
    await page.close()  # or its stream would outlast the server's patience


async def test_from_the_first_look_to_the_review_all_is_told_under_one_visitor(
    store: Storefront, page: Page, told: Told
) -> None:
    await store.open()
    await store.answer("Accept all")
    await _look_around(store, page)
    visitor = await store.visitor()
    await _buy_and_review(store, page)
    await page.close()

    recorded = await told.until(Visit.Left)
    seen = facts(recorded, Visit.Event)
    assert {fact.visitor for fact in seen} == {visitor}
    assert {fact.bot for fact in seen} == {""}
    assert values(recorded, Visit.ProductViewed, "product_id") == ["teapot", "lamp", "lamp"]
    assert values(recorded, Visit.ProductClicked, "product_id", "placement", "rank") == [
        ("teapot", "category kitchen", 1),
        ("lamp", "search", 1),
    ]
    assert values(recorded, Visit.Searched, "query", "results") == [("lam", 1)]
    assert values(recorded, Visit.CheckoutStarted, "value_minor", "currency") == [(6_400, "EUR")]
    assert "lamp" in values(recorded, Visit.Dwelled, "product_id")
    addresses = [url.partition("/shop")[2] for url in values(recorded, Visit.PageViewed, "url")]
    assert addresses[:3] == ["/", "/categories/kitchen", "/categories/kitchen?sort=price_down"]
    assert not facts(recorded, Visit.ProductCarted)  # the basket itself has told it

    [registered] = facts(recorded, Shopper.Registered)
    shopper_id = registered.originator_id.removeprefix("shopper-")
    [added] = facts(recorded, Basket.ItemAdded)
    assert (added.originator_id, added.quantity) == (f"basket-visitor:{visitor}", 2)
    assert {joined.shopper_id for joined in facts(recorded, Identity.Joined)} == {shopper_id}
    [placed] = facts(recorded, Order.Placed)
    assert (placed.shopper_id, placed.lines[0].quantity) == (shopper_id, 2)
    assert values(recorded, Review.Submitted, "rating", "comment") == [(4, "It shines.")]
    assert seen[-1].shopper_id == shopper_id


async def _look_around(store: Storefront, page: Page) -> None:
    """Find a teapot in its category, and by words a lamp, of which two go into the basket."""
    await store.follow("Kitchen")
    await page.get_by_role("heading", name="Kitchen", level=1).wait_for()
    await page.get_by_label("Sort by").select_option("Price, high to low")
    await page.get_by_role("link", name="Teapot Cobalt").click()
    await store.says("In stock")
    await page.get_by_role("combobox", name="Search the shop").fill("lam")
    await page.get_by_role("option", name="Table Lamp Mustard").wait_for()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Results for “lam”").wait_for()
    await store.follow("Table Lamp Mustard")
    await store.says("Only 3 left")
    await store.press("One more")
    await store.press("Add to basket")
    await store.says("is in your basket.")


async def _buy_and_review(store: Storefront, page: Page) -> None:
    """Order what is in the basket as somebody new, and say what one thinks of it."""
    await store.follow("To the basket")
    await store.follow("Go to checkout")
    await store.fill(
        Name="Ann of the tests",
        **{"E-mail": "ann@example.com"},
        Username="ann",
        Password=PASSWORD,
    )
    await store.press("Register")
    await store.fill_address()
    await page.get_by_label("Invoice").check()
    await store.press("Place order")
    await store.says("Thank you for your order")
    await store.follow("Review Table Lamp Mustard")
    await page.get_by_label("4 stars").check()
    await store.fill(**{"What do you think of it?": "It shines."})
    await store.press("Send review")
    await store.says("Thank you, your review is there.")


async def test_of_a_visitor_who_refuses_nothing_is_told_and_nothing_kept_but_the_answer(
    store: Storefront, page: Page, told: Told
) -> None:
    await store.open()
    await store.answer("Refuse all")
    await store.open("/products/teapot")
    await store.open("/search?words=mug")
    assert await store.kept() == {"shop_consent"}
    await store.add("teapot")
    assert await store.kept() == {"shop_consent", "footfall_visitor"}  # that of the basket
    await store.open("/basket")
    await store.says("Goes well with your basket")
    assert await page.get_by_role("button", name="Accept all").count() == 0
    await page.close()

    recorded = await told.until(Recommendation.Served)
    assert facts(recorded, Visit.Event) == []
    assert set(values(recorded, Recommendation.Served, "visitor")) == {""}
    assert len(facts(recorded, Basket.ItemAdded)) == 1


async def test_who_wants_no_suggestions_is_told_of_but_not_recognised_for_them(
    store: Storefront, page: Page, told: Told
) -> None:
    await store.open()
    await store.press("Choose")
    await page.get_by_label("See what I look at").check()
    await store.answer("Save choice")
    await store.add("teapot")
    await page.evaluate("footfall.recommend(document.querySelector('h1'), {placement: 'email'})")
    await page.close()

    recorded = await told.until(Visit.Left)
    served = facts(recorded, Recommendation.Served)
    assert {fact.visitor for fact in served} == {""}
    assert {"home", "product", "email"} <= {fact.placement for fact in served}
    [added] = facts(recorded, Basket.ItemAdded)
    assert [
        f"basket-visitor:{visitor}" for visitor in values(recorded, Visit.ProductViewed, "visitor")
    ] == [added.originator_id]


async def test_who_withdraws_keeps_the_basket_under_another_id(
    store: Storefront, page: Page, told: Told
) -> None:
    await store.open()
    await store.answer("Accept all")
    await store.add("teapot")
    before = await store.visitor()
    await store.open("/privacy")
    for purpose in ("See what I look at", "Suggest products for me", "Contact me with offers"):
        await page.get_by_label(purpose).uncheck()
    await store.answer("Save choice")
    await expect(page.get_by_role("link", name="Basket, 1 piece")).to_be_visible()
    after = await store.visitor()
    await store.open("/basket")
    await store.says("Teapot Cobalt")
    await page.close()

    recorded = await told.until(Basket.Cleared)
    assert after not in {"", before}
    assert {fact.visitor for fact in facts(recorded, Visit.Event)} == {before}
    assert isinstance(facts(recorded, Visit.Event)[-1], Visit.ConsentChanged)
    assert [added.originator_id for added in facts(recorded, Basket.ItemAdded)] == [
        f"basket-visitor:{before}",
        f"basket-visitor:{after}",
    ]


async def test_a_browser_that_asks_for_privacy_is_asked_nothing(
    store: Storefront, visitor: BrowserContext, page: Page
) -> None:
    await visitor.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
    )
    await store.open()
    assert await page.get_by_role("button", name="Accept all").count() == 0
    await store.open("/privacy")
    await store.says("this shop obeys")
    assert await store.kept() == set()


async def test_what_is_recommended_seen_and_followed_hangs_together(
    store: Storefront, page: Page, told: Told
) -> None:
    await store.open()
    await store.answer("Accept all")
    await store.open("/products/teapot")
    row = page.get_by_role("region", name="Goes well with it")
    await row.scroll_into_view_if_needed()
    name = await row.get_by_role("link").nth(1).text_content()
    await told.until(Visit.RecommendationsShown)
    await row.get_by_role("link").nth(1).click()
    await page.get_by_role("heading", name=name, level=1).wait_for()
    await page.close()

    recorded = await told.until(Visit.RecommendationClicked)
    [clicked] = facts(recorded, Visit.RecommendationClicked)
    [served] = [
        served
        for served in facts(recorded, Recommendation.Served)
        if served.recommendation_id == clicked.recommendation_id
    ]
    assert (served.placement, served.product_id) == ("product", "teapot")
    assert (clicked.product_id, clicked.rank) == (served.items[1].product_id, 2)
    assert served.visitor == clicked.visitor
    shown = {fact.recommendation_id: fact for fact in facts(recorded, Visit.RecommendationsShown)}
    assert shown[served.recommendation_id].product_ids == tuple(
        candidate.product_id for candidate in served.items
    )


async def test_suggestions_follow_what_is_looked_at_while_the_page_is_open(
    api: Api, visitor: BrowserContext, page: Page, tmp_path: Path
) -> None:
    await trained(api.shop, tmp_path)
    async with recommending(api.shop, tmp_path):
        store = Storefront(api.base, page)
        await store.open()
        await store.answer("Accept all")
        row = page.get_by_role("region", name="Picked for you")
        await row.get_by_role("link").first.wait_for()
        await page.mouse.move(0, 0)
        other = Storefront(api.base, await visitor.new_page())
        await other.open("/products/phone-1")
        await other.open("/products/phone-2")
        await page.bring_to_front()
        await expect(row.get_by_text(re.compile("Because you looked at"))).not_to_have_count(0)
        await other.page.close()
        await page.close()


async def test_lists_come_page_after_page_and_what_is_chosen_stands_in_the_address(
    store: Storefront, page: Page
) -> None:
    await store.open("/categories/kitchen")
    cards = page.get_by_role("article")
    await expect(cards).to_have_count(24)
    await store.press("Show more")
    await expect(cards).to_have_count(MUGS + 1)
    await expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    await page.get_by_label("Sort by").select_option("Price, low to high")
    await expect(cards.first).to_contain_text("Mug number 1")
    await page.wait_for_url("**/categories/kitchen?sort=price")
    await page.reload()
    await expect(page.get_by_label("Sort by")).to_have_value("price")
    await store.open("/categories/lighting")
    await expect(cards).to_have_count(2)
    await page.get_by_label("In stock only").check()
    await expect(cards).to_have_count(1)


async def test_who_finds_nothing_is_helped_on(store: Storefront, page: Page) -> None:
    await store.open("/search?words=purple+mug")
    await store.says("Nothing found for “purple mug”")
    await store.follow("mug")
    await page.get_by_role("heading", name="Results for “mug”").wait_for()
    await page.get_by_role("combobox", name="Search the shop").fill("lamp")
    await page.get_by_role("option", name="Table Lamp Mustard").wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Table Lamp Mustard", level=1).wait_for()


async def test_an_account_is_looked_after_to_its_end(
    store: Storefront, page: Page, complaints: list[str]
) -> None:
    await store.open()
    await store.answer("Refuse all")
    await store.register("eve")
    await store.open("/account")
    await store.press("Sign out")
    await store.says("You are signed out.")
    await store.register("ann")
    await store.open("/account")
    await expect(page.get_by_label("E-mail")).to_have_value("ann@example.com")
    await store.fill(**{"E-mail": "eve@example.com"})
    await page.get_by_role("region", name="Profile").get_by_role("button", name="Save").click()
    await store.says("This e-mail address belongs to an account already.")
    await expect(page.get_by_label("E-mail")).to_be_focused()
    await store.fill(**{"E-mail": "ann@example.net"}, Name="Ann Other")
    await page.get_by_role("region", name="Profile").get_by_role("button", name="Save").click()
    await store.says("Saved.")
    await store.fill(Current_password=PASSWORD, New_password="another secret")
    await store.press("Change password")
    await store.says("Your password is changed.")
    async with page.expect_download() as download:
        await store.follow("Download my data")
    exported = await download.value
    assert exported.suggested_filename == "footfall-export.json"
    await store.press("Sign out")
    await store.says("You are signed out.")
    await store.open("/sign-in")
    await store.fill(Username="ann", Password="another secret")
    await store.press("Sign in")
    await store.says("Welcome, ann.")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Ann Other")
    await store.press("Erase my account")
    await store.fill(Type_ann_to_confirm="eve")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Erase my account").click()
    await store.says("This is not your username.")
    await store.fill(Type_ann_to_confirm="ann")
    await dialog.get_by_role("button", name="Erase my account").click()
    await store.says("Your account is erased.")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    complaints[:] = [heard for heard in complaints if "status of 422" not in heard]  # e-mail taken


async def test_an_order_is_cancelled_and_a_review_changed_and_withdrawn(
    store: Storefront, page: Page
) -> None:
    await store.open()
    await store.answer("Refuse all")
    await store.register("ann")
    await store.open("/products/teapot")
    await store.says("Only buyers review products here")
    await store.order("teapot")
    await store.open("/products/teapot")
    await store.press("Send review")
    await store.says("Choose one to five stars.")
    await page.get_by_label("5 stars").check()
    await store.press("Send review")
    await store.says("Thank you, your review is there.")
    await store.press("Change")
    await page.get_by_label("2 stars").check()
    await store.press("Save changes")
    await store.says("Your review is changed.")
    await expect(page.get_by_text("Rated 2.0 of 5 in 1 review").first).to_be_attached()
    await store.press("Withdraw")
    await store.says("Your review is withdrawn.")
    await store.open("/orders")
    await page.get_by_role("link", name=re.compile("Teapot")).click()
    await store.press("Cancel order")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel order").click()
    await store.says("The order is cancelled.")
    await expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()


async def test_an_order_is_placed_with_the_keyboard_alone(store: Storefront, page: Page) -> None:
    await store.open("/products/teapot")
    await store.says("In stock")
    await _tab_to(page, "Accept all")
    await page.keyboard.press("Enter")
    await store.says("Your choice is saved.")
    await _tab_to(page, "Add to basket")
    await page.keyboard.press("Enter")
    await store.says("is in your basket.")
    await _tab_to(page, "To the basket")
    await page.keyboard.press("Enter")
    await _tab_to(page, "Go to checkout")
    await page.keyboard.press("Enter")
    for label, text in (
        ("Name", "Ann of the tests"),
        ("E-mail", "ann@example.com"),
        ("Username", "ann"),
        ("Password", PASSWORD),
    ):
        await _tab_to(page, label)
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="2. Where it goes").wait_for()
    for label, text in (
        ("Street and number", "Main Street 1"),
        ("Postcode", "10115"),
        ("Town", "Berlin"),
    ):
        await _tab_to(page, label)
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await page.get_by_role("group", name="Address").wait_for()
    await _tab_to(page, "Card")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("Invoice")).to_be_checked()
    await _tab_to(page, "Place order")
    await page.keyboard.press("Enter")
    await store.says("Thank you for your order")
    await store.says("Invoice")


async def test_no_page_keeps_anybody_out(store: Storefront, page: Page) -> None:
    await _visit_all(store, page, 1440)


async def test_in_the_dark_on_a_small_phone_no_page_is_hard_to_read_or_too_wide(
    store: Storefront, page: Page
) -> None:
    await page.emulate_media(color_scheme="dark")
    await _visit_all(store, page, 360, "color-contrast")


async def _visit_all(store: Storefront, page: Page, width: int, *rules: str) -> None:
    """Look at every page as somebody without an account, and at one's own as a shopper."""

    async def check(where: str) -> None:
        assert await store.width() <= width, where
        assert await store.grave_faults(*rules) == [], where

    await page.emulate_media(reduced_motion="reduce")  # nothing is half seen
    await page.set_viewport_size({"width": width, "height": 800})
    await store.open()
    await check("the question for consent")
    await store.answer("Refuse all")
    await store.add("teapot")
    for path in PAGES:
        await store.open(path)
        await check(path)
    await store.register("ann")
    await store.order("teapot")
    await check("the confirmation")
    await store.add("lamp")
    for path in OWN_PAGES:
        await store.open(path)
        await check(path)
    await store.press("Send review")
    await store.says("Choose one to five stars.")
    await check("a review without stars")


async def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused: str = await page.evaluate(
            """() => {
                const at = document.activeElement
                const label = at.labels?.[0]?.querySelector('strong') ?? at.labels?.[0]
                const said = at.getAttribute('aria-label') ?? (label ?? at).textContent
                return said.trim()
            }"""
        )
        if focused == name:
            return
    pytest.fail(f"{name} is nowhere on the way")
