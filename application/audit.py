"""Looks events up in the log for an auditor: as they were recorded, nothing decrypted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    import asyncpg


class AuditEvent(msgspec.Struct, frozen=True):
    """A recorded event. Personal fields of the payload are what the log holds: ciphertext."""

    position: int
    event_id: UUID
    stream_id: str
    version: int
    topic: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    visit_id: str
    correlation_id: UUID | None
    causation_id: UUID | None
    payload: msgspec.Raw


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor looks for; an empty part matches everything. Times are those of recording."""

    after: int = 0
    stream: str = ""
    topic: str = ""
    actor: str = ""
    start: datetime | None = None
    end: datetime | None = None


_COLUMNS = """position, event_id, stream_id, version, topic, schema_version, occurred_at,
    recorded_at, actor, visit_id, correlation_id, causation_id, payload"""


async def find_events(pool: asyncpg.Pool[Any], wanted: EventFilter, limit: int) -> list[AuditEvent]:
    """Return up to ``limit`` events that match, in the order of the log."""
    rows = await pool.fetch(
        f"""SELECT {_COLUMNS} FROM log.events
            WHERE position > greatest($1, (SELECT coalesce(max(first_position) - 1, 0)
                                           FROM log.batches WHERE recorded_at < $5))
              AND ($2 = '' OR stream_id = $2)
              AND ($3 = '' OR topic = $3)
              AND ($4 = '' OR actor = $4)
              AND ($5::timestamptz IS NULL OR recorded_at >= $5)
              AND ($6::timestamptz IS NULL OR recorded_at < $6)
            ORDER BY position LIMIT $7""",  # noqa: S608 - a constant
        wanted.after,
        wanted.stream,
        wanted.topic,
        wanted.actor,
        wanted.start,
        wanted.end,
        limit,
    )
    return [_event(row) for row in rows]


async def find_stream(
    pool: asyncpg.Pool[Any], stream_id: str, *, after_version: int, limit: int
) -> list[AuditEvent]:
    """Return up to ``limit`` events of one stream above a version."""
    rows = await pool.fetch(
        f"""SELECT {_COLUMNS} FROM log.events WHERE stream_id = $1 AND version > $2
            ORDER BY version LIMIT $3""",  # noqa: S608 - a constant
        stream_id,
        after_version,
        limit,
    )
    return [_event(row) for row in rows]


def _event(row: Any) -> AuditEvent:
    values = dict(row)
    return AuditEvent(**values | {"payload": msgspec.Raw(values["payload"])})
