"""The simulator: the same for the same seed, shaped by the clock, labelled, seeded once."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from application.categories import create_category
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from domain.basket import Basket
from domain.order import Order
from domain.recommendation import Recommendation
from domain.visit import Visit
from footfall.simulator.arrivals import HISTORY_FLOOR, arrivals
from footfall.simulator.catalogue import CATEGORIES, PRODUCTS, make_catalogue
from footfall.simulator.history import NotADemo, seed_shop
from footfall.simulator.live import live
from footfall.simulator.shoppers import Crowd
from tests.api.conftest import running_api
from tests.shops import an_open_shop, context, projecting

if TYPE_CHECKING:
    from domain.events import Recorded
    from footfall.simulator import actions as act
    from footfall.wiring import Shop

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def visits(seed: int, days: float = 2) -> list[act.Visit]:
    crowd = Crowd(make_catalogue(seed), seed)
    coming = crowd.visits(MONDAY, per_second=200 / 86_400, floor=HISTORY_FLOOR)
    return list(itertools.takewhile(lambda v: v.start < MONDAY + timedelta(days=days), coming))


async def whole_log(shop: Shop) -> list[Recorded]:
    events: list[Recorded] = []
    while page := await shop.journal.read(events[-1].position if events else 0, 1_000):
        events += page
    return events


def test_a_catalogue_is_the_same_for_the_same_seed() -> None:
    assert make_catalogue(1) == make_catalogue(1)
    assert make_catalogue(1) != make_catalogue(2)


def test_a_catalogue_says_that_it_is_simulated() -> None:
    catalogue = make_catalogue(1)
    assert len({p.details.name for p in catalogue}) == PRODUCTS
    assert len({p.details.category for p in catalogue}) == len(CATEGORIES)
    assert all(p.details.attributes["simulated"] == "yes" for p in catalogue)
    assert all(p.product_id.startswith("demo-") and p.price.amount > 0 for p in catalogue)


def test_shoppers_do_the_same_for_the_same_seed() -> None:
    def done(seed: int) -> list[list[act.Action]]:
        return [visit.actions for visit in visits(seed)]

    assert done(1) == done(1)
    assert done(1) != done(2)


def test_a_visit_is_in_order_of_time_and_visits_in_order_of_their_start() -> None:
    coming = visits(1, days=14)
    starts = [visit.start for visit in coming]
    assert starts == sorted(starts)
    for visit in coming:
        moments = [action.at for action in visit.actions]
        assert moments == sorted(moments)


def test_arrivals_follow_the_clock() -> None:
    coming = arrivals(Random(1), MONDAY, per_second=2_000 / 86_400, floor=HISTORY_FLOOR)
    week = list(itertools.takewhile(lambda moment: moment < MONDAY + timedelta(days=7), coming))
    hours = Counter(moment.hour for moment in week)
    days = Counter(moment.weekday() for moment in week)
    assert abs(len(week) - 14_000) < 600
    assert hours[12] > 5 * hours[3]
    assert days[3] > 3 * days[5] > 0


async def test_a_short_history_has_orders_left_baskets_reviews_and_adds_nothing_twice(
    database_url: str, redis_url: str
) -> None:
    async with an_open_shop(database_url, redis_url) as shop:
        until = MONDAY + timedelta(days=12)
        seeded = await seed_shop(shop.journal, seed=1, until=until, days=12, visits_per_day=25)
        assert seeded > 100
        events = await whole_log(shop)
        assert await seed_shop(shop.journal, seed=1, until=until, days=12) == 0
        assert await shop.journal.head() == len(events)

        topics = Counter(recorded.topic for recorded in events)
        for topic in ("order.placed", "review.submitted", "shopper.registered", "visit.dwelled"):
            assert topics[topic] > 5, topic
        filled = {e.stream_id for e in events if e.topic == "basket.item_added"}
        emptied = {e.stream_id for e in events if e.topic == "basket.checked_out"}
        handed_over = {e.stream_id for e in events if e.topic == "basket.handed_over"}
        assert len(filled - emptied - handed_over) > 5
        assert all(recorded.actor == "simulator" for recorded in events)
        assert all(MONDAY <= recorded.occurred_at < until for recorded in events)
        placed = [e.event for e in events if isinstance(e.event, Order.Placed)]
        assert {event.payment_method for event in placed} == {"simulated"}


async def test_what_goes_into_a_basket_was_looked_at_by_the_same_visitor() -> None:
    journal = Journal(MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots())
    await seed_shop(journal, seed=1, until=MONDAY, days=1)
    log = await journal.read(0, 100_000)
    looked = {
        (each.event.visitor, each.event.product_id)
        for each in log
        if isinstance(each.event, Visit.ProductViewed)
    }
    added = [
        (each.visit_id, each.event.product_id)
        for each in log
        if isinstance(each.event, Basket.ItemAdded)
    ]
    assert len(added) > 20
    assert set(added) <= looked


async def test_a_history_is_busy_where_it_is_compared_with_now() -> None:
    journal = Journal(MemoryEventStore(), MemoryKeyring(), KeyedHash(b"k" * 32), MemorySnapshots())
    rush = (timedelta(hours=5), timedelta(hours=4, minutes=50))
    await seed_shop(journal, seed=1, until=MONDAY, days=1, visits_per_day=50, rushes=[rush])
    begun: dict[str, datetime] = {}
    position = 0
    while page := await journal.read(position, 1_000):
        position = page[-1].position
        for recorded in page:
            if recorded.topic.startswith("visit."):
                known = begun.get(recorded.stream_id, recorded.occurred_at)
                begun[recorded.stream_id] = min(known, recorded.occurred_at)
    during = [at for at in begun.values() if MONDAY - rush[0] <= at < MONDAY - rush[1]]
    assert len(during) > 60 > len(begun) - len(during)


async def test_simulated_shoppers_live_until_they_are_stopped(
    database_url: str, redis_url: str
) -> None:
    async with an_open_shop(database_url, redis_url) as shop:
        stop = asyncio.Event()
        living = asyncio.create_task(live(shop, speed=200, seed=1, stop=stop))
        async with asyncio.timeout(20):
            async with aclosing(shop.journal.follow(PRODUCTS + len(CATEGORIES) + 50)) as pages:
                await anext(pages)
            stop.set()
            await living
        assert {recorded.actor for recorded in await whole_log(shop)} == {"simulator"}


async def test_simulated_shoppers_see_and_click_what_the_shop_recommends(
    database_url: str, redis_url: str
) -> None:
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        async with running_api(shop, with_staff=False) as api:
            stop = asyncio.Event()
            living = asyncio.create_task(
                live(shop, speed=20, seed=1, stop=stop, address=api.base), name="shoppers"
            )
            try:
                async with asyncio.timeout(60), aclosing(shop.journal.follow(0)) as pages:
                    async for page in pages:
                        if any(isinstance(e.event, Visit.RecommendationClicked) for e in page):
                            break
            finally:
                stop.set()
                await living
        log = await whole_log(shop)  # served lists are recorded after the answer
    served = {
        e.event.recommendation_id: tuple(item.product_id for item in e.event.items)
        for e in log
        if isinstance(e.event, Recommendation.Served)
    }
    shown = [e.event for e in log if isinstance(e.event, Visit.RecommendationsShown)]
    assert {each.recommendation_id for each in shown} <= served.keys()
    for each in (e.event for e in log if isinstance(e.event, Visit.RecommendationClicked)):
        assert served[each.recommendation_id][each.rank - 1] == each.product_id


async def test_simulated_shoppers_stay_out_of_a_real_shop(
    database_url: str, redis_url: str
) -> None:
    async with an_open_shop(database_url, redis_url) as shop:
        await create_category(shop.journal, context(), "lamps", "Lamps")
        with pytest.raises(NotADemo):
            await seed_shop(shop.journal, seed=1, until=MONDAY)
        with pytest.raises(NotADemo):
            await live(shop, speed=1, seed=1, stop=asyncio.Event())
        assert await shop.journal.head() == 1
