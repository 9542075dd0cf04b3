"""What every event store promises, and the shapes it takes and gives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

MAX_PAGE = 5_000
MAX_EVENTS_PER_APPEND = 25_000
"""An append holds the head's lock while it is written: a bulk load takes 5,000 at a time."""


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event to be recorded, its payload as the exact bytes that are kept and hashed."""

    event_id: UUID
    stream_id: str
    topic: str
    occurred_at: datetime
    payload: bytes
    schema_version: int = 1


class Condition(msgspec.Struct, frozen=True, gc=False):
    """The stream is at exactly this version when the events are recorded; 0: it has no event."""

    stream_id: str
    version: int


class KeptAnswer(msgspec.Struct, frozen=True, gc=False):
    """An idempotency key with the answer that a repeated request gets."""

    key: str
    request_hash: bytes
    result: bytes
    seconds: int = 86_400


class Append(msgspec.Struct, frozen=True, gc=False):
    """Events recorded together or not at all; without conditions, known ones are skipped."""

    events: Sequence[NewEvent]
    conditions: Sequence[Condition] = ()
    actor: str = "system"
    visit_id: str = ""
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    kept_answer: KeptAnswer | None = None


class Appended(msgspec.Struct, frozen=True, gc=False):
    """Where the events stand. ``is_duplicate``: they stood there before this call."""

    first_position: int
    last_position: int
    is_duplicate: bool = False


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """A recorded event as the log holds it."""

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
    payload: bytes


class Batch(msgspec.Struct, frozen=True, gc=False):
    """One commit of the log and its link of the hash chain."""

    first_position: int
    last_position: int
    recorded_at: datetime
    digest: bytes
    chain: bytes


class Head(msgspec.Struct, frozen=True, gc=False):
    """The end of the log. ``epoch`` grows when the log was restored from an older copy."""

    position: int
    chain: bytes
    epoch: int


class EventStore(Protocol):
    """An append-only log. Positions are gapless from 1 and in commit order.

    Positions are visible in order: who has seen position N will never see a new event at or
    below N.
    """

    async def append(self, request: Append) -> Appended:
        """Record all events of the request, durably, or raise and record none.

        Repeating a request (same event ids) answers as the first time, even where its
        conditions no longer hold.

        Raises:
            Conflict: a condition does not hold.
            EventIdTaken: some, but not all, events of a conditional request are recorded already.
            IdempotencyReplay: the kept answer's key was used before.
            Overloaded: too much waits to be written; nothing was recorded.
            LogUnavailable: the database is out of reach; repeat the request to learn more.
            ValueError: no events, too many, or one id or stream condition twice in the request.
        """
        ...

    async def read(
        self,
        after: int,
        limit: int = 500,
        *,
        topics: Collection[str] | None = None,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[StoredEvent]:
        """Return up to ``limit`` events above ``after`` (and not above ``until``), in order.

        ``backwards`` gives the newest first. Raises LogCorrupted on a hole.
        """
        ...

    async def read_stream(
        self, stream_id: str, *, after_version: int = 0, limit: int = 500
    ) -> list[StoredEvent]:
        """Return up to ``limit`` events of one stream above a version, in order."""
        ...

    async def stream_version(self, stream_id: str) -> int:
        """Return the version of a stream; 0 where it has no event."""
        ...

    async def streams_beginning(
        self, prefix: str, *, after: str = "", limit: int = 500
    ) -> list[str]:
        """Return the ids of streams that begin so, sorted by their code points, above ``after``."""
        ...

    async def head(self) -> Head:
        """Return the end of the log."""
        ...

    async def batches(self, after: int, limit: int = 500) -> list[Batch]:
        """Return up to ``limit`` commits whose first position is above ``after``, in order."""
        ...

    async def kept_answer(self, key: str) -> tuple[bytes, bytes, int] | None:
        """Return request hash, result and position kept under an idempotency key, if any."""
        ...

    def subscribe(
        self, after: int, *, page_size: int = 500
    ) -> AsyncGenerator[list[StoredEvent], None]:
        """Yield pages of events above ``after`` for ever, as they are recorded.

        Survives lost connections and restarts of the database. Close it with ``aclosing``.
        """
        ...
