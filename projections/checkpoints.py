"""How far each read model has come, and who may move it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from projections.projection import Connection


class Fenced(Exception):
    """Somebody else has taken over this generation, or it is no longer the live one."""


class Checkpoint(msgspec.Struct):
    """The right to move one generation forward from ``position``."""

    name: str
    generation: int
    position: int
    epoch: int


class ProjectionState(msgspec.Struct, frozen=True):
    """Where a generation stands, as admins see it."""

    name: str
    generation: int
    status: str
    code_version: int
    position: int
    target_position: int
    lag_events: int
    lag_seconds: float
    parked: int
    error: str
    started_at: datetime
    updated_at: datetime


async def take_over(connection: Connection, name: str, generation: int) -> Checkpoint:
    """Take the right to move a generation; whoever had it is fenced off."""
    row = await connection.fetchrow(
        """UPDATE app.projection SET epoch = epoch + 1, updated_at = clock_timestamp()
           WHERE name = $1 AND generation = $2 RETURNING position, epoch""",
        name,
        generation,
    )
    if row is None:
        raise Fenced(f"{name} has no generation {generation}")
    return Checkpoint(name, generation, row["position"], row["epoch"])


async def advance(connection: Connection, held: Checkpoint, position: int) -> None:
    """Move the checkpoint, in the transaction of the rows; Fenced where the right is lost."""
    moved = await connection.fetchval(
        """UPDATE app.projection SET position = $5, updated_at = clock_timestamp()
           WHERE name = $1 AND generation = $2 AND position = $3 AND epoch = $4
             AND status IN ('live', 'building') RETURNING true""",
        held.name,
        held.generation,
        held.position,
        held.epoch,
        position,
    )
    if not moved:
        raise Fenced(f"{held.name} generation {held.generation} is no longer ours")


async def live_generation(connection: Connection, name: str) -> int | None:
    """Return the generation that readers see, if there is one."""
    generation: int | None = await connection.fetchval(
        "SELECT generation FROM app.projection WHERE name = $1 AND status = 'live'", name
    )
    return generation


async def live_positions(connection: Connection) -> dict[str, int]:
    """Return how far the live generation of each read model has come, and what workers keep."""
    rows = await connection.fetch(
        """SELECT name, position FROM app.projection WHERE status = 'live'
           UNION ALL SELECT 'recommendations', position FROM app.recommender
           UNION ALL SELECT 'intent', position FROM app.intent"""
    )
    return {row["name"]: row["position"] for row in rows}


async def projection_states(connection: Connection) -> list[ProjectionState]:
    """Return every generation that is not history, with its lag in events and seconds."""
    rows = await connection.fetch(
        """SELECT p.name, p.generation, p.status, p.code_version, p.position, p.target_position,
                  greatest(h.position - p.position, 0) AS lag_events,
                  coalesce(extract(epoch FROM clock_timestamp() - e.recorded_at), 0)::float8
                      AS lag_seconds,
                  (SELECT count(*) FROM app.parked k
                   WHERE k.name = p.name AND k.generation = p.generation)::int AS parked,
                  p.error, p.started_at, p.updated_at
           FROM app.projection p CROSS JOIN log.head h
           LEFT JOIN log.events e ON e.position = p.position + 1
           WHERE p.status <> 'retired' OR p.updated_at > now() - interval '7 days'
           ORDER BY p.name, p.generation"""
    )
    return [ProjectionState(*row) for row in rows]
