"""Runs one generation of a read model: a batch and its checkpoint in one transaction."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from domain.events import Undecodable
from projections import checkpoints, parking
from projections.generations import schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Recorded
    from projections.checkpoints import Checkpoint
    from projections.projection import Connection, Projection

logger = structlog.get_logger(__name__)

TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    OSError,
    TimeoutError,
)
"""What passes by itself or is an operator's to mend: tried again, never laid to an event."""


class Runner:
    """Moves one generation along the log; several of them never move the same one.

    A batch that fails is halved until the failing event is alone; that one is parked, and so is
    what follows in its stream, until somebody retries or discards it.
    """

    def __init__(self, pool: asyncpg.Pool[Any], projection: Projection, held: Checkpoint) -> None:
        self.projection = projection
        self.position = held.position
        self._pool = pool
        self._held = held
        self.generation = held.generation
        self._topics = {event.TOPIC for event in projection.events}
        self._schema = schema_of(held.name, held.generation)
        self._parked_streams: set[str] = set()

    @classmethod
    async def start(
        cls, pool: asyncpg.Pool[Any], projection: Projection, generation: int
    ) -> Runner:
        """Take over a generation from whoever ran it."""
        async with pool.acquire() as connection:
            held = await checkpoints.take_over(connection, projection.name, generation)
            runner = cls(pool, projection, held)
            runner._parked_streams = await parking.parked_streams(
                connection, projection.name, generation
            )
        return runner

    def wanted(self, events: Sequence[Recorded]) -> list[Recorded]:
        """Return those that this read model folds, above where it stands."""
        topics, position = self._topics, self.position
        return [e for e in events if e.topic in topics and e.position > position]

    async def run(self, events: Sequence[Recorded]) -> int:
        """Take a page of the log: fold what is wanted, then stand at its end.

        Returns how many were wanted. Where none was, this moves only this object; ``persist``
        writes that down. Raises Fenced, or what is TRANSIENT, and has then changed nothing.
        """
        end = events[-1].position
        batch = self.wanted(events)
        if batch:
            await self._take(batch, end)
        self.position = max(self.position, end)
        return len(batch)

    async def persist(self) -> None:
        """Write down a position that moved without a transaction of its own."""
        if self.position > self._held.position:
            async with self._pool.acquire() as connection:
                await self._advance(connection, self.position)
            self._held.position = self.position

    async def retry_parked(self, stream_id: str, events: Sequence[Recorded]) -> int:
        """Fold the parked events of a stream now, all or none; returns how many those were."""
        async with self._pool.acquire() as connection, connection.transaction():
            name, generation = self._held.name, self._held.generation
            positions = await parking.positions_parked(connection, name, generation, stream_id)
            await self._apply(connection, [e for e in events if e.position in set(positions)])
            released = await parking.release(connection, name, generation, stream_id)
        self._parked_streams.discard(stream_id)
        return released

    async def reload_parked(self) -> None:
        """Learn which streams are parked, after somebody else retried or discarded."""
        async with self._pool.acquire() as connection:
            self._parked_streams = await parking.parked_streams(
                connection, self._held.name, self._held.generation
            )

    async def run_in(self, connection: Connection, events: Sequence[Recorded]) -> None:
        """Take a page within a transaction of the caller, without halving."""
        end = events[-1].position
        await self._fold(connection, self.wanted(events), end)
        self.position = self._held.position = end

    async def _take(self, batch: Sequence[Recorded], end: int) -> None:
        try:
            await self._commit(batch, end)
        except (checkpoints.Fenced, *TRANSIENT):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a fold raises, its event is to blame
            if len(batch) == 1:
                await self._park(batch[0], end, error)
                return
            middle = len(batch) // 2
            await self._take(batch[:middle], batch[middle - 1].position)
            await self._take(batch[middle:], end)

    async def _commit(self, batch: Sequence[Recorded], end: int) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await self._fold(connection, batch, end)
        self._held.position = self.position = end

    async def _fold(self, connection: Connection, batch: Sequence[Recorded], end: int) -> None:
        if self._parked_streams:
            waiting = [e for e in batch if e.stream_id in self._parked_streams]
            batch = [e for e in batch if e.stream_id not in self._parked_streams]
            await self._park_rows(connection, waiting, "an earlier event of its stream is parked")
        await self._apply(connection, batch)
        await self._advance(connection, end)

    async def _apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        if not batch:
            return
        for event in batch:
            if isinstance(event.event, Undecodable):
                raise UnreadableEvent(event.event.error)
        # Rows and checkpoint are lost together or not at all, so nothing needs the disk's word
        # for it: after a crash the same events are folded again.
        await connection.execute(
            f"SET LOCAL synchronous_commit = off; SET LOCAL search_path = {self._schema}, public"
        )
        await self.projection.apply(connection, batch)

    async def _park(self, event: Recorded, end: int, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        logger.error(
            "event_parked",
            projection=self._held.name,
            position=event.position,
            stream_id=event.stream_id,
            topic=event.topic,
            reason=reason,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await self._park_rows(connection, [event], reason)
            await self._advance(connection, end)
        self._parked_streams.add(event.stream_id)
        self._held.position = self.position = end

    async def _park_rows(
        self, connection: Connection, events: Sequence[Recorded], reason: str
    ) -> None:
        await parking.park(
            connection, self._held.name, self._held.generation, events, reason[:2_000]
        )

    async def _advance(self, connection: Connection, end: int) -> None:
        await checkpoints.advance(connection, self._held, end)


class UnreadableEvent(Exception):
    """The event's payload or topic is unknown to this version of the program."""


async def patiently(attempt: int) -> None:
    """Wait before another attempt: 50 ms, doubling, at most 5 s."""
    await asyncio.sleep(min(0.05 * 2**attempt, 5.0))


def heed_cancellation() -> None:
    """End a task that was cancelled, where a library took the cancellation for its own.

    For the head of a loop that must not outlive its owner: a cancellation is told once, and
    swallowed somewhere below it would never come again.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
