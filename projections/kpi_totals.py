"""KPI totals: the shop's numbers over any time, from the coarsest buckets that make it up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from projections.live_kpis import BUCKETS, NUMBERS, BucketSize, bucket_start

if TYPE_CHECKING:
    from projections.projection import Connection


class KpiTotals(msgspec.Struct, frozen=True):
    """The numbers of a time. ``visitors`` are distinct over the whole of it."""

    start: datetime
    end: datetime
    counts: dict[str, int]
    """What has no currency, by its name in NUMBERS."""
    revenue_minor: dict[str, int]
    """By currency, as placed."""
    refund_minor: dict[str, int]
    """By currency, as given back by cancellations and returns."""

    @property
    def net_minor(self) -> dict[str, int]:
        """Revenue less refunds, by currency."""
        return {key: self.revenue_minor[key] - self.refund_minor[key] for key in self.revenue_minor}


async def totals(connection: Connection, *, start: datetime, end: datetime) -> KpiTotals:
    """Return the numbers from ``start`` to before ``end``, both taken to whole minutes down."""
    start, end = bucket_start(start, "minute"), bucket_start(end, "minute")
    spans = list(zip(*_spans(start, end), strict=True)) or [(), (), ()]
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in NUMBERS if name != "visitors")
    rows = await connection.fetch(
        f"""SELECT k.currency, {sums}
            FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS s (size, begins, ends)
            JOIN live_kpis k ON k.bucket = s.size
                AND k.bucket_start >= s.begins AND k.bucket_start < s.ends
            GROUP BY k.currency ORDER BY k.currency""",  # noqa: S608 - constants
        *spans,
    )
    visitors = await connection.fetchval(
        """SELECT count(DISTINCT v.visitor)
           FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS s (size, begins, ends)
           JOIN live_kpi_visitors v ON v.bucket = s.size
               AND v.bucket_start >= s.begins AND v.bucket_start < s.ends""",
        *spans,
    )
    counted = [name for name in NUMBERS if name != "visitors" and not name.endswith("_minor")]
    counts = {name: sum(row[name] for row in rows) for name in counted}
    paid = [row for row in rows if row["currency"] or row["revenue_minor"] or row["refund_minor"]]
    return KpiTotals(
        start=start,
        end=end,
        counts={"visitors": visitors, **counts},
        revenue_minor={row["currency"]: row["revenue_minor"] for row in paid},
        refund_minor={row["currency"]: row["refund_minor"] for row in paid},
    )


async def today_so_far(connection: Connection, *, now: datetime) -> KpiTotals:
    """Return the numbers of the day (UTC) up to and with the minute of ``now``."""
    return await totals(connection, start=bucket_start(now, "day"), end=now + timedelta(minutes=1))


def _spans(start: datetime, end: datetime) -> list[tuple[BucketSize, datetime, datetime]]:
    """Return (size, from, to before) of whole buckets that together are the time, no two alike."""
    spans: list[tuple[BucketSize, datetime, datetime]] = []
    left: list[tuple[datetime, datetime]] = [(start, end)]
    sizes: tuple[BucketSize, ...] = ("day", "hour", "minute")
    for size in sizes:
        rest: list[tuple[datetime, datetime]] = []
        for begin, stop in left:
            first = bucket_start(begin + BUCKETS[size] - timedelta.resolution, size)
            last = bucket_start(stop, size)
            if first < last:
                spans.append((size, first, last))
                rest += [(begin, first), (last, stop)]
            else:
                rest.append((begin, stop))
        left = [(begin, stop) for begin, stop in rest if begin < stop]
    return spans
