"""What only the log in Postgres promises: append-only, partitioned ahead, bounded, chained."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio

from application.errors import LogCorrupted, LogUnavailable, Overloaded
from application.event_store import chain
from application.event_store.group_commit import GroupCommit
from application.event_store.postgres import PostgresEventStore, open_event_store
from application.event_store.store import Append, Appended, Condition, NewEvent
from application.uuid7 import uuid7
from footfall.database import ROLE, open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

pytestmark = pytest.mark.postgres


@pytest_asyncio.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[PostgresEventStore]:
    async with (
        open_pool(database_url) as pool,
        open_event_store(pool, direct_dsn=database_url) as store,
    ):
        yield store


def events(count: int = 1) -> list[NewEvent]:
    now = datetime.now(UTC)
    return [NewEvent(uuid7(), "visit-a", "topic", now, b'{"n":1}') for _ in range(count)]


async def test_a_young_log_looks_its_streams_up_and_goes_on_doing_so(
    store: PostgresEventStore, database_url: str, owner: asyncpg.Connection
) -> None:
    """The planner prefers to read a small table whole, and keeps that plan while it grows."""

    async def read_whole() -> int:
        await owner.execute("SELECT pg_stat_clear_snapshot()")
        times: int = await owner.fetchval(
            "SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'log.streams'::regclass"
        )
        return times

    await store.append(Append(events()))
    await owner.execute("ANALYZE log.streams")
    before = await read_whole()
    async with (
        open_pool(database_url, size=1) as pool,
        open_event_store(pool, direct_dsn=database_url) as newcomer,
    ):
        for version in range(1, 9):
            await newcomer.append(Append(events(), [Condition("visit-a", version)]))
        await pool.execute("SELECT pg_stat_force_next_flush()")
        await pool.execute("SELECT 1")

    assert await read_whole() == before


CHANGES = (
    "UPDATE log.events SET payload = '\\x00'",
    "DELETE FROM log.events",
    "TRUNCATE log.events",
    "TRUNCATE log.events_0",
    "UPDATE log.batches SET digest = '\\x00'",
    "DELETE FROM log.batches",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_owner_of_the_database_cannot_change_the_log_in_passing(
    store: PostgresEventStore, owner: asyncpg.Connection, change: str
) -> None:
    await store.append(Append(events()))

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await owner.execute(change)


@pytest.mark.parametrize(
    "change", [*CHANGES, "INSERT INTO log.head DEFAULT VALUES", "DELETE FROM log.event_ids"]
)
async def test_the_role_of_the_program_may_only_append(
    store: PostgresEventStore, owner: asyncpg.Connection, change: str
) -> None:
    await store.append(Append(events()))
    await owner.execute(f"SET ROLE {ROLE}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(change)


async def test_partitions_are_there_before_the_log_reaches_them(
    store: PostgresEventStore, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE log.head SET position = 9999990")

    await store.append(Append(events(30)))
    await owner.execute("UPDATE log.head SET position = 19999990")
    await store.append(Append(events(30)))

    partitions = await owner.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
        "WHERE inhparent = 'log.events'::regclass ORDER BY 1"
    )
    assert [row["name"] for row in partitions] == [f"log.events_{n}" for n in range(4)]
    assert len(await store.read(19_999_990, 100)) == 30
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute("TRUNCATE log.events_2")


async def test_a_hole_in_the_log_is_an_alarm(
    store: PostgresEventStore, owner: asyncpg.Connection
) -> None:
    await store.append(Append(events(3)))
    await owner.execute("ALTER TABLE log.events DISABLE TRIGGER append_only")
    await owner.execute("DELETE FROM log.events WHERE position = 2")

    with pytest.raises(LogCorrupted):
        await store.read(0)


async def test_an_event_changed_behind_the_triggers_breaks_the_chain(
    store: PostgresEventStore, owner: asyncpg.Connection
) -> None:
    await store.append(Append(events(3)))
    [batch] = await store.batches(0)
    assert batch.digest == chain.digest(map(chain.leaf_of, await store.read(0)))

    await owner.execute("ALTER TABLE log.events DISABLE TRIGGER append_only")
    await owner.execute("""UPDATE log.events SET payload = '{"n":2}' WHERE position = 2""")

    assert batch.digest != chain.digest(map(chain.leaf_of, await store.read(0)))


async def test_a_full_queue_refuses_and_what_was_accepted_is_written() -> None:
    gate = asyncio.Event()
    written: list[int] = []

    async def write(batch: Sequence[Append]) -> Sequence[Appended | Exception]:
        await gate.wait()
        written.extend(len(request.events) for request in batch)
        return [Appended(1, 1)] * len(batch)

    async with GroupCommit(write, queue_limit=10) as group_commit:

        async def submit() -> Appended:
            return await group_commit.submit(Append(events(5)))

        under_way = asyncio.create_task(submit())
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(submit()) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await submit()
        gate.set()
        await asyncio.gather(under_way, *waiting)

    assert sum(written) == 15


async def test_a_caller_who_leaves_the_queue_takes_nothing_with_him() -> None:
    gate = asyncio.Event()
    batches: list[int] = []

    async def write(batch: Sequence[Append]) -> Sequence[Appended | Exception]:
        await gate.wait()
        batches.append(len(batch))
        return [Appended(1, 1)] * len(batch)

    async with GroupCommit(write) as group_commit:
        first = asyncio.create_task(group_commit.submit(Append(events())))
        await asyncio.sleep(0.01)
        second, third = (
            asyncio.create_task(group_commit.submit(Append(events()))) for _ in range(2)
        )
        await asyncio.sleep(0.01)
        second.cancel()
        gate.set()
        await asyncio.gather(first, third)

    assert batches == [1, 1]


async def test_a_database_that_stays_away_is_said_to_be_unavailable(database_url: str) -> None:
    gone = database_url.replace("/test_", "/no_such_test_")
    async with (
        open_pool(database_url) as pool,
        open_event_store(pool, direct_dsn=gone, patience_seconds=0.2) as store,
    ):
        await pool.close()
        with pytest.raises(LogUnavailable):
            await store.append(Append(events()))
