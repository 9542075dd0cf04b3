"""What visitors or their browsers forbid is not told, and nothing is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.visit import Visit
from tests.browser.shop_site import our_snippet
from tests.browser.told import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import BrowserContext, Page

    from application.keys import NewKey
    from domain.events import Recorded
    from tests.api.conftest import Api
    from tests.browser.chromium import Chromium
    from tests.browser.shop_site import ShopSite
    from tests.browser.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LAMP = '<main data-ff-product="lamp">A lamp</main><a href="/bulb">A bulb</a>'
SIGNALS = {"gpc": ("globalPrivacyControl", "true"), "dnt": ("doNotTrack", "'1'")}


async def test_before_consent_only_what_the_shop_allows_is_told(
    site: ShopSite, page: Page, api: Api, write_key: NewKey, told: Told
) -> None:
    snippet = our_snippet(api.base, write_key.key, allow="Product Viewed")
    await page.goto(site.put("/lamp", LAMP, snippet=snippet))
    await _act(page)
    assert await _kept(page) == set()
    await _consent(page, analytics=True)
    assert await _kept(page) > {"footfall_visitor", "footfall_consent"}
    await page.close()

    before, after = _cut_at_consent(await told.until(Visit.Left))
    assert [type(fact) for fact in before] == [Visit.ProductViewed]
    assert {Visit.PageViewed, Visit.ProductViewed, Visit.Left} < {type(fact) for fact in after}
    assert before[0].visitor not in {fact.visitor for fact in after}


async def test_after_consent_is_withdrawn_nothing_is_told_and_the_ids_are_gone(
    site: ShopSite, page: Page, told: Told
) -> None:
    await page.goto(site.put("/lamp", LAMP))
    await _act(page)
    await page.reload()
    await told.until(Visit.Left)
    await _consent(page, analytics=False)
    assert await _kept(page) == {"footfall_consent"}
    await _act(page)
    await page.reload()
    await _act(page)
    await _consent(page, analytics=True)
    await page.close()

    allowed, withdrawn, allowed_again = _cut_at_consent(await told.until(Visit.Left, 2))
    assert [type(fact) for fact in withdrawn] == [Visit.ConsentChanged]
    assert {fact.visitor for fact in allowed} == {withdrawn[0].visitor}
    assert withdrawn[0].visitor not in {fact.visitor for fact in allowed_again}


async def test_consent_withdrawn_in_one_tab_counts_in_the_others(
    site: ShopSite, visitor: BrowserContext, page: Page, told: Told
) -> None:
    other = await visitor.new_page()
    for tab in (page, other):
        await tab.goto(site.put("/lamp", LAMP))
        await _act(tab)
    await _consent(page, analytics=False)
    await _act(other)
    await other.close()
    await _consent(page, analytics=True)
    await page.close()

    _, withdrawn, _ = _cut_at_consent(await told.until(Visit.Left))
    assert [type(fact) for fact in withdrawn] == [Visit.ConsentChanged]


@pytest.mark.parametrize("signal", SIGNALS)
async def test_of_a_browser_that_asks_for_privacy_only_the_asking_is_told(
    site: ShopSite, visitor: BrowserContext, page: Page, chromium: Chromium, told: Told, signal: str
) -> None:
    name, value = SIGNALS[signal]  # Chromium has no such setting; extensions do it like this
    await visitor.add_init_script(
        f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})"
    )
    site.put("/bulb", LAMP)
    await page.goto(site.put("/lamp", LAMP))
    await _act(page)
    await _consent(page, analytics=True)
    await page.reload()
    await page.click("text=A bulb")
    await page.wait_for_url("**/bulb")
    await _act(page)
    assert await _kept(page) == set()
    await page.close()
    stranger = await chromium.private.new_page()
    await stranger.goto(f"{site.base}/lamp")
    await stranger.context.close()

    seen = facts(await told.until(Visit.Left), Visit.Event)
    (asking,) = (fact for fact in seen if fact.visitor != seen[-1].visitor)
    assert isinstance(asking, Visit.ConsentChanged)
    assert asking.signals == (signal,)
    assert not any(asking.purposes.values())


async def _act(page: Page) -> None:
    """Do what would be told of anybody else."""
    await page.evaluate("footfall.identify('ann')")
    await page.evaluate("footfall.track('Product Added', {product_id: 'lamp'})")
    await page.click("main")


async def _consent(page: Page, **purposes: bool) -> None:
    await page.evaluate("purposes => footfall.consent(purposes)", purposes)


async def _kept(page: Page) -> set[str]:
    """Return the names of all that the browser keeps of the shop."""
    stored = await page.evaluate("Object.keys({...localStorage, ...sessionStorage})")
    return {*stored, *(cookie["name"] for cookie in await page.context.cookies())}


def _cut_at_consent(recorded: Sequence[Recorded]) -> list[list[Visit.Event]]:
    """Return what was told before consent changed, and from each change on."""
    parts: list[list[Visit.Event]] = [[]]
    for fact in facts(recorded, Visit.Event):
        if isinstance(fact, Visit.ConsentChanged):
            parts.append([])
        parts[-1].append(fact)
    return parts
