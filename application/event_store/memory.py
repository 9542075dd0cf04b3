"""The event store in memory: for tests of what is built on it, held to the same contract."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from application.errors import Conflict, EventIdTaken, IdempotencyReplay
from application.event_store import chain
from application.event_store.group_commit import check
from application.event_store.store import (
    MAX_PAGE,
    Append,
    Appended,
    Batch,
    EventStore,
    Head,
    StoredEvent,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection
    from uuid import UUID


class MemoryEventStore(EventStore):
    """Keeps every event in a list; nothing survives the process. See EventStore."""

    def __init__(self) -> None:
        self._events: list[StoredEvent] = []
        self._streams: dict[str, list[StoredEvent]] = {}
        self._positions: dict[UUID, int] = {}
        self._batches: list[Batch] = []
        self._kept: dict[str, tuple[bytes, bytes, int, datetime]] = {}
        self._moved = asyncio.Event()

    async def append(self, request: Append) -> Appended:
        """Record the request's events; see EventStore."""
        await asyncio.sleep(0)  # others run between load and append, as with a database
        check(request)
        known = [
            self._positions[event.event_id]
            for event in request.events
            if event.event_id in self._positions
        ]
        if len(known) == len(request.events):
            return Appended(min(known), max(known), is_duplicate=True)
        for condition in request.conditions:
            version = len(self._streams.get(condition.stream_id, ()))
            if version != condition.version:
                raise Conflict(condition.stream_id, version)
        if known and request.conditions:
            raise EventIdTaken
        kept = request.kept_answer
        if kept is not None and (answer := await self.kept_answer(kept.key)) is not None:
            raise IdempotencyReplay(*answer)
        appended = self._insert(request)
        if kept is not None:
            expiry = datetime.now(UTC) + timedelta(seconds=kept.seconds)
            last = appended.last_position
            self._kept[kept.key] = (kept.request_hash, kept.result, last, expiry)
        self._moved.set()
        self._moved = asyncio.Event()
        return appended

    def _insert(self, request: Append) -> Appended:
        recorded_at = datetime.now(UTC)
        first = len(self._events) + 1
        leaves = []
        for event in request.events:
            if event.event_id in self._positions:
                continue
            stream = self._streams.setdefault(event.stream_id, [])
            stored = StoredEvent(
                position=len(self._events) + 1,
                event_id=event.event_id,
                stream_id=event.stream_id,
                version=len(stream) + 1,
                topic=event.topic,
                schema_version=event.schema_version,
                occurred_at=event.occurred_at,
                recorded_at=recorded_at,
                actor=request.actor,
                visit_id=request.visit_id,
                correlation_id=request.correlation_id,
                causation_id=request.causation_id,
                payload=event.payload,
            )
            stream.append(stored)
            self._events.append(stored)
            self._positions[event.event_id] = stored.position
            leaves.append(chain.leaf_of(stored))
        last = len(self._events)
        batch = chain.digest(leaves)
        previous = self._batches[-1].chain if self._batches else chain.GENESIS
        link = chain.link(previous, first, last, recorded_at, batch)
        self._batches.append(Batch(first, last, recorded_at, batch, link))
        return Appended(first, last)

    async def read(
        self,
        after: int,
        limit: int = 500,
        *,
        topics: Collection[str] | None = None,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[StoredEvent]:
        """Return a page of the log; see EventStore."""
        events = [
            event
            for event in self._events[max(after, 0) : until]
            if topics is None or event.topic in topics
        ]
        if backwards:
            events.reverse()
        return events[: min(limit, MAX_PAGE)]

    async def read_stream(
        self, stream_id: str, *, after_version: int = 0, limit: int = 500
    ) -> list[StoredEvent]:
        """Return a page of one stream; see EventStore."""
        stream = self._streams.get(stream_id, [])
        return stream[after_version : after_version + min(limit, MAX_PAGE)]

    async def stream_version(self, stream_id: str) -> int:
        """Return the version of a stream; 0 where it has no event."""
        return len(self._streams.get(stream_id, ()))

    async def streams_beginning(
        self, prefix: str, *, after: str = "", limit: int = 500
    ) -> list[str]:
        """Return a page of stream ids; see EventStore."""
        found = (s for s in self._streams if s.startswith(prefix) and s > after)
        return sorted(found)[:limit]

    async def head(self) -> Head:
        """Return the end of the log."""
        link = self._batches[-1].chain if self._batches else chain.GENESIS
        return Head(len(self._events), link, epoch=1)

    async def batches(self, after: int, limit: int = 500) -> list[Batch]:
        """Return a page of commits; see EventStore."""
        return [batch for batch in self._batches if batch.first_position > after][:limit]

    async def kept_answer(self, key: str) -> tuple[bytes, bytes, int] | None:
        """Return request hash, result and position kept under an idempotency key, if any."""
        kept = self._kept.get(key)
        if kept is None or kept[3] <= datetime.now(UTC):
            return None
        return kept[:3]

    async def subscribe(
        self, after: int, *, page_size: int = 500
    ) -> AsyncGenerator[list[StoredEvent], None]:
        """Yield pages for ever; see EventStore."""
        position = after
        while True:
            moved = self._moved
            if page := await self.read(position, page_size):
                position = page[-1].position
                yield page
            else:
                await moved.wait()
