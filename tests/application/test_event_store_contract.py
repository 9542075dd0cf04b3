"""One contract for every event store, run against memory and Postgres."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from application.errors import Conflict, EventIdTaken, IdempotencyReplay
from application.event_store import chain
from application.event_store.memory import MemoryEventStore
from application.event_store.postgres import open_event_store
from application.event_store.store import (
    MAX_EVENTS_PER_APPEND,
    Append,
    Condition,
    EventStore,
    KeptAnswer,
    NewEvent,
    StoredEvent,
)
from application.uuid7 import uuid7
from footfall.database import open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    Stores = Callable[[], AbstractAsyncContextManager[EventStore]]

THEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture(params=["memory", "postgres"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Open an empty store of each kind."""
    if request.param == "memory":

        @asynccontextmanager
        async def open_memory() -> AsyncIterator[EventStore]:
            await asyncio.sleep(0)
            yield MemoryEventStore()

        return open_memory
    dsn: str = request.getfixturevalue("database_url")

    @asynccontextmanager
    async def open_postgres() -> AsyncIterator[EventStore]:
        async with open_pool(dsn) as pool, open_event_store(pool, direct_dsn=dsn) as store:
            yield store

    return open_postgres


def event(stream_id: str = "basket-a", *, event_id: UUID | None = None, n: int = 0) -> NewEvent:
    return NewEvent(
        event_id=event_id or uuid7(),
        stream_id=stream_id,
        topic="basket.item_added",
        occurred_at=THEN,
        payload=b'{"quantity":%d}' % n,
    )


async def test_events_come_back_as_they_were_recorded(stores: Stores) -> None:
    async with stores() as store:
        correlation, causation = uuid7(), uuid7()
        new = event()

        appended = await store.append(
            Append(
                [new],
                actor="shopper:1",
                visit_id="v1",
                correlation_id=correlation,
                causation_id=causation,
            )
        )
        [stored] = await store.read(0)

    assert (appended.first_position, appended.last_position) == (1, 1)
    assert stored == StoredEvent(
        position=1,
        event_id=new.event_id,
        stream_id="basket-a",
        version=1,
        topic=new.topic,
        schema_version=1,
        occurred_at=THEN,
        recorded_at=stored.recorded_at,
        actor="shopper:1",
        visit_id="v1",
        correlation_id=correlation,
        causation_id=causation,
        payload=new.payload,
    )
    assert abs((datetime.now(UTC) - stored.recorded_at).total_seconds()) < 60


async def test_positions_are_contiguous_and_versions_count_within_each_stream(
    stores: Stores,
) -> None:
    async with stores() as store:
        await store.append(Append([event("a"), event("b"), event("a")]))
        await store.append(Append([event("b"), event("a")]))
        events = await store.read(0)

    assert [e.position for e in events] == [1, 2, 3, 4, 5]
    assert [(e.stream_id, e.version) for e in events] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("b", 2),
        ("a", 3),
    ]


async def test_a_condition_that_holds_lets_the_events_in(stores: Stores) -> None:
    async with stores() as store:
        await store.append(Append([event("a")], [Condition("a", 0)]))
        await store.append(Append([event("a"), event("b")], [Condition("a", 1), Condition("b", 0)]))

        assert await store.stream_version("a") == 2
        assert await store.stream_version("b") == 1
        assert await store.stream_version("never") == 0


async def test_streams_are_found_by_how_they_begin_page_by_page(stores: Stores) -> None:
    async with stores() as store:
        for stream_id in ("visit-v1:2", "visit-v1:1", "visit-v10:1", "visit-v1", "review-v1:1"):
            await store.append(Append([event(stream_id)]))

        assert await store.streams_beginning("visit-v1:") == ["visit-v1:1", "visit-v1:2"]
        assert await store.streams_beginning("visit-v1:", limit=1) == ["visit-v1:1"]
        assert await store.streams_beginning("visit-v1:", after="visit-v1:1") == ["visit-v1:2"]
        assert await store.streams_beginning("visit-v1:", after="visit-v1:2") == []
        assert await store.streams_beginning("none") == []


