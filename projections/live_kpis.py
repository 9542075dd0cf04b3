"""Live KPIs: the shop's numbers by minute, hour and day of what happened, in UTC.

revenue: goods less discounts, without shipping and tax, when the order was placed. refund: what
cancellations and returns gave back, when they did. visitors: distinct ones with an event of a
visit in the bucket. An imported order whose lines are events of their own counts once, with its
first line. Late events correct old buckets. What bots do is counted apart, as bot_events, and
nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from domain.basket import Basket
from domain.order import Order
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection

BucketSize = Literal["minute", "hour", "day"]
BUCKETS: dict[BucketSize, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}

NUMBERS = (
    "visitors",
    "page_views",
    "product_views",
    "clicks",
    "searches",
    "baskets_started",
    "items_added",
    "items_removed",
    "orders",
    "orders_cancelled",
    "units",
    "units_returned",
    "revenue_minor",
    "refund_minor",
    "registrations",
    "reviews",
    "bot_events",
)
"""The columns that count something."""

VISIT_EVENTS: tuple[type[Event], ...] = (
    Visit.PageViewed,
    Visit.ProductViewed,
    Visit.ProductClicked,
    Visit.Dwelled,
    Visit.Searched,
    Visit.ProductCarted,
    Visit.ProductUncarted,
    Visit.ProductPurchased,
    Visit.PurchaseRefunded,
    Visit.ProductRated,
    Visit.CheckoutStarted,
    Visit.Scrolled,
    Visit.StayedActive,
    Visit.RecommendationsShown,
    Visit.RecommendationClicked,
    Visit.CustomTracked,
)
"""What somebody does who is there."""


_Bucket = tuple[str, datetime, str]
"""Size, beginning, and currency or visitor."""
_Counts = defaultdict[str, int]


class KpiRow(msgspec.Struct, frozen=True):
    """The numbers of one bucket. Money and what it buys stands under its currency, the rest ''."""

    bucket: str
    bucket_start: datetime
    currency: str
    visitors: int
    page_views: int
    product_views: int
    clicks: int
    searches: int
    baskets_started: int
    items_added: int
    items_removed: int
    orders: int
    orders_cancelled: int
    units: int
    units_returned: int
    revenue_minor: int
    refund_minor: int
    registrations: int
    reviews: int
    bot_events: int
    position: int


class LiveKpis:
    """Counts by bucket."""

    name = "live_kpis"
    version = 3
    tables = ("live_kpis", "live_kpi_visitors", "live_kpi_orders")
    events: tuple[type[Event], ...] = (
        *VISIT_EVENTS,
        Basket.ItemAdded,
        Basket.ItemRemoved,
        Order.Placed,
        Order.Cancelled,
        Order.Returned,
        Order.CreditNoted,
        Shopper.Registered,
        Review.Submitted,
    )
    feed = Feed(
        "live_kpis",
        ("bucket", "bucket_start", "currency"),
        ("bucket", "bucket_start", "currency", *NUMBERS),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into its minutes, and these into hours and days."""
        minutes: dict[tuple[int, str], _Counts] = {}
        visitors: dict[tuple[int, str], int] = {}
        orders: dict[tuple[str, str], tuple[int, str, int]] = {}
        for recorded in batch:
            minute = int(recorded.occurred_at.timestamp()) // 60
            currency, counts = counts_of(recorded)
            if counts:
                row = minutes.get((minute, currency))
                if row is None:
                    row = minutes[minute, currency] = defaultdict(int)
                for name, count in counts.items():
                    row[name] += count
                _reach(row, recorded.position, recorded.position)
            if isinstance(recorded.event, Visit.Event) and recorded.event.bot:
                continue
            if isinstance(recorded.event, Visit.ProductPurchased) and recorded.event.order:
                key = (recorded.actor, recorded.event.order)
                orders.setdefault(key, (minute, currency, recorded.position))
            visitor = getattr(recorded.event, "visitor", "")
            if visitor and not isinstance(recorded.event, Order.Placed):
                # Their first event counts them, however many of them come in one batch.
                visitors.setdefault((minute, visitor), recorded.position)
        await _add_new_orders(connection, orders, minutes)
        rows = _all_sizes(minutes)
        await _add_new_visitors(connection, visitors, rows)
        await write_rows(
            connection,
            _ADD,
            (
                (*key, *(counts[name] for name in NUMBERS), *_span(counts))
                for key, counts in rows.items()
            ),
        )


async def kpis(
    connection: Connection,
    *,
    start: datetime,
    end: datetime,
    bucket: BucketSize,
    with_gaps: bool = True,
) -> list[KpiRow]:
    """Return the buckets from ``start`` to before ``end`` in which something happened, in order.

    Without gaps, those in which nothing happened come as zeros under the currency ''.
    """
    rows = await connection.fetch(
        f"""SELECT {", ".join(KpiRow.__struct_fields__)} FROM live_kpis
            WHERE bucket = $1 AND bucket_start >= $2 AND bucket_start < $3
            ORDER BY bucket_start, currency""",  # noqa: S608 - constants
        bucket,
        bucket_start(start, bucket),
        end,
    )
    found = [KpiRow(*row) for row in rows]
    if with_gaps:
        return found
    seen = {row.bucket_start for row in found}
    zeros = [0] * (len(NUMBERS) + 1)  # the position is one of them
    begin, missing = bucket_start(start, bucket), []
    while begin < end:
        if begin not in seen:
            missing.append(KpiRow(bucket, begin, "", *zeros))
        begin += BUCKETS[bucket]
    return sorted([*found, *missing], key=lambda row: (row.bucket_start, row.currency))


