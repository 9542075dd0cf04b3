"""Product sales: what sold on which day, corrected when it comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import msgspec

from domain.basket import Basket
from domain.order import Order, OrderLine
from domain.visit import Visit
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class ProductSalesRow(msgspec.Struct, frozen=True):
    """What a product did between two days, in one currency; '' where it sold in none.

    One that sold in several has a row for each, with the same views and basket additions.
    """

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


class TrendRow(msgspec.Struct, frozen=True):
    """How a product did in some days, and in as many days before these."""

    product_id: str
    name: str
    recent: int
    before: int


class ProductSales:
    """Sales, returns, views and basket additions per product and day of the sale (UTC).

    What came back counts on the day it was sold; a credit note without its sale, on its own.
    A discount is shared by the lines of its order, so that products add up to the shop's revenue.
    Views and basket additions stand under the currency ''.
    """

    name = "product_sales"
    version = 3
    tables = ("product_sales",)
    events: tuple[type[Event], ...] = (
        Order.Placed,
        Order.CreditNoted,
        Order.Cancelled,
        Order.Returned,
        Visit.ProductViewed,
        Visit.ProductCarted,
        Visit.ProductPurchased,
        Visit.PurchaseRefunded,
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
            if not (isinstance(event.event, Visit.Event) and event.event.bot):
                fold_sales(rows, event)
        await write_rows(connection, _ADD, ((*key, *row) for key, row in rows.items()))


async def top_products(
    connection: Connection, *, start: date, end: date, limit: int = 50, by: str = "revenue"
) -> list[ProductSalesRow]:
    """Return the products that sold most from ``start`` to before ``end``.

    ``by``: revenue (less refunds), units (less returned) or views.
    """
    rows = await connection.fetch(
        f"""WITH days AS (SELECT * FROM product_sales WHERE day >= $1 AND day < $2),
            interest AS (SELECT product_id, sum(views)::int AS views,
                                sum(basket_adds)::int AS basket_adds
                         FROM days GROUP BY product_id),
            sales AS (SELECT product_id, currency, sum(orders)::int AS orders,
                             sum(units)::int AS units, sum(revenue_minor)::bigint AS revenue_minor,
                             sum(returned_units)::int AS returned_units,
                             sum(refund_minor)::bigint AS refund_minor
                      FROM days GROUP BY product_id, currency
                      HAVING sum(units) > 0 OR sum(returned_units) > 0)
            SELECT i.product_id, coalesce(c.name, ''), coalesce(s.currency, ''),
                   coalesce(s.orders, 0), coalesce(s.units, 0), coalesce(s.revenue_minor, 0),
                   coalesce(s.returned_units, 0), coalesce(s.refund_minor, 0), i.views,
                   i.basket_adds
            FROM interest i LEFT JOIN sales s ON s.product_id = i.product_id
            LEFT JOIN catalogue c ON c.product_id = i.product_id
            ORDER BY {_RANKS[by]} DESC, i.product_id, s.currency LIMIT $3""",  # noqa: S608
        start,
        end,
        limit,
    )
    return [ProductSalesRow(*row) for row in rows]


async def trending_products(
    connection: Connection, *, end: date, days: int = 7, limit: int = 50, by: str = "views"
) -> list[TrendRow]:
    """Return the products that rose most: in the ``days`` before ``end`` over those before them.

    ``by``: views, basket_adds or units (less returned).
    """
    counted = _TRENDS[by]
    rows = await connection.fetch(
        f"""WITH trend AS (
                SELECT product_id,
                       coalesce(sum({counted}) FILTER (WHERE day >= $2), 0)::int AS recent,
                       coalesce(sum({counted}) FILTER (WHERE day < $2), 0)::int AS before
                FROM product_sales WHERE day >= $1 AND day < $3 GROUP BY product_id)
            SELECT t.product_id, coalesce(c.name, ''), t.recent, t.before
            FROM trend t LEFT JOIN catalogue c ON c.product_id = t.product_id
            WHERE t.recent > t.before
            ORDER BY t.recent - t.before DESC, t.recent DESC, t.product_id LIMIT $4""",  # noqa: S608
        end - timedelta(days=2 * days),
        end - timedelta(days=days),
        end,
        limit,
    )
    return [TrendRow(*row) for row in rows]


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


_RANKS = {
    "revenue": "coalesce(s.revenue_minor - s.refund_minor, 0)",
    "units": "coalesce(s.units - s.returned_units, 0)",
    "views": "i.views",
}
_TRENDS = {"views": "views", "basket_adds": "basket_adds", "units": "units - returned_units"}

_ADD = """
    INSERT INTO product_sales AS s (product_id, day, currency, orders, units, revenue_minor,
                                    returned_units, refund_minor, views, basket_adds, position)
    SELECT * FROM json_to_recordset($1) AS n (
        product_id text, day date, currency text, orders int, units int, revenue_minor bigint,
        returned_units int, refund_minor bigint, views int, basket_adds int, position bigint)
    ON CONFLICT (product_id, day, currency) DO UPDATE SET
        orders = s.orders + excluded.orders, units = s.units + excluded.units,
        revenue_minor = s.revenue_minor + excluded.revenue_minor,
        returned_units = s.returned_units + excluded.returned_units,
        refund_minor = s.refund_minor + excluded.refund_minor, views = s.views + excluded.views,
        basket_adds = s.basket_adds + excluded.basket_adds,
        position = greatest(s.position, excluded.position)"""

ORDERS, UNITS, REVENUE, RETURNED_UNITS, REFUND, VIEWS, BASKET_ADDS, _AT = range(8)
"""Places in what ``fold_sales`` counts."""


def fold_sales(rows: dict[tuple[str, date, str], list[int]], recorded: Recorded) -> None:
    """Add what an event counts for to the rows by product, day and currency."""
    event = recorded.event
    today = recorded.occurred_at
    match event:
        case Order.Placed():
            ordered: set[str] = set()
            paid = line_shares(event.lines, event.goods_minor - event.discount_minor)
            for line, minor in zip(event.lines, paid, strict=True):
                row = _row(rows, line.product_id, today, event.currency, recorded)
                row[UNITS] += line.quantity
                row[REVENUE] += minor
                if line.product_id not in ordered:
                    ordered.add(line.product_id)
                    row[ORDERS] += 1
        case Order.Cancelled() | Order.Returned() | Order.CreditNoted():
            day = today if isinstance(event, Order.CreditNoted) else event.placed_at
            refunded = line_shares(event.lines, event.refund_minor)
            for line, minor in zip(event.lines, refunded, strict=True):
                row = _row(rows, line.product_id, day, event.currency, recorded)
                row[RETURNED_UNITS] += line.quantity
                row[REFUND] += minor
        case Visit.ProductViewed():
            _row(rows, event.product_id, today, "", recorded)[VIEWS] += 1
        case Visit.ProductCarted() | Basket.ItemAdded():
            _row(rows, event.product_id, today, "", recorded)[BASKET_ADDS] += 1
        case Visit.ProductPurchased():
            row = _row(rows, event.product_id, today, event.currency, recorded)
            row[ORDERS] += 1
            row[UNITS] += event.quantity
            row[REVENUE] += event.quantity * event.unit_price_minor
        case Visit.PurchaseRefunded() if event.product_id:
            # The day of the sale is not known.
            row = _row(rows, event.product_id, today, event.currency, recorded)
            row[RETURNED_UNITS] += event.quantity
            row[REFUND] += event.refund_minor


def line_shares(lines: Sequence[OrderLine], amount_minor: int) -> list[int]:
    """Return what each line has of an amount, by its worth; together exactly the amount."""
    worths = [line.total_minor for line in lines]
    total = sum(worths)
    if total == amount_minor:
        return worths
    if total == 0:
        worths, total = [1] * len(lines), len(lines)
    sums = [amount_minor * worth // total for worth in accumulate(worths)]
    return [after - before for before, after in pairwise([0, *sums])]


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
