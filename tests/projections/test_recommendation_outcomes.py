"""Recommendation outcomes: what is put down to a list, and what is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket
from domain.identity import Identity
from domain.order import Order
from domain.recommendation import Candidate, Recommendation
from domain.visit import Visit
from projections.recommendation_outcomes import OutcomeRow, outcomes_by_day
from tests.projections.folding import NOON, euros, line

if TYPE_CHECKING:
    from domain.events import Event
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

FIRST = NOON.date()
HOUR, DAY = 60, 24 * 60


def serves(
    log: Log, list_id: str, *products: str, minutes: float = 0, visitor: str = "v", **fields: Any
) -> None:
    fields = dict[str, Any](placement="home", model="m1", as_of=0) | fields
    items = tuple(Candidate(each, 1.0, 1.0) for each in products)
    log.add(
        Recommendation.Served,
        f"recommendation-{visitor}",
        minutes,
        recommendation_id=list_id,
        visitor=visitor,
        items=items,
        **fields,
    )


def does(
    log: Log, kind: type[Event], product_id: str, minutes: float, visitor: str = "v", **fields: Any
) -> None:
    log.add(kind, f"visit-{visitor}", minutes, visitor=visitor, product_id=product_id, **fields)


def clicks(log: Log, list_id: str, product_id: str, minutes: float = 1, **fields: Any) -> None:
    fields = dict[str, Any](placement="home", rank=1) | fields
    does(
        log,
        Visit.RecommendationClicked,
        product_id,
        minutes,
        recommendation_id=list_id,
        **fields,
    )


def buys(log: Log, product_id: str, minutes: float, **fields: Any) -> None:
    log.add(
        Order.Placed,
        f"order-{product_id}-{minutes}",
        minutes,
        lines=(line(product_id, 2, 500), line("other", 1, 1_000)),
        currency="EUR",
        goods_minor=2_000,
        discount_minor=200,
        total_minor=1_800,
        **({"shopper_id": "", "visitor": "v"} | fields),
    )


async def came(log: Log, reader: Connection, **fields: Any) -> list[OutcomeRow]:
    await log.fold()
    return await outcomes_by_day(reader, start=FIRST, end=FIRST + timedelta(days=9), **fields)


async def test_a_click_names_its_list_and_counts_once(log: Log, reader: Connection) -> None:
    serves(log, "r1", "lamp", "bulb")
    serves(log, "r2", "lamp", "vase")
    await log.fold()
    for _ in range(2):
        clicks(log, "r1", "lamp")
    clicks(log, "r1", "bulb")
    clicks(log, "r1", "desk")  # not in it
    clicks(log, "r9", "lamp")  # never served
    clicks(log, "r2", "vase", bot="agent")
    [row] = await came(log, reader)
    assert (row.lists, row.products, row.clicked_lists, row.clicks, row.views) == (2, 4, 1, 2, 0)
    cells = await reader.fetch("SELECT * FROM served_products ORDER BY place")
    assert [(c["product_id"], c["place"], c["clicks"]) for c in cells] == [
        ("lamp", 1, 2),
        ("bulb", 2, 1),
    ]


async def test_what_is_done_later_is_put_down_to_the_latest_list_that_showed_it(
    log: Log, reader: Connection
) -> None:
    serves(log, "r1", "lamp", "bulb", model="m1")
    serves(log, "r2", "lamp", "vase", model="m2", minutes=10)
    does(log, Visit.ProductViewed, "lamp", 12)
    does(log, Visit.ProductViewed, "bulb", 12)
    does(log, Visit.ProductViewed, "desk", 12)
    first, second = await came(log, reader)
    assert (first.model, first.views, second.model, second.views) == ("m1", 1, "m2", 1)
    assert first.clicks == second.clicks == 0


async def test_each_kind_has_its_window(log: Log, reader: Connection) -> None:
    serves(log, "r1", "lamp")
    does(log, Visit.ProductViewed, "lamp", 30)
    does(log, Visit.ProductCarted, "lamp", DAY)
    buys(log, "lamp", -1)
    [row] = await came(log, reader)
    assert (row.views, row.basket_adds, row.orders) == (0, 0, 0)
    does(log, Visit.ProductViewed, "lamp", 29)
    does(log, Visit.ProductCarted, "lamp", DAY - 1)
    [row] = await came(log, reader)
    assert (row.views, row.basket_adds, row.orders) == (1, 1, 0)


async def test_an_order_earns_its_list_what_was_paid_on_the_day_it_was_served(
    log: Log, reader: Connection
) -> None:
    serves(log, "r1", "lamp", minutes=11 * HOUR)
    buys(log, "lamp", 14 * HOUR)
    does(
        log,
        Visit.ProductPurchased,
        "lamp",
        15 * HOUR,
        quantity=1,
        unit_price_minor=700,
        currency="USD",
    )
    rows = await came(log, reader)
    assert {row.day for row in rows} == {FIRST}
    assert [(r.currency, r.orders, r.revenue_minor) for r in rows] == [
        ("", 1, 0),
        ("EUR", 0, 900),
        ("USD", 0, 700),
    ]


async def test_a_basket_of_the_shop_counts_by_browser_and_by_shopper(
    log: Log, reader: Connection
) -> None:
    serves(log, "r1", "lamp", visitor="v")
    serves(log, "r2", "bulb", visitor="shopper:1")
    for owner, product_id in (("visitor:v", "lamp"), ("shopper:1", "bulb"), ("shopper:2", "bulb")):
        log.add(
            Basket.ItemAdded,
            f"basket-{owner}",
            5,
            product_id=product_id,
            quantity=1,
            unit_price=euros(5),
            begins=True,
        )
    [row] = await came(log, reader)
    assert row.basket_adds == 2


async def test_a_visitor_who_joins_a_shopper_takes_the_list_along(
    log: Log, reader: Connection
) -> None:
    serves(log, "r1", "lamp", "bulb")
    buys(log, "lamp", 5, shopper_id="1", visitor="elsewhere")  # nobody knew yet
    log.add(Identity.Joined, "identity-v", 6, visitor="v", shopper_id="1")
    buys(log, "bulb", 7, shopper_id="1", visitor="elsewhere")
    row, *_ = await came(log, reader)
    assert row.orders == 1
    assert await reader.fetchval("SELECT person FROM served_lists") == "shopper:1"


async def test_days_are_told_by_model_and_placement(log: Log, reader: Connection) -> None:
    serves(log, "r1", "lamp", model="m1")
    serves(log, "r2", "lamp", model="m2", placement="email")
    serves(log, "r3", "lamp", model="m2", minutes=DAY)
    serves(log, "r3", "lamp", model="m2", minutes=DAY)  # said twice
    rows = await came(log, reader)
    assert [(row.day - FIRST, row.model, row.placement, row.lists) for row in rows] == [
        (timedelta(0), "m1", "home", 1),
        (timedelta(0), "m2", "email", 1),
        (timedelta(1), "m2", "home", 1),
    ]
    assert len(await came(log, reader, placement="email")) == 1
    assert len(await came(log, reader, model="m2")) == 2
