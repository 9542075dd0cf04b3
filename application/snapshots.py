"""States of long streams, kept so that loading one does not read it from the start."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    import asyncpg

    from domain.events import Aggregate

A = TypeVar("A", bound="Aggregate")

EVERY = 100
"""Events between two snapshots of a stream."""


class Snapshot(msgspec.Struct, frozen=True):
    """The state of an aggregate at a version. ``format`` changes with the shape of the state."""

    stream_id: str
    version: int
    format: str
    state: bytes


class SnapshotStore(Protocol):
    """Where snapshots are kept. A lost one costs time, nothing else."""

    async def find(self, stream_id: str) -> Snapshot | None:
        """Return the newest snapshot of a stream, if any."""
        ...

    async def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, unless a newer one is there."""
        ...


class MemorySnapshots(SnapshotStore):
    """Snapshots that live as long as the process."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}

    async def find(self, stream_id: str) -> Snapshot | None:
        """Return the newest snapshot of a stream, if any."""
        return self._snapshots.get(stream_id)

    async def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot."""
        self._snapshots[snapshot.stream_id] = snapshot


class PostgresSnapshots(SnapshotStore):
    """Snapshots in ``app.snapshots``."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def find(self, stream_id: str) -> Snapshot | None:
        """Return the newest snapshot of a stream, if any."""
        row = await self._pool.fetchrow(
            "SELECT stream_id, version, format, state FROM app.snapshots WHERE stream_id = $1",
            stream_id,
        )
        return Snapshot(*row) if row else None

    async def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, unless a newer one is there."""
        await self._pool.execute(
            """INSERT INTO app.snapshots AS kept (stream_id, version, format, state)
               VALUES ($1, $2, $3, $4)
               ON CONFLICT (stream_id) DO UPDATE
                   SET version = excluded.version, format = excluded.format, state = excluded.state
                   WHERE kept.version < excluded.version OR kept.format <> excluded.format""",
            snapshot.stream_id,
            snapshot.version,
            snapshot.format,
            snapshot.state,
        )


def take(aggregate: Aggregate) -> Snapshot:
    """Return the aggregate's state as a snapshot."""
    shape = _shape(type(aggregate))
    state = {name: getattr(aggregate, name) for name in shape.__struct_fields__}
    return Snapshot(
        stream_id=aggregate.id,
        version=aggregate.version,
        format=_format(type(aggregate)),
        state=msgspec.json.encode((aggregate.created_on, aggregate.modified_on, state)),
    )


def restore(aggregate_class: type[A], snapshot: Snapshot) -> A | None:
    """Return the aggregate as it was, or None where the shape of its state has changed since."""
    if snapshot.format != _format(aggregate_class):
        return None
    created_on, modified_on, raw = msgspec.json.decode(
        snapshot.state, type=tuple[datetime, datetime, msgspec.Raw]
    )
    state = msgspec.json.decode(raw, type=_shape(aggregate_class))
    aggregate = aggregate_class.__new__(aggregate_class)
    aggregate.__base_init__(snapshot.stream_id, snapshot.version, created_on)
    aggregate.modified_on = modified_on
    for name in state.__struct_fields__:
        setattr(aggregate, name, getattr(state, name))
    return aggregate


def _shape(aggregate_class: type[Aggregate]) -> type[msgspec.Struct]:
    if aggregate_class.SNAPSHOT is None:
        message = f"{aggregate_class.__name__} has no snapshots"
        raise TypeError(message)
    return aggregate_class.SNAPSHOT


@cache
def _format(aggregate_class: type[Aggregate]) -> str:
    schema = msgspec.json.encode(msgspec.json.schema(_shape(aggregate_class)), order="sorted")
    return sha256(schema).hexdigest()[:16]
