"""Product sales: what sold on which day, corrected when it comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from domain.basket import Basket
from domain.order import Order
from domain.visit import Visit
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class ProductSalesRow(msgspec.Struct, frozen=True):
    """What a product did between two days, in one currency."""

    product_id: str
    name: str
    currency: str
    orders: int
    units: int
    revenue_minor: int
    returned_units: int
    refund_minor: int
    views: int
    basket_adds: int


class ProductSales:
    """Sales, returns, views and basket additions per product and day of the sale (UTC).

    What came back counts on the day it was sold; a credit note without its sale, on its own.
    Views and basket additions stand under the currency ''.
    """

    name = "product_sales"
    version = 1
    tables = ("product_sales",)
    events: tuple[type[Event], ...] = (
        Order.Placed,
        Order.CreditNoted,
        Order.Cancelled,
        Order.Returned,
        Visit.ProductViewed,
        Visit.ProductCarted,
        Visit.ProductPurchased,
        Basket.ItemAdded,
    )
    feed = Feed(
        "product_sales",
        ("product_id", "day", "currency"),
        (
            "product_id",
            "day",
            "currency",
            "orders",
            "units",
            "revenue_minor",
            "returned_units",
            "refund_minor",
            "views",
            "basket_adds",
        ),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold sales, returns and interest."""
        rows: dict[tuple[str, date, str], list[int]] = {}
        for event in batch:
            _fold(rows, event)
        await write_rows(connection, _ADD, ((*key, *row) for key, row in rows.items()))


async def top_products(
    connection: Connection, *, start: date, end: date, limit: int = 50, by: str = "revenue"
) -> list[ProductSalesRow]:
    """Return the products that sold most from ``start`` to before ``end``.

    ``by``: revenue (less refunds), units (less returned) or views.
    """
    order = {
        "revenue": "sum(s.revenue_minor - s.refund_minor)",
        "units": "sum(s.units - s.returned_units)",
        "views": "sum(s.views)",
    }[by]
    rows = await connection.fetch(
        f"""SELECT s.product_id, coalesce(c.name, ''), max(s.currency), sum(s.orders)::int,
                   sum(s.units)::int, sum(s.revenue_minor)::bigint, sum(s.returned_units)::int,
                   sum(s.refund_minor)::bigint, sum(s.views)::int, sum(s.basket_adds)::int
            FROM product_sales s LEFT JOIN catalogue c ON c.product_id = s.product_id
            WHERE s.day >= $1 AND s.day < $2
            GROUP BY s.product_id, c.name ORDER BY {order} DESC, s.product_id LIMIT $3""",  # noqa: S608
        start,
        end,
        limit,
    )
    return [ProductSalesRow(*row) for row in rows]


async def sales_by_day(
    connection: Connection, product_id: str, *, start: date, end: date
) -> list[tuple[date, int, int]]:
    """Return (day, units less returned, revenue less refunds) for each day with a sale."""
    rows = await connection.fetch(
        """SELECT day, sum(units - returned_units)::int, sum(revenue_minor - refund_minor)::bigint
           FROM product_sales WHERE product_id = $1 AND day >= $2 AND day < $3
           GROUP BY day HAVING sum(units) > 0 ORDER BY day""",
        product_id,
        start,
        end,
    )
    return [(row[0], row[1], row[2]) for row in rows]


_ADD = """
    INSERT INTO product_sales AS s (product_id, day, currency, orders, units, revenue_minor,
                                    returned_units, refund_minor, views, basket_adds, position)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::int[], $5::int[], $6::bigint[],
                         $7::int[], $8::bigint[], $9::int[], $10::int[], $11::bigint[])
    ON CONFLICT (product_id, day, currency) DO UPDATE SET
        orders = s.orders + excluded.orders, units = s.units + excluded.units,
        revenue_minor = s.revenue_minor + excluded.revenue_minor,
        returned_units = s.returned_units + excluded.returned_units,
        refund_minor = s.refund_minor + excluded.refund_minor, views = s.views + excluded.views,
        basket_adds = s.basket_adds + excluded.basket_adds,
        position = greatest(s.position, excluded.position)"""

_ORDERS, _UNITS, _REVENUE, _RETURNED, _REFUND, _VIEWS, _ADDS, _AT = range(8)


def _fold(rows: dict[tuple[str, date, str], list[int]], recorded: Recorded) -> None:
    event = recorded.event
    today = recorded.occurred_at
    match event:
        case Order.Placed():
            ordered: set[str] = set()
            for line in event.lines:
                row = _row(rows, line.product_id, today, event.currency, recorded)
                row[_UNITS] += line.quantity
                row[_REVENUE] += line.total_minor
                if line.product_id not in ordered:
                    ordered.add(line.product_id)
                    row[_ORDERS] += 1
        case Order.Cancelled() | Order.Returned() | Order.CreditNoted():
            day = today if isinstance(event, Order.CreditNoted) else event.placed_at
            for line in event.lines:
                row = _row(rows, line.product_id, day, event.currency, recorded)
                row[_RETURNED] += line.quantity
                row[_REFUND] += line.total_minor
        case Visit.ProductViewed():
            _row(rows, event.product_id, today, "", recorded)[_VIEWS] += 1
        case Visit.ProductCarted() | Basket.ItemAdded():
            _row(rows, event.product_id, today, "", recorded)[_ADDS] += 1
        case Visit.ProductPurchased():
            row = _row(rows, event.product_id, today, event.currency, recorded)
            row[_ORDERS] += 1
            row[_UNITS] += event.quantity
            row[_REVENUE] += event.quantity * event.unit_price_minor


def _row(
    rows: dict[tuple[str, date, str], list[int]],
    product_id: str,
    day: datetime,
    currency: str,
    recorded: Recorded,
) -> list[int]:
    key = (product_id, day.astimezone(UTC).date(), currency)
    row = rows.get(key)
    if row is None:
        row = rows[key] = [0, 0, 0, 0, 0, 0, 0, 0]
    row[_AT] = recorded.position
    return row