async def test_a_failed_condition_records_nothing_and_names_the_current_version(
    stores: Stores,
) -> None:
    async with stores() as store:
        await store.append(Append([event("a"), event("a")]))

        with pytest.raises(Conflict) as refusal:
            await store.append(Append([event("b"), event("a")], [Condition("a", 1)]))

        assert (refusal.value.stream_id, refusal.value.current_version) == ("a", 2)
        assert (await store.head()).position == 2
        assert await store.stream_version("b") == 0


async def test_a_condition_may_watch_a_stream_that_is_not_written(stores: Stores) -> None:
    async with stores() as store:
        await store.append(Append([event("a")]))
        await store.append(Append([event("b")], [Condition("a", 1)]))

        with pytest.raises(Conflict):
            await store.append(Append([event("b")], [Condition("a", 0)]))


async def test_of_many_racing_for_one_version_exactly_one_wins(stores: Stores) -> None:
    async with stores() as store:
        results = await asyncio.gather(
            *(store.append(Append([event("a")], [Condition("a", 0)])) for _ in range(100)),
            return_exceptions=True,
        )

        assert sum(isinstance(result, Conflict) for result in results) == 99
        assert (await store.head()).position == 1


async def test_a_refused_neighbour_fails_nobody_else(stores: Stores) -> None:
    async with stores() as store:
        await store.append(Append([event("taken")]))
        requests = [
            Append([event("taken")], [Condition("taken", 0)])
            if n % 3 == 0
            else Append([event(f"free-{n}"), event("shared")])
            for n in range(60)
        ]

        results = await asyncio.gather(*map(store.append, requests), return_exceptions=True)

        refused = [n for n, result in enumerate(results) if isinstance(result, Exception)]
        assert refused == list(range(0, 60, 3))
        assert (await store.head()).position == 1 + 40 * 2
        assert await store.stream_version("shared") == 40


async def test_repeating_an_append_records_it_once_and_answers_alike(stores: Stores) -> None:
    async with stores() as store:
        request = Append([event("a"), event("a")], [Condition("a", 0)])
        first = await store.append(request)
        await store.append(Append([event("a")]))

        again = await store.append(request)

        assert (again.first_position, again.last_position) == (
            first.first_position,
            first.last_position,
        )
        assert again.is_duplicate
        assert not first.is_duplicate
        assert (await store.head()).position == 3


async def test_racing_repetitions_record_once(stores: Stores) -> None:
    async with stores() as store:
        request = Append([event("a"), event("b")])
        answers = await asyncio.gather(*(store.append(request) for _ in range(50)))

        assert {answer.last_position for answer in answers} == {2}
        assert (await store.head()).position == 2


async def test_facts_known_already_are_skipped_one_by_one(stores: Stores) -> None:
    async with stores() as store:
        known, new = event("a", n=1), event("a", n=2)
        await store.append(Append([known]))

        appended = await store.append(Append([known, new]))

        assert (appended.first_position, appended.last_position) == (2, 2)
        assert [e.payload for e in await store.read(0)] == [known.payload, new.payload]


async def test_a_conditional_append_with_a_foreign_event_id_is_refused(stores: Stores) -> None:
    async with stores() as store:
        taken = uuid7()
        await store.append(Append([event("a", event_id=taken)]))

        with pytest.raises(EventIdTaken):
            await store.append(
                Append([event("b", event_id=taken), event("b")], [Condition("b", 0)])
            )

        assert (await store.head()).position == 1


