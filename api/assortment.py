"""The door to products as the staff see them: what each did, and one of them day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.moments import moment, span
from api.paging import Paged, token
from api.problems import Problem
from api.roles import ANALYST
from api.route import Reply, Route
from domain.money import Money
from projections.assortment import ProductFigures, Sort, days_of, figures_of, find_assortment
from projections.catalogue import find_product
from projections.forecasts import StockAdviceRow, advice_of
from projections.reviews import ratings_of

if TYPE_CHECKING:
    from api.call import Call
    from projections.assortment import Day
    from projections.catalogue import ProductRow

READS = ("catalogue", "product_sales", "reviews")
MOST_OFFSET = 1_000_000


class AssortmentQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """Products with what they did from a time to before another; the last 30 days where it is left
    out. Days are whole, in UTC. ``q``: a part of the name or id.
    """

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    q: Annotated[str, Meta(max_length=300)] = ""
    category: Annotated[str, Meta(max_length=300)] = ""
    withdrawn: bool = False
    sort: Sort = "revenue"
    order: Literal["down", "up"] = "down"


class DaysQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From a day to before another; the last 90 days where it is left out."""

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")


class FiguresBody(msgspec.Struct, frozen=True, kw_only=True):
    """A product and what it did. ``units`` and ``revenue``: less what came back, the money of the
    price's currency alone. ``conversion``: orders for each view; null without views. ``stock``:
    null where it is not counted. ``is_due``: whether it is to be ordered now.
    """

    product_id: str
    name: str
    category: str
    price: Money
    stock: int | None
    is_withdrawn: bool
    added_at: datetime
    orders: int
    units: int
    revenue: Money
    views: int
    basket_adds: int
    conversion: float | None
    rating: float | None
    ratings: int
    days_left: float | None
    order_quantity: int | None
    is_due: bool


class AssortmentBody(msgspec.Struct):
    """A page of products; ``found``: how many there are on all pages."""

    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="to")
    items: list[FiguresBody]
    found: int
    next_page_token: str = ""


class DayBody(msgspec.Struct, frozen=True):
    """A day on which something happened with the product."""

    day: date
    orders: int
    units: int
    revenue: Money
    views: int
    basket_adds: int


class ProductInsight(msgspec.Struct, kw_only=True):
    """A product as the staff see it, also one no longer sold.

    ``now`` and ``before``: what it did in the days asked for, and in as many before them.
    ``ratings``: how many reviews gave so many stars. ``advice``: null where there is none.
    """

    product_id: str
    description: str
    attributes: dict[str, str]
    image_url: str
    version: int
    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="to")
    now: FiguresBody
    before: FiguresBody
    days: list[DayBody]
    ratings: dict[int, int]
    advice: StockAdviceRow | None


async def show_assortment(call: Call[None, AssortmentQuery]) -> Reply:
    """Return products with what they did."""
    query = call.query
    start, end = _days(query.start, query.end, 30)
    offset = min(query.cursor(int, 0), MOST_OFFSET)
    async with call.services.pool.acquire() as connection:
        rows, found = await find_assortment(
            connection,
            start=start,
            end=end,
            query=query.q.strip(),
            category=query.category,
            withdrawn=query.withdrawn,
            sort=query.sort,
            is_descending=query.order == "down",
            offset=max(0, offset),
            limit=query.limit,
        )
    following = offset + len(rows)
    more = token(following) if following < found else ""
    return Reply(AssortmentBody(start, end, [_figures(row) for row in rows], found, more))


async def show_product(call: Call[None, DaysQuery]) -> Reply:
    """Return a product with what it did day by day."""
    product_id = call.key("product_id")
    start, end = _days(call.query.start, call.query.end, 90)
    earlier = max(date.min, start - (end - start)) if start - date.min > end - start else date.min
    async with call.services.pool.acquire() as connection:
        product = await find_product(connection, product_id)
        if product is None:
            raise Problem(404, "product_not_found", "There is no such product.")
        now = await figures_of(connection, product_id, start=start, end=end)
        before = await figures_of(connection, product_id, start=earlier, end=start)
        days = await days_of(
            connection, product_id, currency=product.currency, start=start, end=end
        )
        ratings = await ratings_of(connection, product_id)
        advice = await advice_of(connection, product_id)
    if now is None or before is None:  # gone between two questions, as a rebuild began to serve
        raise Problem(404, "product_not_found", "There is no such product.")
    return Reply(_insight(product, start, end, now, before, days, ratings, advice))


def _insight(
    product: ProductRow,
    start: date,
    end: date,
    now: ProductFigures,
    before: ProductFigures,
    days: list[Day],
    ratings: dict[int, int],
    advice: StockAdviceRow | None,
) -> ProductInsight:
    return ProductInsight(
        product_id=product.product_id,
        description=product.description,
        attributes=product.attributes,
        image_url=product.image_url,
        version=product.version,
        start=start,
        end=end,
        now=_figures(now),
        before=_figures(before),
        days=[
            DayBody(
                row.day,
                row.orders,
                row.units,
                Money(row.revenue_minor, product.currency),
                row.views,
                row.basket_adds,
            )
            for row in days
        ],
        ratings=ratings,
        advice=advice,
    )


def _days(start: str, end: str, count: int) -> tuple[date, date]:
    """Return whole days from the first to before the last; the one that ``end`` lies in counts."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    finish = moment(end, "to")
    first, last = span(
        moment(start, "from"),
        finish,
        default_start=(finish or tomorrow) - timedelta(days=count),
        default_end=tomorrow,
    )
    return first.date(), max(first.date(), last.date())


def _figures(row: ProductFigures) -> FiguresBody:
    shown = {
        name: getattr(row, name)
        for name in FiguresBody.__struct_fields__
        if name not in {"price", "revenue"}
    }
    return FiguresBody(
        price=Money(row.price_minor, row.currency),
        revenue=Money(row.revenue_minor, row.currency),
        **shown,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/assortment",
        handler=show_assortment,
        summary="Every product with its sales, views, stock and rating, sorted",
        tag="Insight",
        query=AssortmentQuery,
        answer=AssortmentBody,
        roles=ANALYST,
        reads=READS,
    ),
    Route(
        method="GET",
        path="/v1/insights/products/{product_id}",
        handler=show_product,
        summary="A product day by day, beside as many days before, with stock advice",
        tag="Insight",
        query=DaysQuery,
        answer=ProductInsight,
        roles=ANALYST,
        reads=READS,
        refusals=(404,),
    ),
)
