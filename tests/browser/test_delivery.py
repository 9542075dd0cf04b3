"""What was told arrives once, whatever happens to tabs, networks and servers meanwhile."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Error as BrowserError

from application.errors import LogUnavailable, Overloaded
from domain.visit import Visit
from tests.browser.told import facts, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import BrowserContext, Page, Response

    from application.context import Context
    from application.event_store.store import Appended
    from application.keys import NewKey
    from domain.events import Event
    from footfall.wiring import Shop
    from tests.browser.shop_site import ShopSite
    from tests.browser.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

STEPS = [f"Step {n}" for n in range(12)]
BATCH = 10
"""With so many events the tracker does not wait for more."""
NETWORK_SECONDS = 1.0
"""The way to a server on the same machine takes less."""


class Gate:
    """Stands before the log: keeps waiting, refuses, records without an answer."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self._record = shop.journal.record
        monkeypatch.setattr(shop.journal, "record", self.record)
        self.refusals: list[Exception] = []
        self.lost_answers: list[Exception] = []
        self.is_reached, self.is_open = asyncio.Event(), asyncio.Event()
        self.passed_by = 0

    async def record(self, context: Context, events: Sequence[Event], **more: Any) -> Appended:
        self.is_reached.set()
        await self.is_open.wait()
        self.passed_by += len(events)
        if self.refusals:
            raise self.refusals.pop()
        answer = await self._record(context, events, **more)
        if self.lost_answers:
            raise self.lost_answers.pop()
        return answer


@pytest.fixture
def gate(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(shop, monkeypatch)


async def test_a_tab_closed_in_mid_flight_loses_and_doubles_nothing(
    site: ShopSite, visitor: BrowserContext, page: Page, gate: Gate, told: Told
) -> None:
    await page.goto(site.put("/"))
    await _tell(page, STEPS[:BATCH])
    await asyncio.wait_for(gate.is_reached.wait(), 10)
    await _tell(page, STEPS[BATCH:])
    await page.close()
    gate.is_open.set()
    next_page = await visitor.new_page()
    async with next_page.expect_response("**/v1/batch"):  # it sends again what had no answer
        await next_page.goto(f"{site.base}/")
    await next_page.close()

    recorded = await told.until(Visit.Left, 2)
    assert values(recorded, Visit.CustomTracked, "name") == STEPS
    assert len(facts(recorded, Visit.PageViewed)) == 2
    assert gate.passed_by > len(recorded)


async def test_what_happens_offline_arrives_afterwards_at_its_true_time(
    site: ShopSite, visitor: BrowserContext, page: Page, told: Told
) -> None:
    await page.goto(site.put("/"))
    await visitor.set_offline(offline=True)
    async with page.expect_event("requestfailed"):
        happened = await _tell(page, STEPS)
    await page.wait_for_event("requestfailed")  # of the tracker's second attempt
    back = time.time()
    async with page.expect_response(_is_taken):
        await visitor.set_offline(offline=False)
    await page.close()

    steps = [
        entry
        for entry in await told.until(Visit.Left)
        if isinstance(entry.event, Visit.CustomTracked)
    ]
    assert values(steps, Visit.CustomTracked, "name") == STEPS
    assert [entry.occurred_at.timestamp() for entry in steps] == pytest.approx(
        happened, abs=NETWORK_SECONDS
    )
    assert min(entry.recorded_at.timestamp() for entry in steps) > back


async def test_a_tab_closed_offline_leaves_what_it_had_to_the_next_one(
    site: ShopSite, visitor: BrowserContext, page: Page, told: Told
) -> None:
    await page.goto(site.put("/"))
    await visitor.set_offline(offline=True)
    await _tell(page, STEPS)
    await page.close()
    await visitor.set_offline(offline=False)
    next_page = await visitor.new_page()
    async with next_page.expect_response(_is_taken):
        await next_page.goto(f"{site.base}/")
    await next_page.close()

    recorded = await told.until(Visit.Left, 2)
    assert values(recorded, Visit.CustomTracked, "name") == STEPS
    assert len(facts(recorded, Visit.PageViewed)) == 2


async def test_a_second_tab_shares_the_visitor_and_tells_what_a_dead_one_left(
    site: ShopSite, visitor: BrowserContext, page: Page, told: Told
) -> None:
    await page.goto(site.put("/"))
    second = await visitor.new_page()
    await second.goto(site.put("/bare", snippet=""))
    await _tell(page, STEPS[:1])
    async with page.expect_event("crash"):
        with suppress(BrowserError):
            await page.goto("chrome://crash")
    await second.evaluate(
        """() => Object.entries(localStorage).forEach(([key, value]) => {
            if (!key.startsWith('footfall_queue_')) return
            const kept = JSON.parse(value)
            localStorage[key] = JSON.stringify({...kept, beat: kept.beat - 31_000}) // time goes by
        })"""
    )
    await second.goto(f"{site.base}/")
    await second.close()

    recorded = await told.until(Visit.Left)
    assert values(recorded, Visit.CustomTracked, "name") == STEPS[:1]
    assert len(facts(recorded, Visit.PageViewed)) == 2
    assert len({fact.visitor for fact in facts(recorded, Visit.Event)}) == 1


async def test_a_server_that_refuses_or_forgets_to_answer_loses_and_doubles_nothing(
    site: ShopSite, page: Page, gate: Gate, told: Told
) -> None:
    gate.is_open.set()
    gate.refusals.append(Overloaded(retry_after_seconds=1))
    gate.lost_answers.append(LogUnavailable())
    await page.goto(site.put("/"))
    began = time.monotonic()
    async with page.expect_response(_is_taken):
        await _tell(page, STEPS)
    assert time.monotonic() - began > 2  # a second for each refusal, as asked
    await page.close()

    recorded = await told.until(Visit.Left)
    assert values(recorded, Visit.CustomTracked, "name") == STEPS
    assert len(facts(recorded, Visit.PageViewed)) == 1
    assert gate.passed_by > len(recorded)


async def test_a_visitor_who_is_too_fast_for_the_key_is_told_of_later(
    site: ShopSite, page: Page, shop: Shop, write_key: NewKey, told: Told
) -> None:
    await page.goto(site.put("/"))
    bucket = f"intake:rate:{write_key.about.key_id}"
    await shop.redis.hset(bucket, mapping={"tokens": -10_000, "at": time.time()})  # for a second
    async with page.expect_response("**/v1/batch") as refused:
        await _tell(page, STEPS[:BATCH])
    assert (await refused.value).status == 429
    async with page.expect_response(_is_taken):
        await page.goto(f"{site.base}/")  # as patient as the page before
        await _tell(page, STEPS[BATCH:])
    await page.close()

    recorded = await told.until(Visit.Left, 2)
    assert values(recorded, Visit.CustomTracked, "name") == STEPS
    assert len(facts(recorded, Visit.PageViewed)) == 2


async def _tell(page: Page, names: Sequence[str]) -> list[float]:
    """Let the shop tell events of its own; return when, in seconds by the browser's clock."""
    told_at: list[float] = await page.evaluate(
        "names => names.map(name => (footfall.track(name), Date.now() / 1000))", names
    )
    return told_at


def _is_taken(answer: Response) -> bool:
    return answer.ok and answer.url.endswith("/v1/batch")
