"""Behaviour: paths, and whether time on a product's page sells. Questions to the visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from projections.projection import Connection


class Step(msgspec.Struct, frozen=True):
    """How many visits went from one page straight to another; '' is the way in or out."""

    page: str
    next_page: str
    visits: int


class DwellBand(msgspec.Struct, frozen=True):
    """Visits by the longest time on one product's page, and how many of them ordered it."""

    from_seconds: int
    to_seconds: int | None
    visits: int
    ordered: int
    conversion: float | None


BANDS_SECONDS = (0, 10, 30, 60, 180, 600)


async def paths(
    connection: Connection, *, start: datetime, end: datetime, limit: int
) -> list[Step]:
    """Return the most frequent steps between pages of visits that began in the time."""
    rows = await connection.fetch(
        """WITH steps AS (
               SELECT visit_id, page,
                      lag(page) OVER way AS before, lead(page) OVER way AS after
               FROM visit_pages JOIN visits USING (visit_id)
               WHERE started_at >= $1 AND started_at < $2 AND bot = ''
               WINDOW way AS (PARTITION BY visit_id ORDER BY occurred_at, visit_pages.position))
           SELECT page, next_page, count(DISTINCT visit_id)::int AS visits FROM (
               SELECT visit_id, page, coalesce(after, '') AS next_page FROM steps
               UNION ALL
               SELECT visit_id, '', page FROM steps WHERE before IS NULL) AS ways
           GROUP BY page, next_page ORDER BY visits DESC, page, next_page LIMIT $3""",
        start,
        end,
        limit,
    )
    return [Step(*row) for row in rows]


async def dwell_conversion(
    connection: Connection, *, start: datetime, end: datetime
) -> list[DwellBand]:
    """Return, by the time on a product's page, how often the visit ordered that product."""
    rows = await connection.fetch(
        """SELECT width_bucket(longest, $3::bigint[]) AS band, count(*)::int,
                  count(*) FILTER (WHERE ordered)::int
           FROM (SELECT DISTINCT ON (visit_id) p.dwell_ms AS longest, p.orders > 0 AS ordered
                 FROM visits JOIN visit_products p USING (visit_id)
                 WHERE started_at >= $1 AND started_at < $2 AND bot = ''
                   AND p.views + p.dwell_ms > 0
                 ORDER BY visit_id, p.dwell_ms DESC, p.orders DESC, p.product_id) AS longest
           GROUP BY band""",
        start,
        end,
        [seconds * 1_000 for seconds in BANDS_SECONDS],
    )
    counted = {band: (visits, ordered) for band, visits, ordered in rows}
    bands = []
    for n, low in enumerate(BANDS_SECONDS, start=1):
        visits, ordered = counted.get(n, (0, 0))
        high = BANDS_SECONDS[n] if n < len(BANDS_SECONDS) else None
        bands.append(DwellBand(low, high, visits, ordered, ordered / visits if visits else None))
    return bands
