"""Sizes of segments: how many are in each, what they brought and what they are worth."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from projections.projection import Connection


class Size(msgspec.Struct, frozen=True):
    """Those of one segment and cluster who pay in one currency; '' where nobody ordered."""

    segment: str
    cluster: int | None
    currency: str
    shoppers: int
    customers: int
    revenue_minor: int
    value_minor: int | None
    """Of those whose value is known; None where it is of nobody."""


class PlacedShopper(msgspec.Struct, frozen=True):
    """A shopper, what is counted of them and where they belong; ``position`` says since when."""

    person: str
    segment: str
    recency: int
    frequency: int
    monetary: int
    cluster: int | None
    orders: int
    undone: int
    currency: str
    revenue_minor: int
    first_order_at: datetime | None
    last_order_at: datetime | None
    first_at: datetime
    last_at: datetime
    views: int
    basket_adds: int
    alive_thousandths: int | None
    expected_thousandths: int | None
    value_minor: int | None
    position: int


async def sizes(connection: Connection) -> list[Size]:
    """Return all who are there, counted by segment, cluster and currency."""
    rows = await connection.fetch(
        """SELECT segment, cluster, currency, count(*)::int,
                  (count(*) FILTER (WHERE orders > 0))::int,
                  sum(revenue_minor)::bigint, sum(value_minor)::bigint
           FROM segments WHERE NOT is_gone
           GROUP BY segment, cluster, currency ORDER BY segment, cluster, currency"""
    )
    return [Size(*row) for row in rows]


async def members(
    connection: Connection,
    *,
    segment: str = "",
    cluster: int | None = None,
    after: str = "",
    limit: int,
) -> list[PlacedShopper]:
    """Return who is in a named segment, or in a cluster, by person from after ``after``."""
    place, value = ("segment", segment) if cluster is None else ("cluster", cluster)
    rows = await connection.fetch(
        f"""{_SELECT} WHERE {place} = $1 AND NOT is_gone AND person > $2
            ORDER BY person LIMIT $3""",
        value,
        after,
        limit,
    )
    return [PlacedShopper(*row) for row in rows]


async def find_placed(connection: Connection, person: str) -> PlacedShopper | None:
    """Return where ``shopper:ID`` or ``visitor:ID`` belongs; None for who is not there."""
    row: Any = await connection.fetchrow(f"{_SELECT} WHERE person = $1 AND NOT is_gone", person)
    return PlacedShopper(*row) if row else None


_SELECT = f"SELECT {', '.join(PlacedShopper.__struct_fields__)} FROM segments"  # noqa: S608
