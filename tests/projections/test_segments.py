"""Segments: each shopper's numbers net of what came back, and where the latest fit puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket
from domain.identity import Identity
from domain.order import Order
from domain.product import Product
from domain.segmentation import Borders, Segmentation
from domain.shopper import Shopper
from domain.visit import Visit
from projections.segment_sizes import PlacedShopper, find_placed, members, sizes
from projections.segments import known_shoppers, latest_fit, past_orders
from tests.projections.folding import at, euros, line
from tests.projections.histories import a_fit

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

DAY = 24 * 60


def orders(log: Log, order_id: str, minutes: float, minor: int = 1_000, **who: Any) -> None:
    log.add(
        Order.Placed,
        f"order-{order_id}",
        minutes,
        **{"shopper_id": "1", "visitor": "", "currency": "EUR", **who},
        lines=(line("lamp", 1, minor),),
        goods_minor=minor,
        total_minor=minor,
    )


def undoes(
    log: Log, kind: type[Order.Cancelled | Order.Returned], order_id: str, minor: int
) -> None:
    log.add(
        kind,
        f"order-{order_id}",
        DAY,
        shopper_id="1",
        lines=(line("lamp", 1, minor),),
        currency="EUR",
        refund_minor=minor,
        placed_at=at(0),
    )


def fits(log: Log, number: int = 3) -> None:
    log.add(Segmentation.Fitted, "segmentation-customers", 2 * DAY, fit=a_fit(at(2 * DAY), number))


async def placed(reader: Connection, person: str = "shopper:1") -> PlacedShopper:
    found = await find_placed(reader, person)
    assert found is not None
    return found


async def test_an_order_counts_as_long_as_something_of_it_is_kept(
    log: Log, reader: Connection
) -> None:
    orders(log, "a", 0, 3_000)
    orders(log, "b", 10, 2_000)
    await log.fold()
    found = await placed(reader)
    assert (found.orders, found.revenue_minor, found.last_order_at) == (2, 5_000, at(10))
    undoes(log, Order.Returned, "a", 1_000)
    undoes(log, Order.Cancelled, "b", 2_000)
    await log.fold()
    found = await placed(reader)
    assert (found.orders, found.undone, found.revenue_minor) == (1, 1, 2_000)
    assert found.last_order_at == at(0)
    undoes(log, Order.Returned, "a", 2_000)
    await log.fold()
    found = await placed(reader)
    assert (found.orders, found.undone, found.revenue_minor) == (0, 2, 0)
    assert (found.last_order_at, found.segment, found.recency) == (None, "all returned", 0)


async def test_a_fit_places_everyone_and_who_comes_after_stands_by_it(
    log: Log, reader: Connection
) -> None:
    assert await latest_fit(reader) is None
    log.add(
        Product.Added,
        "product-lamp",
        name="",
        description="",
        category="all",
        price=euros(1),
        stock=None,
        attributes={},
    )
    for n in range(4):
        orders(log, f"o{n}", n * 60, shopper_id="1")
    log.add(Visit.ProductViewed, "visit-v", 5, visitor="v", product_id="lamp")
    fits(log)
    await log.fold()
    found = await placed(reader)
    fit = await latest_fit(reader)
    assert fit == a_fit(at(2 * DAY), 3)
    assert (found.recency, found.frequency, found.monetary) == (1, 4, 3)
    assert (found.segment, found.cluster) == ("at risk", 1)
    assert found.value_minor is not None
    assert found.alive_thousandths is not None
    assert found.position == 7  # the fit, which moved them
    assert (await placed(reader, "visitor:v")).segment == "visitor"
    orders(log, "late", 2 * DAY + 10, 90_000, shopper_id="1")
    await log.fold()
    after = await placed(reader)
    assert (after.segment, after.recency, after.monetary) == ("champion", 5, 5)
    assert after.value_minor > found.value_minor  # type: ignore[operator]  # both are known
    assert [p.person for p in await members(reader, segment="champion", limit=9)] == ["shopper:1"]
    assert [p.person for p in await members(reader, cluster=after.cluster, limit=9)] == [
        "shopper:1"
    ]
    fits(log)
    await log.fold()
    assert (await placed(reader)).position == after.position  # it changed nothing


async def test_a_visitor_who_turns_out_to_be_a_shopper_is_one_person(
    log: Log, reader: Connection
) -> None:
    for n in range(3):
        log.add(Visit.ProductViewed, "visit-v", n, visitor="v", product_id="lamp")
    log.add(
        Basket.ItemAdded,
        "basket-visitor:v",
        4,
        product_id="lamp",
        quantity=2,
        unit_price=euros(500),
    )
    await log.fold()
    assert (await placed(reader, "visitor:v")).segment == "window shopper"
    orders(log, "a", 5)
    log.add(Identity.Joined, "identity-v", 6, visitor="v", shopper_id="1")
    log.add(Visit.ProductViewed, "visit-v", 7, visitor="v", product_id="lamp")
    await log.fold()
    assert await find_placed(reader, "visitor:v") is None
    joined = await placed(reader)
    assert (joined.views, joined.basket_adds, joined.orders) == (4, 1, 1)
    assert (joined.first_at, joined.last_at) == (at(0), at(7))
    log.add(Identity.Separated, "identity-v", 8, visitor="v", shopper_id="1")
    await log.fold()
    assert (await placed(reader, "visitor:v")).views == 4
    assert (await placed(reader)).views == 0


async def test_who_is_erased_is_in_no_segment(log: Log, reader: Connection) -> None:
    orders(log, "a", 0)
    fits(log)
    log.add(Shopper.Erased, "shopper-1", 9)
    await log.fold()
    assert await find_placed(reader, "shopper:1") is None
    assert await sizes(reader) == []
    assert await known_shoppers(reader) == []
    assert await past_orders(reader) == []


async def test_bots_and_anonymous_sales_are_nobody(log: Log, reader: Connection) -> None:
    log.add(Visit.ProductViewed, "visit-b", 0, visitor="b", product_id="lamp", bot="agent")
    orders(log, "a", 0, shopper_id="")
    await log.fold()
    assert await sizes(reader) == []


async def test_orders_of_which_only_a_tracker_tells_count_too(log: Log, reader: Connection) -> None:
    for product_id, price in (("lamp", 2_000), ("vase", 1_000)):
        log.add(
            Visit.ProductPurchased,
            "visit-v",
            0,
            visitor="v",
            product_id=product_id,
            quantity=1,
            unit_price_minor=price,
            currency="EUR",
            order="7",
            category="home",
        )
    log.add(
        Visit.PurchaseRefunded,
        "visit-v",
        9,
        visitor="v",
        order="7",
        refund_minor=500,
        currency="EUR",
    )
    await log.fold()
    found = await placed(reader, "visitor:v")
    assert (found.orders, found.revenue_minor, found.currency) == (1, 2_500, "EUR")
    [known] = await known_shoppers(reader)
    assert (known.is_known, known.tastes) == (True, {"home": 2})


async def test_money_is_in_the_currency_of_the_latest_order(log: Log, reader: Connection) -> None:
    orders(log, "a", 0, 5_000)
    orders(log, "b", 1, 70_000, currency="JPY")
    await log.fold()
    found = await placed(reader)
    assert (found.orders, found.revenue_minor, found.currency) == (2, 70_000, "JPY")
    undoes(log, Order.Cancelled, "b", 70_000)
    await log.fold()
    found = await placed(reader)
    assert (found.orders, found.revenue_minor, found.currency) == (1, 5_000, "EUR")


async def test_sizes_add_up_to_all_who_are_there(log: Log, reader: Connection) -> None:
    for n in range(5):
        orders(log, f"o{n}", n, shopper_id=str(n % 3))
    log.add(Visit.ProductViewed, "visit-v", 5, visitor="v", product_id="lamp")
    fits(log)
    await log.fold()
    found = await sizes(reader)
    assert sum(each.shoppers for each in found) == 4
    assert sum(each.customers for each in found) == 3
    assert sum(each.revenue_minor for each in found) == 5_000
    assert {each.currency for each in found} == {"EUR", ""}
    assert Borders().recency == ()
