"""The event store on Postgres."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import structlog

from application.errors import (
    Conflict,
    EventIdTaken,
    IdempotencyReplay,
    LogCorrupted,
    LogUnavailable,
)
from application.event_store import chain, metrics
from application.event_store.group_commit import GroupCommit
from application.event_store.lost_connections import LOST_CONNECTION
from application.event_store.store import (
    MAX_PAGE,
    Append,
    Appended,
    Batch,
    EventStore,
    Head,
    StoredEvent,
)
from application.event_store.tail import Tail

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence

    import asyncpg

logger = structlog.get_logger(__name__)

_COLUMNS = """position, event_id, stream_id, version, topic, schema_version, occurred_at,
    recorded_at, actor, visit_id, correlation_id, causation_id, payload"""


@asynccontextmanager
async def open_event_store(
    pool: asyncpg.Pool[Any],
    *,
    direct_dsn: str,
    queue_limit: int = 10_000,
    patience_seconds: float = 10.0,
    poll_seconds: float = 1.0,
) -> AsyncIterator[PostgresEventStore]:
    """Open the store: one writer task, one listener on a direct connection, reads from the pool.

    ``patience_seconds``: how long an append outlives a lost database before LogUnavailable.
    """
    tail = Tail(direct_dsn, poll_seconds=poll_seconds)
    store = PostgresEventStore(pool, tail, queue_limit=queue_limit, patience=patience_seconds)
    async with tail, store.group_commit:
        yield store


class PostgresEventStore(EventStore):
    """Appends by group commit under the lock of ``log.head``; see EventStore for the promises."""

    def __init__(
        self, pool: asyncpg.Pool[Any], tail: Tail, *, queue_limit: int, patience: float
    ) -> None:
        self._pool = pool
        self._tail = tail
        self._patience = patience
        self.group_commit = GroupCommit(self._write_or_wait, queue_limit=queue_limit)
        metrics.QUEUED_EVENTS.set_function(lambda: self.group_commit.queued_events)

    async def append(self, request: Append) -> Appended:
        """Record the request's events; see EventStore."""
        try:
            return await self.group_commit.submit(request)
        except Conflict:
            metrics.CONFLICTS.inc()
            raise

    async def _write_or_wait(self, batch: Sequence[Append]) -> Sequence[Appended | Exception]:
        """Write the batch, again after a lost connection.

        A repetition is safe, and tells whether the lost commit happened: the lock on the head
        makes it wait for a predecessor that still lives, and each event id that is recorded
        already answers with its position.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience
        delay = 0.05
        while True:
            try:
                return await self._write(batch)
            except LOST_CONNECTION as error:
                if clock() + delay > deadline:
                    raise LogUnavailable from error
                logger.warning("append_repeats", requests=len(batch), reason=repr(error))
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)

    async def _write(self, batch: Sequence[Append]) -> Sequence[Appended | Exception]:
        arguments, events = _columns(batch)
        with metrics.COMMIT_SECONDS.time():
            async with self._pool.acquire(timeout=self._patience) as connection:
                rows = await connection.fetch(_APPEND, *arguments, timeout=60)
        metrics.BATCH_EVENTS.observe(events)
        answers: list[Appended | Exception] = [LogCorrupted("no answer")] * len(batch)
        newest = 0
        for request, status, first, last, stream, version in rows:
            answers[request - 1] = await self._answer(
                batch[request - 1], status, first, last, stream, version
            )
            newest = max(newest, last or 0)
        self._tail.saw(newest)
        return answers

    async def _answer(
        self,
        request: Append,
        status: str,
        first: int,
        last: int,
        stream: str | None,
        version: int | None,
    ) -> Appended | Exception:
        match status:
            case "appended":
                return Appended(first, last)
            case "duplicate":
                return Appended(first, last, is_duplicate=True)
            case "conflict":
                return Conflict(stream or "", version or 0)
            case "replayed" if request.kept_answer is not None:
                kept = await self.kept_answer(request.kept_answer.key)
                return IdempotencyReplay(*kept) if kept else LogUnavailable()
            case _:
                return EventIdTaken()

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
        order = "DESC" if backwards else "ASC"
        rows = await self._pool.fetch(
            f"""SELECT {_COLUMNS} FROM log.events
                WHERE position > $1 AND ($2::bigint IS NULL OR position <= $2)
                  AND ($3::text[] IS NULL OR topic = ANY ($3))
                ORDER BY position {order} LIMIT $4""",  # noqa: S608 - two constants
            after,
            until,
            list(topics) if topics is not None else None,
            min(limit, MAX_PAGE),
        )
        events = [StoredEvent(*row) for row in rows]
        if topics is None:
            _assert_no_hole(after, events, backwards=backwards)
        return events

    async def read_stream(
        self, stream_id: str, *, after_version: int = 0, limit: int = 500
    ) -> list[StoredEvent]:
        """Return a page of one stream; see EventStore."""
        rows = await self._pool.fetch(
            f"""SELECT {_COLUMNS} FROM log.events
                WHERE stream_id = $1 AND version > $2
                  AND position BETWEEN (SELECT first_position FROM log.streams WHERE stream_id = $1)
                                   AND (SELECT last_position FROM log.streams WHERE stream_id = $1)
                ORDER BY version LIMIT $3""",  # noqa: S608 - constants
            stream_id,
            after_version,
            min(limit, MAX_PAGE),
        )
        return [StoredEvent(*row) for row in rows]

    async def stream_version(self, stream_id: str) -> int:
        """Return the version of a stream; 0 where it has no event."""
        version: int | None = await self._pool.fetchval(
            "SELECT version FROM log.streams WHERE stream_id = $1", stream_id
        )
        return version or 0

    async def streams_beginning(
        self, prefix: str, *, after: str = "", limit: int = 500
    ) -> list[str]:
        """Return a page of stream ids; see EventStore."""
        rows = await self._pool.fetch(
            """SELECT stream_id FROM log.streams
               WHERE stream_id >= $1 AND starts_with(stream_id, $1) AND stream_id > $2
                 AND stream_id < $1 || chr(1114111)
               ORDER BY stream_id LIMIT $3""",
            prefix,
            after,
            limit,
        )
        return [row["stream_id"] for row in rows]

    async def head(self) -> Head:
        """Return the end of the log."""
        row = await self._pool.fetchrow("SELECT position, chain, epoch FROM log.head")
        if row is None:
            message = "log.head has lost its row"
            raise LogCorrupted(message)
        return Head(*row)

    async def batches(self, after: int, limit: int = 500) -> list[Batch]:
        """Return a page of commits; see EventStore."""
        rows = await self._pool.fetch(
            """SELECT first_position, last_position, recorded_at, digest, chain FROM log.batches
               WHERE first_position > $1 ORDER BY first_position LIMIT $2""",
            after,
            min(limit, MAX_PAGE),
        )
        return [Batch(*row) for row in rows]

    async def kept_answer(self, key: str) -> tuple[bytes, bytes, int] | None:
        """Return request hash, result and position kept under an idempotency key, if any."""
        row = await self._pool.fetchrow(
            """SELECT request_hash, result, last_position FROM log.idempotency
               WHERE key = $1 AND expires_at > clock_timestamp()""",
            key,
        )
        return (row[0], row[1], row[2]) if row else None

    async def subscribe(
        self, after: int, *, page_size: int = 500
    ) -> AsyncGenerator[list[StoredEvent], None]:
        """Yield pages for ever; see EventStore."""
        position = after
        delay = 0.05
        while True:
            try:
                page = await self.read(position, page_size)
            except LOST_CONNECTION as error:
                logger.warning("subscription_waits", position=position, reason=repr(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
                continue
            delay = 0.05
            if page:
                position = page[-1].position
                yield page
            if len(page) < page_size:
                await self._tail.wait_beyond(position)


_APPEND = """SELECT request, status, first_position, last_position, stream, current_version
    FROM log.append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                           $17, $18, $19, $20, $21, $22)"""


def _columns(batch: Sequence[Append]) -> tuple[list[Sequence[Any]], int]:
    """Turn requests into the arrays that log.append_events takes, in its order."""
    requests: list[tuple[Any, ...]] = []
    keys: list[tuple[Any, ...]] = []
    conditions: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    streams: dict[str, list[int]] = {}  # stream id -> its number, its events so far
    for number, request in enumerate(batch, start=1):
        envelope = (request.actor, request.visit_id, request.correlation_id, request.causation_id)
        requests.append(envelope)
        shared = chain.envelope(*envelope)
        if (kept := request.kept_answer) is not None:
            keys.append((number, kept.key, kept.request_hash, kept.result, kept.seconds))
        conditions.extend((number, c.stream_id, c.version) for c in request.conditions)
        for event in request.events:
            stream = streams.get(event.stream_id)
            if stream is None:
                stream = streams[event.stream_id] = [len(streams) + 1, 0]
            stream[1] += 1
            events.append(
                (
                    number,
                    stream[0],
                    stream[1],
                    event.event_id,
                    event.topic,
                    event.schema_version,
                    event.occurred_at,
                    event.payload,
                    chain.leaf(event, shared),
                )
            )
    columns = [
        *_transposed(requests, 4),
        *_transposed(keys, 5),
        *_transposed(conditions, 3),
        list(streams),
        *_transposed(events, 9),
    ]
    return columns, len(events)


def _transposed(rows: list[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _assert_no_hole(after: int, events: Sequence[StoredEvent], *, backwards: bool) -> None:
    step = -1 if backwards else 1
    is_whole = all(later.position - event.position == step for event, later in pairwise(events))
    if is_whole and events and not backwards:
        is_whole = events[0].position == after + 1
    if not is_whole:
        message = f"positions after {after} are not contiguous"
        raise LogCorrupted(message)
