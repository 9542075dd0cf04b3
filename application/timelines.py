"""What a person did, the latest first: read from the log's streams that are about them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.basket import Basket
from domain.order import Order
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import asyncpg

MOST_STREAMS = 5_000
"""Of each kind; whoever has more is shown the events of these."""


class PastEvent(msgspec.Struct, frozen=True):
    """An event as the log has it: personal fields of the payload are ciphertext."""

    position: int
    stream_id: str
    topic: str
    occurred_at: datetime
    payload: bytes


class Streams(msgspec.Struct, frozen=True):
    """Where to look: streams by id, all whose id begins so, and those of events at positions."""

    ids: tuple[str, ...]
    prefixes: tuple[str, ...]
    positions: tuple[int, ...] = ()


def streams_of(
    person: str,
    visitors: Collection[str],
    *,
    lent: Collection[str] = (),
    orders: Collection[str] = (),
    visits: Collection[int] = (),
) -> Streams:
    """Return the streams that tell of a person.

    ``visitors``: whom they were seen as. ``lent``: those of them that are somebody else's, whose
    baskets are not this person's. ``visits``: positions at which visits of theirs began, for
    streams that are not named by visitor and day.
    """
    own = [visitor for visitor in visitors if visitor not in lent]
    ids = [Basket.stream_id(f"visitor:{visitor}") for visitor in own]
    prefixes = [Visit.stream_id(f"{visitor}:") for visitor in visitors]
    kind, _, key = person.partition(":")
    if kind == "shopper":
        ids += [Shopper.stream_id(key), Basket.stream_id(person)]
        ids += [Order.stream_id(order) for order in orders]
        prefixes.append(Review.stream_id(f"{key}:"))
    return Streams(tuple(ids), tuple(prefixes), tuple(visits))


async def find_past(
    pool: asyncpg.Pool[Any], streams: Streams, *, before: int | None, limit: int
) -> Sequence[PastEvent]:
    """Return up to ``limit`` events of these streams below a position, the latest first."""
    rows = await pool.fetch(
        """WITH named AS (
               SELECT stream_id FROM log.streams WHERE stream_id = ANY ($1::text[])
               UNION
               SELECT stream_id FROM log.events WHERE position = ANY ($6::bigint[])
               UNION
               SELECT found.stream_id FROM unnest($2::text[]) AS p (prefix), LATERAL (
                   SELECT stream_id FROM log.streams
                   WHERE stream_id >= p.prefix AND stream_id < p.prefix || chr(1114111)
                       AND starts_with(stream_id, p.prefix)
                   ORDER BY last_position DESC LIMIT $5) AS found)
           SELECT e.* FROM named, LATERAL (
               SELECT position, stream_id, topic, occurred_at, payload FROM log.events
               WHERE stream_id = named.stream_id AND ($3::bigint IS NULL OR position < $3)
               ORDER BY version DESC LIMIT $4) AS e
           ORDER BY e.position DESC LIMIT $4""",
        list(streams.ids),
        list(streams.prefixes),
        before,
        limit,
        MOST_STREAMS,
        list(streams.positions),
    )
    return [PastEvent(*row) for row in rows]
