"""Purchases: what each person bought, when last, and after how long a product is bought again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from domain.order import Order
from domain.visit import Visit
from projections import identities
from projections.fold import write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.events import Event, Recorded
    from projections.projection import Connection, Feed

SAME_PURCHASE = timedelta(days=1)
"""What a shop and its tracker both tell, or an order in two parts, is bought once."""
FEWEST_REPEATERS = 5
MOST_REPEATERS = 200


class Purchases:
    """Who bought what."""

    name = "purchases"
    version = 1
    tables = ("purchases", "purchase_identities")
    events: tuple[type[Event], ...] = (Order.Placed, Visit.ProductPurchased, *identities.EVENTS)
    feed: Feed | None = None

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was bought, then who turned out to be whom."""
        bought = [each for event in batch for each in _bought(event)]
        rows = await _kept(connection, bought)
        for source, product_id, at, position in bought:
            row = rows.setdefault((source, product_id), [0, at, at, position])
            if row[0] == 0 or at - row[2] >= SAME_PURCHASE:
                row[0] += 1
            row[1:] = [min(row[1], at), max(row[2], at), position]
        changed = await identities.fold_identities(connection, "purchase_identities", batch)
        await write_rows(connection, _UPSERT, ((*key, *row) for key, row in rows.items()))
        await write_rows(connection, _ATTRIBUTE, map(astuple, changed))


async def bought_by(
    connection: Connection, persons: Sequence[str], products: Sequence[str]
) -> dict[str, datetime]:
    """Return which of the products these ``shopper:ID`` or ``visitor:ID`` bought, and when last."""
    rows = await connection.fetch(
        """SELECT product_id, max(last_at) FROM purchases
           WHERE (person = ANY ($1) OR source = ANY ($1)) AND product_id = ANY ($2)
           GROUP BY product_id""",
        list(persons),
        list(products),
    )
    return dict(rows)


async def usual_intervals(connection: Connection, products: Sequence[str]) -> dict[str, float]:
    """Return after how many days these are bought again, where enough people did so.

    The median over those who bought again, the latest of them, of the mean time between.
    """
    rows = await connection.fetch(
        """SELECT p.product_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY each.days)
           FROM unnest($1::text[]) AS p (product_id), LATERAL (
               SELECT (extract(epoch FROM last_at - first_at) / 86400 / (times - 1))::float8 AS days
               FROM purchases WHERE product_id = p.product_id AND times > 1
               ORDER BY last_at DESC LIMIT $2) AS each
           GROUP BY p.product_id HAVING count(*) >= $3""",
        list(products),
        MOST_REPEATERS,
        FEWEST_REPEATERS,
    )
    return dict(rows)


def _bought(recorded: Recorded) -> list[tuple[str, str, datetime, int]]:
    """Return (source, product, when, position) for each product that an event says was bought."""
    event, at, position = recorded.event, recorded.occurred_at, recorded.position
    if isinstance(event, Visit.ProductPurchased):
        products = [] if event.bot else [event.product_id]
    elif isinstance(event, Order.Placed):
        products = list(dict.fromkeys(line.product_id for line in event.lines))
    else:
        return []
    if event.shopper_id:
        source = f"shopper:{event.shopper_id}"
    elif event.visitor:
        source = f"visitor:{event.visitor}"
    else:
        return []
    return [(source, product_id, at, position) for product_id in products]


async def _kept(
    connection: Connection, bought: Sequence[tuple[str, str, datetime, int]]
) -> dict[tuple[str, str], list[Any]]:
    """Return the rows that these purchases change: times, first, last, position."""
    if not bought:
        return {}
    rows = await connection.fetch(
        """SELECT source, product_id, times, first_at, last_at, position FROM purchases
           JOIN unnest($1::text[], $2::text[]) AS n (source, product_id)
               USING (source, product_id)""",
        [each[0] for each in bought],
        [each[1] for each in bought],
    )
    return {(row[0], row[1]): list(row[2:]) for row in rows}


_UPSERT = """
    INSERT INTO purchases (source, product_id, person, times, first_at, last_at, position)
    SELECT n.source, n.product_id, coalesce(k.person, n.source), n.times, n.first_at, n.last_at,
           n.position
    FROM json_to_recordset($1) AS n (
        source text, product_id text, times int, first_at timestamptz, last_at timestamptz,
        position bigint)
    LEFT JOIN purchase_identities k ON k.source = n.source
    ON CONFLICT (source, product_id) DO UPDATE SET
        times = excluded.times, first_at = excluded.first_at, last_at = excluded.last_at,
        position = excluded.position"""

_ATTRIBUTE = """
    UPDATE purchases p SET person = n.person, position = greatest(p.position, n.position)
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE p.source = n.source"""
