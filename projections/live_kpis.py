"""Live KPIs: the shop's numbers by minute, hour and day of what happened, in UTC.

revenue: goods less discounts, without shipping and tax, when the order was placed. refund: what
cancellations and returns gave back, when they did. visitors: distinct ones with an event of a
visit in the bucket. Late events correct old buckets.
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
)
"""The columns that count something."""

EXPLAINS: dict[str, tuple[type[Event], ...]] = {
    "page_views": (Visit.PageViewed,),
    "product_views": (Visit.ProductViewed,),
    "clicks": (Visit.ProductClicked,),
    "searches": (Visit.Searched,),
    "baskets_started": (Basket.ItemAdded,),
    "items_added": (Basket.ItemAdded, Visit.ProductCarted),
    "items_removed": (Basket.ItemRemoved, Visit.ProductUncarted),
    "orders": (Order.Placed, Visit.ProductPurchased),
    "orders_cancelled": (Order.Cancelled,),
    "units": (Order.Placed, Visit.ProductPurchased),
    "units_returned": (Order.Cancelled, Order.Returned, Order.CreditNoted),
    "revenue_minor": (Order.Placed, Visit.ProductPurchased),
    "refund_minor": (Order.Cancelled, Order.Returned, Order.CreditNoted),
    "registrations": (Shopper.Registered,),
    "reviews": (Review.Submitted,),
    "visitors": (
        Visit.PageViewed,
        Visit.ProductViewed,
        Visit.ProductClicked,
        Visit.Dwelled,
        Visit.Searched,
        Visit.ProductCarted,
        Visit.ProductUncarted,
        Visit.ProductPurchased,
    ),
}
"""The events that make each number, for tracing it."""


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
    position: int


class LiveKpis:
    """Counts by bucket."""

    name = "live_kpis"
    version = 1
    tables = ("live_kpis", "live_kpi_visitors")
    events: tuple[type[Event], ...] = tuple(
        dict.fromkeys(event for events in EXPLAINS.values() for event in events)
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
        for recorded in batch:
            minute = int(recorded.occurred_at.timestamp()) // 60
            currency, counts = _counts(recorded)
            if counts:
                row = minutes.get((minute, currency))
                if row is None:
                    row = minutes[minute, currency] = defaultdict(int)
                for name, count in counts.items():
                    row[name] += count
                row["position"] = recorded.position
            visitor = getattr(recorded.event, "visitor", "")
            if visitor and not isinstance(recorded.event, Order.Placed):
                # Their first event counts them, however many of them come in one batch.
                visitors.setdefault((minute, visitor), recorded.position)
        rows = _all_sizes(minutes)
        await _add_new_visitors(connection, visitors, rows)
        await write_rows(
            connection,
            _ADD,
            (
                (*key, *(counts[name] for name in NUMBERS), counts["position"])
                for key, counts in rows.items()
            ),
        )


async def kpis(
    connection: Connection, *, start: datetime, end: datetime, bucket: BucketSize
) -> list[KpiRow]:
    """Return the buckets from ``start`` to before ``end`` in which something happened, in order."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(KpiRow.__struct_fields__)} FROM live_kpis
            WHERE bucket = $1 AND bucket_start >= $2 AND bucket_start < $3
            ORDER BY bucket_start, currency""",  # noqa: S608 - constants
        bucket,
        bucket_start(start, bucket),
        end,
    )
    return [KpiRow(*row) for row in rows]


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
    INSERT INTO live_kpis AS k (bucket, bucket_start, currency, {", ".join(NUMBERS)}, position)
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[],
                         {", ".join(f"${n}::bigint[]" for n in range(4, 5 + len(NUMBERS)))})
    ON CONFLICT (bucket, bucket_start, currency) DO UPDATE SET
        {", ".join(f"{name} = k.{name} + excluded.{name}" for name in NUMBERS)},
        position = greatest(k.position, excluded.position)"""  # noqa: S608 - constants


def _counts(recorded: Recorded) -> tuple[str, dict[str, int]]:  # noqa: C901, PLR0911 - a table
    """Return what an event adds, and the currency it stands under."""
    event = recorded.event
    match event:
        case Visit.PageViewed():
            return "", {"page_views": 1}
        case Visit.ProductViewed():
            return "", {"product_views": 1}
        case Visit.ProductClicked():
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
                "revenue_minor": event.total_minor,
            }
        case Visit.ProductPurchased():
            return event.currency, {
                "orders": 1,
                "units": event.quantity,
                "revenue_minor": event.quantity * event.unit_price_minor,
            }
        case Order.Cancelled() | Order.Returned() | Order.CreditNoted():
            return event.currency, {
                "orders_cancelled": int(isinstance(event, Order.Cancelled)),
                "units_returned": sum(line.quantity for line in event.lines),
                "refund_minor": event.refund_minor,
            }
        case Shopper.Registered():
            return "", {"registrations": 1}
        case Review.Submitted():
            return "", {"reviews": 1}
    return "", {}


def _all_sizes(minutes: dict[tuple[int, str], _Counts]) -> dict[_Bucket, _Counts]:
    """Return the rows of all bucket sizes that the minutes add up to."""
    rows: dict[_Bucket, _Counts] = {}
    for (minute, currency), counts in minutes.items():
        for size, begin in _starts(minute).items():
            row = rows.setdefault((size, begin, currency), defaultdict(int))
            position = max(row["position"], counts["position"])
            for name, count in counts.items():
                row[name] += count
            row["position"] = position
    return rows


async def _add_new_visitors(
    connection: Connection, visitors: dict[tuple[int, str], int], rows: dict[_Bucket, _Counts]
) -> None:
    """Count the visitors not yet seen in their bucket."""
    if not visitors:
        return
    first: dict[_Bucket, int] = {}
    for (minute, visitor), position in visitors.items():
        for size, begin in _starts(minute).items():
            first.setdefault((size, begin, visitor), position)
    sizes, starts, names = zip(*sorted(first), strict=True)
    new = await connection.fetch(
        """INSERT INTO live_kpi_visitors (bucket, bucket_start, visitor)
           SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[])
           ON CONFLICT DO NOTHING RETURNING bucket, bucket_start, visitor""",
        sizes,
        starts,
        names,
    )
    for size, start, visitor in new:
        counts = rows.setdefault((size, start, ""), defaultdict(int))
        counts["visitors"] += 1
        counts["position"] = max(counts["position"], first[size, start, visitor])