def bucket_start(moment: datetime, size: str) -> datetime:
    """Return the beginning of the bucket that a moment falls into."""
    return _starts(int(moment.timestamp()) // 60)[size]


@lru_cache(maxsize=8_192)
def _starts(minute: int) -> dict[str, datetime]:
    """Return where the buckets of a minute begin; ``minute`` counts from 1970."""
    start = datetime.fromtimestamp(minute * 60, UTC)
    hour = start.replace(minute=0)
    return {"minute": start, "hour": hour, "day": hour.replace(hour=0)}


_ADD = f"""
    INSERT INTO live_kpis AS k
        (bucket, bucket_start, currency, {", ".join(NUMBERS)}, first_position, position)
    SELECT * FROM json_to_recordset($1) AS n (
        bucket text, bucket_start timestamptz, currency text,
        {", ".join(f"{name} bigint" for name in (*NUMBERS, "first_position", "position"))})
    ON CONFLICT (bucket, bucket_start, currency) DO UPDATE SET
        {", ".join(f"{name} = k.{name} + excluded.{name}" for name in NUMBERS)},
        first_position = least(k.first_position, excluded.first_position),
        position = greatest(k.position, excluded.position)"""  # noqa: S608 - constants


def counts_of(recorded: Recorded) -> tuple[str, dict[str, int]]:  # noqa: C901, PLR0911, PLR0912
    """Return what an event by itself adds, and the currency it stands under."""
    event = recorded.event
    if isinstance(event, Visit.Event) and event.bot:
        return "", {"bot_events": 1}
    match event:
        case Visit.PageViewed():
            return "", {"page_views": 1}
        case Visit.ProductViewed():
            return "", {"product_views": 1}
        case Visit.ProductClicked() | Visit.RecommendationClicked():
            return "", {"clicks": 1}
        case Visit.Searched():
            return "", {"searches": 1}
        case Basket.ItemAdded():
            return "", {"items_added": 1, "baskets_started": int(event.begins)}
        case Visit.ProductCarted():
            return "", {"items_added": 1}
        case Basket.ItemRemoved() | Visit.ProductUncarted():
            return "", {"items_removed": 1}
        case Order.Placed():
            return event.currency, {
                "orders": 1,
                "units": sum(line.quantity for line in event.lines),
                "revenue_minor": event.goods_minor - event.discount_minor,
            }
        case Visit.ProductPurchased():
            return event.currency, {
                "orders": int(not event.order),
                "units": event.quantity,
                "revenue_minor": event.quantity * event.unit_price_minor,
            }
        case Order.Cancelled() | Order.Returned() | Order.CreditNoted():
            return event.currency, {
                "orders_cancelled": int(isinstance(event, Order.Cancelled)),
                "units_returned": sum(line.quantity for line in event.lines),
                "refund_minor": event.refund_minor,
            }
        case Visit.PurchaseRefunded():
            return event.currency, {
                "units_returned": event.quantity,
                "refund_minor": event.refund_minor,
            }
        case Shopper.Registered():
            return "", {"registrations": 1}
        case Review.Submitted() | Visit.ProductRated():
            return "", {"reviews": 1}
    return "", {}


def _reach(counts: _Counts, first: int, last: int) -> None:
    """Let the positions of a row reach from ``first`` to ``last`` at least."""
    counts["first_position"] = min(counts.get("first_position", first), first)
    counts["position"] = max(counts["position"], last)


def _span(counts: _Counts) -> tuple[int, int]:
    return counts["first_position"], counts["position"]


def _all_sizes(minutes: dict[tuple[int, str], _Counts]) -> dict[_Bucket, _Counts]:
    """Return the rows of all bucket sizes that the minutes add up to."""
    rows: dict[_Bucket, _Counts] = {}
    for (minute, currency), counts in minutes.items():
        for size, begin in _starts(minute).items():
            row = rows.setdefault((size, begin, currency), defaultdict(int))
            for name in NUMBERS:
                if counts[name]:
                    row[name] += counts[name]
            _reach(row, *_span(counts))
    return rows


async def _add_new_orders(
    connection: Connection,
    orders: dict[tuple[str, str], tuple[int, str, int]],
    minutes: dict[tuple[int, str], _Counts],
) -> None:
    """Count the imported orders not yet seen, in the minute of their first line."""
    new = await write_rows(
        connection,
        """INSERT INTO live_kpi_orders (source, order_id, position)
           SELECT * FROM json_to_recordset($1) AS n (source text, order_id text, position bigint)
           ON CONFLICT DO NOTHING RETURNING source, order_id""",
        ((*key, position) for key, (_, _, position) in orders.items()),
    )
    for source, order in new:
        minute, currency, _ = orders[source, order]
        minutes[minute, currency]["orders"] += 1


async def _add_new_visitors(
    connection: Connection, visitors: dict[tuple[int, str], int], rows: dict[_Bucket, _Counts]
) -> None:
    """Count the visitors not yet seen in their bucket."""
    first: dict[_Bucket, int] = {}
    for (minute, visitor), position in visitors.items():
        for size, begin in _starts(minute).items():
            first.setdefault((size, begin, visitor), position)
    new = await write_rows(
        connection,
        """INSERT INTO live_kpi_visitors (bucket, bucket_start, visitor)
           SELECT * FROM json_to_recordset($1) AS n (
               bucket text, bucket_start timestamptz, visitor text)
           ON CONFLICT DO NOTHING RETURNING bucket, bucket_start, visitor""",
        first,
    )
    for size, start, visitor in new:
        counts = rows.setdefault((size, start, ""), defaultdict(int))
        counts["visitors"] += 1
        position = first[size, start, visitor]
        _reach(counts, position, position)
