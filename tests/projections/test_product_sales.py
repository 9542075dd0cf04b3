"""Product sales: what sold when, and what came back of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket
from domain.order import Order
from domain.product import Product
from domain.visit import Visit
from projections.product_explanation import explain_product, made_by_product
from projections.product_sales import sales_by_day, top_products, trending_products
from tests.projections.folding import NOON, at, euros, line

if TYPE_CHECKING:
    from domain.order import OrderLine
    from projections.product_sales import ProductSalesRow
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

FIRST = NOON.date()
DAY = 24 * 60


def buys(log: Log, order_id: str, *lines: OrderLine, minutes: float = 0, **fields: Any) -> None:
    goods_minor = sum(each.total_minor for each in lines)
    discount_minor = fields.setdefault("discount_minor", 0)
    fields = {"shopper_id": "1", "currency": "EUR"} | fields
    log.add(
        Order.Placed,
        Order.stream_id(order_id),
        minutes,
        lines=lines,
        goods_minor=goods_minor,
        total_minor=goods_minor - discount_minor,
        **fields,
    )


async def sold(connection: Connection, **fields: Any) -> list[ProductSalesRow]:
    return await top_products(connection, start=FIRST, end=FIRST + timedelta(days=9), **fields)


async def test_what_comes_back_corrects_the_day_of_its_sale(log: Log, reader: Connection) -> None:
    buys(log, "1", line("lamp", 3, 1_000), line("bulb", 2, 100))
    await log.fold()
    log.add(
        Order.Returned,
        "order-1",
        2 * DAY,
        shopper_id="1",
        lines=(line("lamp", 1, 1_000),),
        currency="EUR",
        refund_minor=1_000,
        placed_at=at(0),
    )
    buys(log, "2", line("bulb", 1, 100), minutes=2 * DAY)
    await log.fold()

    end = FIRST + timedelta(days=9)
    assert await sales_by_day(reader, "lamp", start=FIRST, end=end) == [(FIRST, 2, 2_000)]
    assert await sales_by_day(reader, "bulb", start=FIRST, end=end) == [
        (FIRST, 2, 200),
        (date(2026, 3, 3), 1, 100),
    ]


async def test_a_cancelled_order_sold_nothing(log: Log, reader: Connection) -> None:
    lines = (line("lamp", 3, 1_000), line("bulb", 2, 100))
    buys(log, "1", *lines)
    log.add(
        Order.Cancelled,
        "order-1",
        DAY,
        shopper_id="1",
        lines=lines,
        currency="EUR",
        refund_minor=3_200,
        placed_at=at(0),
    )
    await log.fold()

    rows = await sold(reader)

    assert {row.units - row.returned_units for row in rows} == {0}
    assert {row.revenue_minor - row.refund_minor for row in rows} == {0}


async def test_a_credit_note_without_its_sale_counts_on_its_own_day(
    log: Log, reader: Connection
) -> None:
    log.add(
        Order.CreditNoted,
        "order-c1",
        DAY,
        shopper_id="",
        lines=(line("unknown", 2, 50),),
        currency="EUR",
        refund_minor=100,
    )
    await log.fold()

    [row] = await sold(reader)

    assert (row.product_id, row.units, row.returned_units, row.refund_minor) == (
        "unknown",
        0,
        2,
        100,
    )


async def test_products_share_a_discount_to_the_last_cent(log: Log, reader: Connection) -> None:
    lines = line("a", 1, 333), line("b", 1, 333), line("c", 1, 334)
    buys(log, "1", *lines, discount_minor=100)
    await log.fold()

    rows = await sold(reader)

    assert sum(row.revenue_minor for row in rows) == 900
    assert {row.revenue_minor for row in rows} <= {299, 300, 301}


async def test_money_of_two_currencies_is_never_added(log: Log, reader: Connection) -> None:
    buys(log, "1", line("lamp", 1, 1_000))
    buys(log, "2", line("lamp", 1, 1_200), currency="USD")
    log.add(Visit.ProductViewed, "visit-1", visitor="v", product_id="lamp")
    await log.fold()

    rows = await sold(reader)

    assert [(row.currency, row.revenue_minor, row.views) for row in rows] == [
        ("USD", 1_200, 1),
        ("EUR", 1_000, 1),
    ]


async def test_the_best_are_best_by_what_was_asked(log: Log, reader: Connection) -> None:
    log.add(
        Product.Added,
        "product-dear",
        name="A dear thing",
        description="",
        category="",
        price=euros(9_000),
        stock=None,
        attributes={},
    )
    buys(log, "1", line("dear", 1, 9_000), line("cheap", 5, 100))
    log.add(Visit.ProductViewed, "visit-1", visitor="v", product_id="seen")
    log.add(
        Basket.ItemAdded,
        "basket-visitor:v",
        product_id="seen",
        quantity=2,
        unit_price=euros(1),
        begins=True,
    )
    await log.fold()

    assert [(row.product_id, row.name) for row in await sold(reader)] == [
        ("dear", "A dear thing"),
        ("cheap", ""),
        ("seen", ""),
    ]
    assert (await sold(reader, by="units", limit=1))[0].product_id == "cheap"
    [seen] = await sold(reader, by="views", limit=1)
    assert (seen.product_id, seen.views, seen.basket_adds, seen.currency) == ("seen", 1, 1, "")


async def test_trending_is_what_rose_against_the_days_before(log: Log, reader: Connection) -> None:
    looks = {"always": (3, 3), "rising": (1, 3), "new": (0, 1), "falling": (3, 1)}
    for product_id, days in looks.items():
        for day, times in enumerate(days):
            for _ in range(times):
                log.add(
                    Visit.ProductViewed, "visit-1", day * DAY, visitor="v", product_id=product_id
                )
    await log.fold()

    rows = await trending_products(reader, end=FIRST + timedelta(days=2), days=1)

    assert [(row.product_id, row.recent, row.before) for row in rows] == [
        ("rising", 3, 1),
        ("new", 1, 0),
    ]


async def test_imported_behaviour_counts_as_sales_and_basket_additions(
    log: Log, reader: Connection
) -> None:
    log.add(Visit.ProductCarted, "visit-1", visitor="v", product_id="lamp")
    log.add(
        Visit.ProductPurchased,
        "visit-1",
        visitor="v",
        product_id="lamp",
        quantity=2,
        unit_price_minor=150,
        currency="EUR",
    )
    await log.fold()

    [row] = await sold(reader)

    assert (row.orders, row.units, row.revenue_minor, row.basket_adds) == (1, 2, 300, 1)


async def test_every_number_of_a_product_is_explained_by_its_events(
    log: Log, reader: Connection
) -> None:
    for minutes in (0, 1, DAY):
        log.add(Visit.ProductViewed, Visit.stream_id("v"), minutes, visitor="v", product_id="lamp")
    buys(log, "1", line("lamp", 3, 1_000), line("bulb", 2, 100), discount_minor=320)
    buys(log, "2", line("lamp", 1, 1_000), line("lamp", 1, 900), minutes=DAY)
    log.add(
        Order.Returned,
        "order-1",
        2 * DAY,
        shopper_id="1",
        lines=(line("lamp", 1, 1_000),),
        currency="EUR",
        refund_minor=900,
        placed_at=at(0),
    )
    await log.fold()

    rows = await reader.fetch("SELECT * FROM product_sales")
    assert len(rows) == 5
    for row in rows:
        for metric, column in COLUMNS.items():
            where = await explain_product(
                reader, metric, product_id=row["product_id"], day=row["day"]
            )
            seen = log.events[max(where.first_position - 1, 0) : where.last_position]
            parts = made_by_product(where, row["product_id"], seen)
            assert sum(p.adds for p in parts if p.currency == row["currency"]) == row[column]


COLUMNS = {
    "orders": "orders",
    "units": "units",
    "revenue_minor": "revenue_minor",
    "units_returned": "returned_units",
    "refund_minor": "refund_minor",
    "product_views": "views",
    "items_added": "basket_adds",
}
