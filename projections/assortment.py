"""Assortment: each product with what it did in a time. A question to catalogue and sales."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from projections.projection import Connection

Sort = Literal[
    "name",
    "price",
    "revenue",
    "units",
    "views",
    "basket_adds",
    "conversion",
    "stock",
    "days_left",
    "rating",
    "newest",
]


class ProductFigures(msgspec.Struct, frozen=True):
    """A product and what it did between two days; money in the currency of its price.

    ``units`` and ``revenue_minor``: less what came back. ``conversion``: orders for each view;
    None without views. ``days_left``, ``order_quantity``: as the latest stock advice has them.
    """

    product_id: str
    name: str
    category: str
    price_minor: int
    currency: str
    stock: int | None
    is_withdrawn: bool
    added_at: datetime
    orders: int
    units: int
    revenue_minor: int
    views: int
    basket_adds: int
    conversion: float | None
    rating: float | None
    ratings: int
    days_left: float | None
    order_quantity: int | None
    is_due: bool


class Day(msgspec.Struct, frozen=True):
    """What a product did on a day (UTC); money in the currency of its price."""

    day: date
    orders: int
    units: int
    revenue_minor: int
    views: int
    basket_adds: int


async def find_assortment(
    connection: Connection,
    *,
    start: date,
    end: date,
    query: str = "",
    category: str = "",
    withdrawn: bool = False,
    sort: Sort = "revenue",
    is_descending: bool = True,
    offset: int = 0,
    limit: int,
) -> tuple[list[ProductFigures], int]:
    """Return products with what they did from ``start`` to before ``end``, and how many there are.

    ``query``: a part of the name or id. ``withdrawn``: those no longer sold instead.
    """
    direction = "DESC" if is_descending else "ASC"
    rows = await connection.fetch(
        f"""{_FIGURES}
            WHERE c.is_withdrawn = $3
                AND ($4 = '' OR c.name ILIKE $5 OR c.product_id ILIKE $5)
                AND ($6 = '' OR c.category = $6)
            ORDER BY {_SORTS[sort]} {direction} NULLS LAST, c.product_id LIMIT $7 OFFSET $8""",
        start,
        end,
        withdrawn,
        query,
        f"%{_escaped(query)}%",
        category,
        limit,
        offset,
    )
    figures = [ProductFigures(*list(row)[:-1]) for row in rows]
    return figures, int(rows[0]["found"]) if rows else 0


async def figures_of(
    connection: Connection, product_id: str, *, start: date, end: date
) -> ProductFigures | None:
    """Return a product, withdrawn or not, with what it did; None where there is none."""
    row = await connection.fetchrow(f"{_FIGURES} WHERE c.product_id = $3", start, end, product_id)
    return ProductFigures(*list(row)[:-1]) if row else None


async def days_of(
    connection: Connection, product_id: str, *, currency: str, start: date, end: date
) -> list[Day]:
    """Return the days on which a product was sold, seen or put into a basket."""
    rows = await connection.fetch(
        """SELECT day, sum(orders)::int, sum(units - returned_units)::int,
                  coalesce(sum(revenue_minor - refund_minor)
                           FILTER (WHERE currency = $4), 0)::bigint,
                  sum(views)::int, sum(basket_adds)::int
           FROM product_sales WHERE product_id = $1 AND day >= $2 AND day < $3
           GROUP BY day ORDER BY day""",
        product_id,
        start,
        end,
        currency,
    )
    return [Day(*row) for row in rows]


# What counts is found for all products at once: a page is sorted by it.
_FIGURES = """
    WITH sold AS (
        SELECT product_id, sum(orders)::int AS orders, sum(units - returned_units)::int AS units,
               sum(views)::int AS views, sum(basket_adds)::int AS basket_adds
        FROM product_sales WHERE day >= $1 AND day < $2 GROUP BY product_id),
    earned AS (
        SELECT product_id, currency, sum(revenue_minor - refund_minor)::bigint AS revenue_minor
        FROM product_sales WHERE day >= $1 AND day < $2 AND currency <> ''
        GROUP BY product_id, currency),
    rated AS (
        SELECT product_id, avg(rating)::float8 AS rating, count(*)::int AS ratings
        FROM reviews WHERE NOT is_withdrawn GROUP BY product_id)
    SELECT c.product_id, c.name, c.category, c.price_minor, c.currency, c.stock, c.is_withdrawn,
           c.added_at, coalesce(s.orders, 0), coalesce(s.units, 0), coalesce(e.revenue_minor, 0),
           coalesce(s.views, 0), coalesce(s.basket_adds, 0),
           s.orders::float8 / nullif(s.views, 0), r.rating, coalesce(r.ratings, 0),
           a.days_left, a.order_quantity, coalesce(a.stock <= a.reorder_point, false),
           count(*) OVER ()::bigint AS found
    FROM catalogue c
    LEFT JOIN sold s ON s.product_id = c.product_id
    LEFT JOIN earned e ON e.product_id = c.product_id AND e.currency = c.currency
    LEFT JOIN rated r ON r.product_id = c.product_id
    LEFT JOIN app.stock_advice a ON a.product_id = c.product_id"""

_SORTS: dict[Sort, str] = {
    "name": "lower(c.name)",
    "price": "c.price_minor",
    "revenue": "coalesce(e.revenue_minor, 0)",
    "units": "coalesce(s.units, 0)",
    "views": "coalesce(s.views, 0)",
    "basket_adds": "coalesce(s.basket_adds, 0)",
    "conversion": "s.orders::float8 / nullif(s.views, 0)",
    "stock": "c.stock",
    "days_left": "a.days_left",
    "rating": "r.rating",
    "newest": "c.added_at",
}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
