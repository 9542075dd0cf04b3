"""Parking: events that a read model could not take wait here, with those after them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.events import Recorded
    from projections.projection import Connection


class Parked(msgspec.Struct, frozen=True):
    """An event that waits, and why."""

    name: str
    generation: int
    position: int
    stream_id: str
    topic: str
    error: str
    attempts: int
    parked_at: datetime


async def park(
    connection: Connection, name: str, generation: int, events: Iterable[Recorded], error: str
) -> None:
    """Park events of a generation, in the transaction that moves its checkpoint past them."""
    await connection.executemany(
        """INSERT INTO app.parked (name, generation, position, stream_id, topic, error)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (name, generation, position)
           DO UPDATE SET attempts = parked.attempts + 1, error = excluded.error""",
        [(name, generation, e.position, e.stream_id, e.topic, error) for e in events],
    )


async def parked_streams(connection: Connection, name: str, generation: int) -> set[str]:
    """Return the streams of which something is parked: what follows must wait too."""
    rows = await connection.fetch(
        "SELECT DISTINCT stream_id FROM app.parked WHERE name = $1 AND generation = $2",
        name,
        generation,
    )
    return {row["stream_id"] for row in rows}


async def list_parked(
    connection: Connection, name: str = "", *, after: int = 0, limit: int = 100
) -> list[Parked]:
    """Return what is parked, of one read model or of all, by position."""
    rows = await connection.fetch(
        """SELECT name, generation, position, stream_id, topic, error, attempts, parked_at
           FROM app.parked WHERE ($1 = '' OR name = $1) AND position > $2
           ORDER BY position, name LIMIT $3""",
        name,
        after,
        limit,
    )
    return [Parked(*row) for row in rows]


async def positions_parked(
    connection: Connection, name: str, generation: int, stream_id: str
) -> list[int]:
    """Return the positions parked of one stream, in order, locked until the transaction ends."""
    rows = await connection.fetch(
        """SELECT position FROM app.parked WHERE name = $1 AND generation = $2 AND stream_id = $3
           ORDER BY position FOR UPDATE""",
        name,
        generation,
        stream_id,
    )
    return [row["position"] for row in rows]


async def release(connection: Connection, name: str, generation: int, stream_id: str) -> int:
    """Forget what is parked of a stream; returns how many events that were."""
    status = await connection.execute(
        "DELETE FROM app.parked WHERE name = $1 AND generation = $2 AND stream_id = $3",
        name,
        generation,
        stream_id,
    )
    return int(status.rpartition(" ")[2])
