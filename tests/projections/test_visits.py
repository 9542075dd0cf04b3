"""Visits: cut at pauses, mended by late events, and what is asked of them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket
from domain.identity import Identity
from domain.money import Money
from domain.order import Order
from domain.visit import Visit
from projections.behaviour import Step, dwell_conversion, paths
from projections.funnel import funnel
from projections.kept_visits import visits_of
from projections.presence import presence, present, state_of
from projections.searches import top_searches
from tests.projections.folding import NOON, at, line

if TYPE_CHECKING:
    from domain.events import Event
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

WHOLE: dict[str, Any] = {"start": NOON - timedelta(days=9), "end": NOON + timedelta(days=9)}
DAY = 24 * 60


def does(
    log: Log, kind: type[Event], minutes: float = 0, visitor: str = "v1", **fields: Any
) -> None:
    log.add(kind, f"visit-{visitor}", minutes, visitor=visitor, **fields)


def views_page(log: Log, url: str, minutes: float = 0, visitor: str = "v1", **more: Any) -> None:
    does(log, Visit.PageViewed, minutes, visitor, url=f"https://shop.example{url}", **more)


async def spans(reader: Connection, visitor: str = "v1") -> list[tuple[float, float, int]]:
    """Return beginning and end in minutes, and events, of each visit in order of time."""
    return sorted(
        (
            (row.started_at - NOON).total_seconds() / 60,
            (row.ended_at - NOON).total_seconds() / 60,
            row.events,
        )
        for row in await visits_of(reader, visitor)
    )


async def test_a_pause_of_thirty_minutes_ends_a_visit(log: Log, reader: Connection) -> None:
    for minute in (0, 29.9, 59.9, 70):
        views_page(log, "/", minute)
    await log.fold()
    assert await spans(reader) == [(0, 29.9, 2), (59.9, 70, 2)]


async def test_a_late_event_joins_the_visits_it_lies_between(log: Log, reader: Connection) -> None:
    views_page(log, "/late", 40)
    does(log, Visit.ProductViewed, 40, product_id="lamp")
    await log.fold()
    views_page(log, "/early", 0)
    does(log, Visit.ProductViewed, 0, product_id="lamp")
    does(log, Visit.ProductViewed, 0, product_id="bulb", category="lamps")
    await log.fold()
    assert len(await spans(reader)) == 2
    views_page(log, "/between", 20)
    await log.fold()
    assert await spans(reader) == [(0, 40, 6)]
    (visit,) = await visits_of(reader, "v1")
    assert (visit.entry_page, visit.exit_page, visit.visit_id) == ("/early", "/late", 1)
    assert (visit.page_views, visit.product_views) == (3, 3)
    cells = await reader.fetch("SELECT * FROM visit_products ORDER BY product_id")
    assert [(c["visit_id"], c["product_id"], c["views"]) for c in cells] == [
        (1, "bulb", 1),
        (1, "lamp", 2),
    ]
    assert set(await paths(reader, **WHOLE, limit=9)) == {
        Step("", "/early", 1),
        Step("/early", "/between", 1),
        Step("/between", "/late", 1),
        Step("/late", "", 1),
    }


async def test_no_visit_lasts_longer_than_a_day(log: Log, reader: Connection) -> None:
    for minute in range(0, DAY + 60, 20):
        does(log, Visit.StayedActive, minute)
    await log.fold()
    assert await spans(reader) == [(0, DAY, 73), (DAY + 20, DAY + 40, 2)]


async def test_what_is_bought_here_counts_in_the_visit_of_its_browser(
    log: Log, reader: Connection
) -> None:
    does(log, Visit.ProductViewed, 0, "v1", product_id="lamp", source="newsletter")
    log.add(
        Basket.ItemAdded,
        "basket-visitor:v1",
        1,
        product_id="lamp",
        quantity=1,
        unit_price=Money(100, "EUR"),
    )
    log.add(
        Order.Placed,
        "order-1",
        2,
        shopper_id="7",
        visitor="v1",
        currency="EUR",
        lines=(line("lamp", 1, 100),),
        goods_minor=100,
        total_minor=100,
    )
    log.add(
        Order.Placed,
        "order-2",
        3,
        shopper_id="8",
        currency="EUR",
        source="import",
        lines=(line("lamp", 1, 100),),
        goods_minor=100,
        total_minor=100,
    )
    await log.fold()
    (visit,) = await visits_of(reader, "v1")
    assert (visit.outcome, visit.shopper_id, visit.source) == ("ordered", "7", "newsletter")
    assert await reader.fetchval("SELECT count(*) FROM visits") == 1


async def test_the_funnel_counts_each_visit_at_the_steps_it_passed(
    log: Log, reader: Connection
) -> None:
    does(log, Visit.ProductViewed, 0, "looks", product_id="lamp", category="lamps", source="a")
    does(log, Visit.ProductCarted, 0, "fills", product_id="lamp", category="lamps", source="a")
    does(log, Visit.CheckoutStarted, 1, "fills")
    does(log, Visit.ProductViewed, 2, "fills", product_id="vase", category="vases")
    does(log, Visit.ProductPurchased, 70, "buys", product_id="vase", category="vases", source="b")
    views_page(log, "/", 70, "bounces")
    does(log, Visit.ProductPurchased, 70, "robot", product_id="vase", bot="agent")
    await log.fold()

    def steps(rows: Any) -> Any:
        return {
            (r.start and r.start.hour, r.group): (r.visits, r.view, r.basket, r.checkout, r.order)
            for r in rows
        }

    whole = await funnel(reader, **WHOLE, bucket="whole", by="")
    assert steps(whole) == {(None, ""): (4, 3, 2, 2, 1)}
    by_hour = await funnel(reader, **WHOLE, bucket="hour", by="")
    assert steps(by_hour) == {(12, ""): (2, 2, 1, 1, 0), (13, ""): (2, 1, 1, 1, 1)}
    by_source = await funnel(reader, **WHOLE, bucket="whole", by="source")
    assert steps(by_source) == {
        (None, "a"): (2, 2, 1, 1, 0),
        (None, "b"): (1, 1, 1, 1, 1),
        (None, ""): (1, 0, 0, 0, 0),
    }
    by_category = await funnel(reader, **WHOLE, bucket="whole", by="category")
    assert steps(by_category) == {
        (None, "lamps"): (2, 2, 1, 1, 0),
        (None, "vases"): (2, 2, 1, 1, 1),
    }


async def test_presence_tells_who_is_active_idle_and_gone(log: Log, reader: Connection) -> None:
    views_page(log, "/", -40, "over")
    views_page(log, "/", -10, "idle")
    views_page(log, "/", -4, "active")
    does(log, Visit.StayedActive, -1, "stays")
    views_page(log, "/", -2, "left")
    does(log, Visit.Left, -1, "left")
    views_page(log, "/", -1, "robot", bot="agent")
    await log.fold()
    counts = await presence(reader, NOON)
    assert (counts.active, counts.idle, counts.gone) == (2, 1, 1)
    shown = {row.visitor: state_of(row, NOON) for row in await present(reader, NOON, 9)}
    assert shown == {"idle": "idle", "active": "active", "stays": "active", "left": "gone"}


async def test_dwell_on_a_product_page_stands_beside_its_conversion(
    log: Log, reader: Connection
) -> None:
    for n, (minutes, buys) in enumerate([(11, True), (12, False), (0.1, False), (2, False)]):
        visitor = f"v{n}"
        does(
            log,
            Visit.Dwelled,
            0,
            visitor,
            milliseconds=round(minutes * 60_000),
            product_id="lamp",
        )
        if buys:
            does(log, Visit.ProductPurchased, 1, visitor, product_id="lamp")
    await log.fold()
    bands = {b.from_seconds: b for b in await dwell_conversion(reader, **WHOLE)}
    assert (bands[600].visits, bands[600].ordered, bands[600].conversion) == (2, 1, 0.5)
    assert (bands[60].visits, bands[0].visits, bands[180].conversion) == (1, 1, None)


async def test_searches_in_vain_are_counted(log: Log, reader: Connection) -> None:
    does(log, Visit.Searched, 0, query="Red  Lamp", results=0)
    does(log, Visit.Searched, 1, query="red lamp", results=4)
    does(log, Visit.Searched, 1, query="vase", results=3)
    does(log, Visit.Searched, 1, "robot", query="vase", bot="pace")
    await log.fold()
    found_of = partial(top_searches, reader, start=at(0).date(), end=at(DAY).date(), limit=9)
    found = await found_of(only_without_result=False)
    assert [(r.query, r.searches, r.without_result) for r in found] == [
        ("red lamp", 2, 1),
        ("vase", 1, 0),
    ]
    assert [r.query for r in await found_of(only_without_result=True)] == ["red lamp"]


async def test_past_visits_move_to_the_shopper_and_back(log: Log, reader: Connection) -> None:
    async def persons(person: str) -> list[tuple[str, str]]:
        return [(row.visitor, row.person) for row in await visits_of(reader, "", person)]

    views_page(log, "/", 0, "phone")
    views_page(log, "/", DAY, "laptop")
    views_page(log, "/", DAY + 1, "laptop", shopper_id="s1")
    await log.fold()
    assert await persons("shopper:s1") == [("laptop", "shopper:s1")]
    log.add(Identity.Joined, "identity-phone", DAY + 2, visitor="phone", shopper_id="s1")
    log.add(Identity.Joined, "identity-phone", DAY + 3, visitor="phone", shopper_id="s2")
    await log.fold()
    views_page(log, "/", DAY + 4, "phone")
    await log.fold()
    assert await persons("shopper:s1") == [
        ("phone", "shopper:s1"),
        ("laptop", "shopper:s1"),
        ("phone", "shopper:s1"),
    ]
    assert await persons("shopper:s2") == []
    log.add(Identity.Separated, "identity-phone", DAY + 5, visitor="phone", shopper_id="s1")
    await log.fold()
    assert await persons("shopper:s1") == [("laptop", "shopper:s1")]
    assert [row.person for row in await visits_of(reader, "phone")] == ["visitor:phone"] * 2
