"""Funnel: how many visits came how far. A question to the visits, by the time they began.

A visit that came to a step has passed those before it, whatever it was seen to do: view (of a
product), basket, checkout, order. Programs are left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from projections.projection import Connection

Bucket = Literal["minute", "hour", "day", "whole"]
Group = Literal["", "source", "category", "device"]


class FunnelRow(msgspec.Struct, frozen=True):
    """Visits that began in the bucket, and how many of them came to each step."""

    start: datetime | None
    """None for the whole time."""
    group: str
    visits: int
    view: int
    basket: int
    checkout: int
    order: int


async def funnel(
    connection: Connection, *, start: datetime, end: datetime, bucket: Bucket, by: Group
) -> list[FunnelRow]:
    """Return the steps of visits that began from ``start`` to before ``end``.

    By category, a visit counts in each whose products it saw, with what it did with these; a
    checkout counts where one of them was in the basket.
    """
    time = (
        "NULL::timestamptz" if bucket == "whole" else f"date_trunc('{bucket}', started_at, 'UTC')"
    )
    source = _BY_CATEGORY if by == "category" else _BY_VISIT
    group = f'"{by}"' if by else "''"
    rows = await connection.fetch(
        f"""SELECT {time} AS bucket_start, {group} AS group_name, count(*)::int,
                   count(*) FILTER (WHERE views + added + checkouts + orders > 0)::int,
                   count(*) FILTER (WHERE added + checkouts + orders > 0)::int,
                   count(*) FILTER (WHERE checkouts + orders > 0)::int,
                   count(*) FILTER (WHERE orders > 0)::int
            FROM ({source}) AS v GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 3 DESC, 2""",  # noqa: S608
        start,
        end,
    )
    return [FunnelRow(*row) for row in rows]


_BY_VISIT = """
    SELECT started_at, source, device, product_views AS views, items_added AS added, checkouts,
           orders
    FROM visits WHERE started_at >= $1 AND started_at < $2 AND bot = ''"""
_BY_CATEGORY = """
    SELECT started_at, category, visit_id, sum(p.views) AS views, sum(p.items_added) AS added,
           max(CASE WHEN p.items_added > 0 THEN v.checkouts ELSE 0 END) AS checkouts,
           sum(p.orders) AS orders
    FROM visits v JOIN visit_products p USING (visit_id)
    WHERE started_at >= $1 AND started_at < $2 AND bot = ''
    GROUP BY started_at, category, visit_id"""
