"""The door to the shop's numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.moments import moment, span
from api.paging import DEFAULT, MOST, Page
from api.problems import bad_field
from api.roles import ANALYST
from api.route import Reply, Route
from domain.money import Money
from projections.baskets import abandonment
from projections.kpi_totals import KpiTotals, totals
from projections.live_kpis import BUCKETS, NUMBERS, KpiRow, bucket_start, kpis
from projections.product_sales import ProductSalesRow, top_products

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.call import Call

MOST_BUCKETS = 10_000


class KpiQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Buckets from a time to before another; of the last 60, 48 or 30 where it is left out."""

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    bucket: Literal["minute", "hour", "day"] = "hour"


class KpiBucket(msgspec.Struct, kw_only=True):
    """The numbers of one bucket. Money comes once for each currency."""

    start: datetime
    visitors: int = 0
    page_views: int = 0
    product_views: int = 0
    clicks: int = 0
    searches: int = 0
    baskets_started: int = 0
    items_added: int = 0
    items_removed: int = 0
    orders: int = 0
    orders_cancelled: int = 0
    units: int = 0
    units_returned: int = 0
    registrations: int = 0
    reviews: int = 0
    bot_events: int = 0
    """Events marked as those of programs; counted here alone."""
    revenue: list[Money] = []
    refund: list[Money] = []


class Abandonment(msgspec.Struct):
    """Baskets that received a first item in the time; of these, those left idle with items."""

    begun: int
    abandoned: int
    rate: float | None


class KpiBody(msgspec.Struct, kw_only=True):
    """The buckets in which something happened, in order of time, and their whole.

    Visitors of ``total`` are distinct over the whole time, so their sum may be more.
    """

    bucket: str
    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")
    items: list[KpiBucket]
    total: KpiBucket
    basket_abandonment: Abandonment


class SalesQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The best products of a time; of the last 30 days where it is left out."""

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    by: Literal["revenue", "units", "views"] = "revenue"
    page_size: Annotated[int, Meta(ge=1)] = DEFAULT


class ProductSalesBody(msgspec.Struct, kw_only=True):
    """What a product did in the time asked for."""

    product_id: str
    name: str
    orders: int
    units: int
    returned_units: int
    revenue: Money
    refund: Money
    views: int
    basket_adds: int


async def show_kpis(call: Call[None, KpiQuery]) -> Reply:
    """Return the shop's numbers by minute, hour or day."""
    query, now = call.query, datetime.now(UTC)
    width = BUCKETS[query.bucket]
    shown = {"minute": 60, "hour": 48, "day": 30}[query.bucket]
    start, end = span(
        moment(query.start, "from"),
        moment(query.end, "to"),
        default_start=now - shown * width,
        default_end=now + width,
    )
    if (end - start) / width > MOST_BUCKETS:
        raise bad_field("bucket", f"that makes more than {MOST_BUCKETS} buckets; ask for less")
    async with call.services.pool.acquire() as connection:
        rows = await kpis(connection, start=start, end=end, bucket=query.bucket)
        last = bucket_start(end - timedelta.resolution, query.bucket)
        first = min(bucket_start(start, query.bucket), last)
        whole = await totals(connection, start=first, end=last + width)
        abandoned, begun = await abandonment(
            connection,
            start=start,
            end=end,
            now=now,
            idle=timedelta(seconds=call.services.settings.abandon_after_seconds),
        )
    return Reply(
        KpiBody(
            bucket=query.bucket,
            start=start,
            end=end,
            items=_merged(rows),
            total=_total(whole),
            basket_abandonment=Abandonment(begun, abandoned, abandoned / begun if begun else None),
        )
    )


async def show_products(call: Call[None, SalesQuery]) -> Reply:
    """Return the products that did best."""
    query, now = call.query, datetime.now(UTC)
    start, end = span(
        moment(query.start, "from"),
        moment(query.end, "to"),
        default_start=now - timedelta(days=30),
        default_end=now + timedelta(days=1),
    )
    last = (
        end.date()
        if end == end.replace(hour=0, minute=0, second=0, microsecond=0)
        else (end.date() + timedelta(days=1))
    )
    async with call.services.pool.acquire() as connection:
        rows = await top_products(
            connection,
            start=start.date(),
            end=last,
            limit=min(query.page_size, MOST),
            by=query.by,
        )
    return Reply(Page([_sales(row) for row in rows]))


def _merged(rows: Sequence[KpiRow]) -> list[KpiBucket]:
    """Join the rows of one bucket: one for what has no currency, one for each that has."""
    buckets: dict[datetime, KpiBucket] = {}
    for row in rows:
        bucket = buckets.setdefault(
            row.bucket_start, KpiBucket(start=row.bucket_start, revenue=[], refund=[])
        )
        for name in NUMBERS:
            if not name.endswith("_minor"):
                setattr(bucket, name, getattr(bucket, name) + getattr(row, name))
        if row.currency:
            bucket.revenue.append(Money(row.revenue_minor, row.currency))
            bucket.refund.append(Money(row.refund_minor, row.currency))
    return list(buckets.values())


def _total(whole: KpiTotals) -> KpiBucket:
    return KpiBucket(
        start=whole.start,
        **whole.counts,
        revenue=[Money(minor, currency) for currency, minor in whole.revenue_minor.items()],
        refund=[Money(minor, currency) for currency, minor in whole.refund_minor.items()],
    )


def _sales(row: ProductSalesRow) -> ProductSalesBody:
    return ProductSalesBody(
        product_id=row.product_id,
        name=row.name,
        orders=row.orders,
        units=row.units,
        returned_units=row.returned_units,
        revenue=Money(row.revenue_minor, row.currency),
        refund=Money(row.refund_minor, row.currency),
        views=row.views,
        basket_adds=row.basket_adds,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/kpis",
        handler=show_kpis,
        summary="The shop's numbers by minute, hour or day",
        tag="Insight",
        query=KpiQuery,
        answer=KpiBody,
        roles=ANALYST,
        reads=("live_kpis", "baskets"),
    ),
    Route(
        method="GET",
        path="/v1/insights/products",
        handler=show_products,
        summary="What sold best",
        tag="Insight",
        query=SalesQuery,
        answer=Page[ProductSalesBody],
        roles=ANALYST,
        reads=("product_sales", "catalogue"),
    ),
)
