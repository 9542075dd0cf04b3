"""The log in the shop's terms: load, decide, append."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, TypeVar

import msgspec

from application import snapshots
from application.aggregate_memory import AggregateMemory
from application.context import Outcome
from application.errors import Conflict, IdempotencyKeyReused, IdempotencyReplay, PreconditionFailed
from application.event_codec import EventCodec, SubjectErased
from application.event_store.store import Append, Condition, KeptAnswer
from application.stream_locks import StreamLocks
from application.uuid7 import uuid7
from domain.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
    from uuid import UUID

    from application.context import Context
    from application.event_store.store import Appended, EventStore
    from application.keyring import KeyedHash, Keyring
    from application.snapshots import SnapshotStore
    from domain.events import Aggregate, Event, Recorded

A = TypeVar("A", bound="Aggregate")
T = TypeVar("T")

ATTEMPTS = 10
"""How often a command is decided anew after losing a race to another process."""


class Loaded:
    """The aggregates of a command, by class and key."""

    def __init__(self) -> None:
        self._aggregates: dict[str, Aggregate | None] = {}

    def put(self, stream_id: str, aggregate: Aggregate | None) -> None:
        """Add what a stream holds; None where it has no event."""
        self._aggregates[stream_id] = aggregate

    def get(self, aggregate_class: type[A], key: str) -> A | None:
        """Return the aggregate, or None where nothing was ever recorded of it.

        Raises KeyError where the command did not name it among its reads and writes.
        """
        aggregate = self._aggregates[aggregate_class.stream_id(key)]
        if aggregate is not None and not isinstance(aggregate, aggregate_class):
            message = f"{aggregate.id} is no {aggregate_class.__name__}"
            raise TypeError(message)
        return aggregate

    def versions(self) -> dict[str, int]:
        """Return the version of each stream."""
        return {s: a.version if a else 0 for s, a in self._aggregates.items()}


class Journal:
    """Loads aggregates, runs decisions on them, records what they decide.

    Aggregates that were written stay in memory. That is safe: what is decided on an old state is
    refused by the log, and a refusal decided on an old state is decided again on a fresh one.
    """

    def __init__(
        self, store: EventStore, keyring: Keyring, hashes: KeyedHash, kept: SnapshotStore
    ) -> None:
        self.store = store
        self.hashes = hashes
        self._keyring = keyring
        self._codec = EventCodec(keyring)
        self._snapshots = kept
        self._locks = StreamLocks()
        self._memory = AggregateMemory()

    async def load(self, aggregate_class: type[A], key: str) -> A | None:
        """Return the aggregate as the log has it now; None where nothing was ever recorded."""
        stream_id = aggregate_class.stream_id(key)
        aggregate: A | None = None
        if aggregate_class.SNAPSHOT and (snapshot := await self._snapshots.find(stream_id)):
            aggregate = snapshots.restore(aggregate_class, snapshot)
        while True:
            version = aggregate.version if aggregate else 0
            page = await self.store.read_stream(stream_id, after_version=version)
            for recorded in await self._codec.decode(page):
                aggregate = recorded.event.mutate(aggregate)
            if len(page) < 500:  # noqa: PLR2004 - the default page
                return aggregate

    async def execute(
        self,
        context: Context,
        decide: Callable[[Loaded], tuple[T, Sequence[Aggregate]]],
        *,
        writes: Sequence[tuple[type[Aggregate], str]],
        reads: Sequence[tuple[type[Aggregate], str]] = (),
        if_match: Mapping[tuple[type[Aggregate], str], int] | None = None,
    ) -> Outcome[T]:
        """Load, decide, append: record what the decision triggers, all of it or nothing.

        ``decide`` gets the aggregates of ``writes`` and ``reads`` and returns its answer with the
        aggregates that it changed; it may run several times. Each changed stream must still be at
        the version it was decided on, else it is decided again, a bounded number of times. An
        aggregate only in ``reads`` may be a few seconds old.

        Raises:
            Rejected: the domain refuses, decided on fresh state.
            PreconditionFailed: a stream of ``if_match`` is at another version.
            Conflict: others kept winning.
            IdempotencyReplay, IdempotencyKeyReused: the context's key was used before.
            Overloaded, LogUnavailable: as EventStore.append.
        """
        async with self._locks.hold(cls.stream_id(key) for cls, key in writes):
            is_fresh = False
            for attempt in range(ATTEMPTS):
                loaded, used_memory = await self._load_all(writes, reads, fresh=is_fresh)
                versions = loaded.versions()
                try:
                    _check_versions(versions, if_match or {})
                    answer, changed = decide(loaded)
                except (Rejected, PreconditionFailed):
                    if not used_memory:
                        raise
                    is_fresh = True
                    continue
                try:
                    return await self._append(context, answer, changed, versions)
                except SubjectErased:  # elsewhere; what is there now says so in the shop's words
                    if not used_memory:
                        raise
                    is_fresh = True
                    continue
                except IdempotencyReplay as replay:
                    if (
                        context.idempotency
                        and context.idempotency.request_hash != replay.request_hash
                    ):
                        raise IdempotencyKeyReused from replay
                    raise
                except Conflict:
                    if attempt == ATTEMPTS - 1:
                        raise
                    is_fresh = True
                await asyncio.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311 - jitter
        raise AssertionError  # the last attempt returned or raised

    async def record(
        self, context: Context, events: Sequence[Event], *, event_ids: Sequence[UUID] | None = None
    ) -> Appended:
        """Record facts as they are, with no version check; ids recorded before are skipped."""
        ids = event_ids if event_ids is not None else [uuid7() for _ in events]
        return await self.store.append(
            Append(
                events=await self._codec.encode(events, ids),
                actor=context.actor,
                visit_id=context.visit_id,
                correlation_id=context.correlation_id,
                causation_id=context.causation_id,
            )
        )

    async def read(
        self,
        after: int,
        limit: int = 500,
        *,
        topics: Collection[str] | None = None,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[Recorded]:
        """Return a page of the log, decoded and decrypted; see EventStore.read."""
        page = await self.store.read(after, limit, topics=topics, until=until, backwards=backwards)
        return await self._codec.decode(page)

    async def read_stream(
        self, stream_id: str, *, after_version: int = 0, limit: int = 500
    ) -> list[Recorded]:
        """Return a page of one stream, decoded and decrypted."""
        page = await self.store.read_stream(stream_id, after_version=after_version, limit=limit)
        return await self._codec.decode(page)

    async def whole_stream(self, stream_id: str) -> list[Recorded]:
        """Return one stream from its start, for streams that stay short."""
        found: list[Recorded] = []
        while page := await self.read_stream(stream_id, after_version=len(found)):
            found += page
        return found

    async def follow(
        self, after: int, *, page_size: int = 500
    ) -> AsyncGenerator[list[Recorded], None]:
        """Yield pages of the log for ever, decoded and decrypted. Close it with ``aclosing``."""
        pages = self.store.subscribe(after, page_size=page_size)
        try:
            async for page in pages:
                self._memory.notice(page)
                yield await self._codec.decode(page)
        finally:
            await pages.aclose()

    async def head(self) -> int:
        """Return the last position of the log."""
        return (await self.store.head()).position

    async def idempotent_result(self, key: str) -> tuple[bytes, bytes, int] | None:
        """Return request hash, encoded answer and position of a key used before."""
        return await self.store.kept_answer(key)

    async def erase_key(self, shopper_id: str) -> None:
        """Destroy the shopper's data key: their personal fields are unreadable from now on."""
        self._memory.forget(f"shopper-{shopper_id}")
        await self._keyring.destroy(shopper_id)

    async def _load_all(
        self,
        writes: Sequence[tuple[type[Aggregate], str]],
        reads: Sequence[tuple[type[Aggregate], str]],
        *,
        fresh: bool,
    ) -> tuple[Loaded, bool]:
        """Return the aggregates, and whether any came from memory."""
        loaded = Loaded()
        used_memory = False
        for index, (aggregate_class, key) in enumerate((*writes, *reads)):
            stream_id = aggregate_class.stream_id(key)
            is_written = index < len(writes)
            recall = self._memory.take if is_written else self._memory.look_at
            if not fresh and (kept := recall(stream_id)) is not None:
                used_memory = True
                loaded.put(stream_id, kept)
                continue
            aggregate = await self.load(aggregate_class, key)
            loaded.put(stream_id, aggregate)
            if aggregate is not None and not is_written:
                self._memory.keep_in_sight(aggregate)
        return loaded, used_memory

    async def _append(
        self,
        context: Context,
        answer: T,
        changed: Sequence[Aggregate],
        versions: Mapping[str, int],
    ) -> Outcome[T]:
        events: list[Event] = []
        conditions: list[Condition] = []
        for aggregate in changed:
            pending = aggregate.collect_events()
            if pending:
                events += pending  # type: ignore[arg-type]  # our aggregates trigger our events
                conditions.append(Condition(aggregate.id, aggregate.version - len(pending)))
        now_at = dict(versions) | {aggregate.id: aggregate.version for aggregate in changed}
        if not events:
            return Outcome(answer, 0, now_at)
        idempotency = context.idempotency
        appended = await self.store.append(
            Append(
                events=await self._codec.encode(events, [uuid7() for _ in events]),
                conditions=conditions,
                actor=context.actor,
                visit_id=context.visit_id,
                correlation_id=context.correlation_id,
                causation_id=context.causation_id,
                kept_answer=KeptAnswer(
                    idempotency.key, idempotency.request_hash, msgspec.json.encode(answer)
                )
                if idempotency
                else None,
            )
        )
        for aggregate in changed:
            self._memory.put_back(aggregate)
            before = versions.get(aggregate.id, 0)
            if (
                aggregate.SNAPSHOT
                and before // snapshots.EVERY < aggregate.version // snapshots.EVERY
            ):
                await self._snapshots.keep(snapshots.take(aggregate))
        return Outcome(answer, appended.last_position, now_at)


def _check_versions(
    versions: Mapping[str, int], if_match: Mapping[tuple[type[Aggregate], str], int]
) -> None:
    for (aggregate_class, key), version in if_match.items():
        stream_id = aggregate_class.stream_id(key)
        if versions[stream_id] != version:
            raise PreconditionFailed(stream_id, versions[stream_id])