async def test_a_kept_answer_is_given_once_recorded_and_only_then(stores: Stores) -> None:
    async with stores() as store:
        kept = KeptAnswer("shopper:1/k1", b"hash", b'{"total":100}')
        await store.append(Append([event("a")]))
        with pytest.raises(Conflict):
            await store.append(Append([event("a")], [Condition("a", 0)], kept_answer=kept))
        assert await store.kept_answer(kept.key) is None

        await store.append(Append([event("a")], [Condition("a", 1)], kept_answer=kept))
        with pytest.raises(IdempotencyReplay) as replay:
            await store.append(Append([event("a")], kept_answer=kept))

        assert replay.value.result == b'{"total":100}'
        assert await store.kept_answer(kept.key) == (b"hash", b'{"total":100}', 2)
        assert (await store.head()).position == 2


async def test_racing_requests_under_one_key_record_once(stores: Stores) -> None:
    async with stores() as store:
        kept = KeptAnswer("k", b"hash", b"{}")
        results = await asyncio.gather(
            *(store.append(Append([event(f"s{n}")], kept_answer=kept)) for n in range(40)),
            return_exceptions=True,
        )

        assert sum(isinstance(result, IdempotencyReplay) for result in results) == 39
        assert (await store.head()).position == 1


@pytest.mark.parametrize(
    "request_",
    [
        Append([]),
        Append([event("a")] * 2),
        Append([event("a")], [Condition("a", 0), Condition("a", 1)]),
        Append([event("a") for _ in range(MAX_EVENTS_PER_APPEND + 1)]),
    ],
    ids=["nothing", "one id twice", "two conditions on a stream", "too many"],
)
async def test_an_impossible_request_is_refused_at_once(stores: Stores, request_: Append) -> None:
    async with stores() as store:
        with pytest.raises(ValueError, match="append"):
            await store.append(request_)

        assert (await store.head()).position == 0


async def test_pages_are_the_whole(stores: Stores) -> None:
    async with stores() as store:
        await store.append(Append([event(f"s{n % 3}", n=n) for n in range(25)]))
        whole = await store.read(0)
        paged: list[StoredEvent] = []
        while page := await store.read(len(paged), 4):
            paged += page

        assert paged == whole
        assert await store.read(25) == []
        assert [e.position for e in await store.read(20, until=23)] == [21, 22, 23]
        assert [e.position for e in await store.read(0, 3, backwards=True)] == [25, 24, 23]
        assert await store.read(0, topics=["no.such"]) == []
        stream = [e for e in whole if e.stream_id == "s1"]
        assert await store.read_stream("s1") == stream
        assert await store.read_stream("s1", after_version=3, limit=2) == stream[3:5]
        assert await store.read_stream("never") == []


async def test_a_subscription_sees_the_past_then_the_present_once_and_in_order(
    stores: Stores,
) -> None:
    async with stores() as store:
        await store.append(Append([event(n=n) for n in range(7)]))
        seen: list[int] = []

        async def watch() -> None:
            async with aclosing(store.subscribe(2, page_size=3)) as pages:
                async for page in pages:
                    seen.extend(e.position for e in page)
                    if seen[-1] == 57:
                        return

        watcher = asyncio.create_task(watch())
        for n in range(50):
            await store.append(Append([event(n=n)]))
        await asyncio.wait_for(watcher, 10)

    assert seen == list(range(3, 58))


async def test_the_chain_covers_every_event_in_its_place(stores: Stores) -> None:
    async with stores() as store:
        for size in (1, 3, 2):
            await store.append(Append([event("a") for _ in range(size)], actor="visitor:ä"))
        with pytest.raises(Conflict):
            await store.append(Append([event("a")], [Condition("a", 0)]))
        events, batches = await store.read(0), await store.batches(0)
        head = await store.head()

    link = chain.GENESIS
    for batch in batches:
        part = events[batch.first_position - 1 : batch.last_position]
        assert batch.digest == chain.digest(map(chain.leaf_of, part))
        link = chain.link(
            link, batch.first_position, batch.last_position, batch.recorded_at, batch.digest
        )
        assert batch.chain == link
    assert head.chain == link
    assert batches[-1].last_position == head.position == 6
