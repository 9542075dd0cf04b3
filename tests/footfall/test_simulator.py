"""The simulator: the same for the same seed, shaped by the clock, labelled, seeded once."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from footfall.simulator.arrivals import HISTORY_FLOOR, arrivals
from footfall.simulator.catalogue import CATEGORIES, PRODUCTS, make_catalogue
from footfall.simulator.history import seed_shop
from footfall.simulator.shoppers import Crowd
from tests.shops import an_open_shop, caught_up, projecting

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
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        until = MONDAY + timedelta(days=12)
        seeded = await seed_shop(shop.journal, seed=1, until=until, days=12, visits_per_day=25)
        assert seeded > 100
        events = await whole_log(shop)
        assert await seed_shop(shop.journal, seed=1, until=until, days=12) == 0
        assert await shop.journal.head() == len(events)

        topics = Counter(recorded.event.TOPIC for recorded in events)
        for topic in ("order.placed", "review.submitted", "shopper.registered", "visit.dwelled"):
            assert topics[topic] > 5, topic
        assert topics["basket.item_added"] > topics["basket.checked_out"] > 5
        assert all(recorded.actor == "simulator" for recorded in events)
        assert all(MONDAY <= recorded.event.timestamp < until for recorded in events)

        await caught_up(shop)
        async with shop.pool.acquire() as connection:
            methods = {
                recorded.event.payment_method  # type: ignore[attr-defined]
                for recorded in events
                if recorded.event.TOPIC == "order.placed"
            }
            assert methods == {"simulated"}
            assert await connection.fetchval("SELECT count(*) FROM app.users") == 0
