"""Finds recorded events by their ids, for whoever was told that something rests on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from application.event_store.store import StoredEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import asyncpg


async def find_named(pool: asyncpg.Pool[Any], event_ids: Sequence[UUID]) -> list[StoredEvent]:
    """Return those of the events that are recorded, in the order of the log."""
    positions = await pool.fetchval(
        "SELECT array_agg(position) FROM log.event_ids WHERE event_id = ANY ($1::uuid[])",
        event_ids,
    )
    rows = await pool.fetch(
        """SELECT position, event_id, stream_id, version, topic, schema_version, occurred_at,
                  recorded_at, actor, visit_id, correlation_id, causation_id, payload
           FROM log.events WHERE position = ANY ($1::bigint[]) ORDER BY position""",
        positions or [],
    )
    return [StoredEvent(*row) for row in rows]
