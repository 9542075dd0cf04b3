"""Eight writers in two processes against a live reader: nothing missed, nothing twice."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

from application.event_store.postgres import PostgresEventStore, open_event_store
from application.event_store.store import Append, NewEvent
from application.uuid7 import uuid7
from footfall.database import open_pool

if TYPE_CHECKING:
    from application.event_store.store import StoredEvent

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PROCESSES, WRITERS, EVENTS = 2, 4, 3_825
ALL = PROCESSES * WRITERS * EVENTS  # 30,600


async def test_a_live_reader_sees_every_event_once_in_order(database_url: str) -> None:
    acknowledged, seen = await _write_and_watch(database_url)

    assert len(acknowledged) == ALL
    _assert_all_seen_once(acknowledged, seen)


async def test_the_same_while_connections_are_cut_at_random(database_url: str) -> None:
    cutting = asyncio.create_task(_cut_connections(database_url))
    try:
        acknowledged, seen = await _write_and_watch(database_url)
    finally:
        cutting.cancel()
        with suppress(asyncio.CancelledError):
            await cutting

    assert len(acknowledged) == ALL
    _assert_all_seen_once(acknowledged, seen)


async def test_an_event_committed_before_the_listener_listens_arrives_without_another(
    database_url: str,
) -> None:
    async with (
        open_pool(database_url) as pool,
        open_event_store(pool, direct_dsn=database_url) as writer,
    ):
        for _ in range(20):
            before = (await writer.head()).position
            async with open_event_store(pool, direct_dsn=database_url) as store:
                reading = asyncio.create_task(_first_after(store, before))
                await _append_one(writer)
                assert await asyncio.wait_for(reading, 5) == before + 1


async def test_a_reader_hears_on_after_a_listener_was_cut_off_in_mid_operation(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = asyncpg.Connection.add_listener
    cuts = iter([asyncpg.InternalClientError("another operation is in progress")])

    async def cut_at_first(connection: Any, *arguments: Any) -> None:
        if cut := next(cuts, None):
            raise cut
        await listen(connection, *arguments)

    monkeypatch.setattr(asyncpg.Connection, "add_listener", cut_at_first)
    async with (
        open_pool(database_url) as pool,
        open_event_store(pool, direct_dsn=database_url) as store,
    ):
        reading = asyncio.create_task(_first_after(store, 0))
        await asyncio.sleep(0.2)
        await _append_one(store)
        assert await asyncio.wait_for(reading, 5) == 1


async def test_a_transaction_open_in_another_database_holds_no_reader_up(
    database_url: str, postgres_dsn: str
) -> None:
    idle = await asyncpg.connect(postgres_dsn)
    try:
        await idle.execute("CREATE TABLE IF NOT EXISTS held (n int); BEGIN")
        await idle.execute("INSERT INTO held VALUES (1)")
        async with (
            open_pool(database_url) as pool,
            open_event_store(pool, direct_dsn=database_url) as store,
        ):
            await _append_one(store)
            assert await asyncio.wait_for(_first_after(store, 0), 5) == 1
    finally:
        await idle.close()


async def _write_and_watch(dsn: str) -> tuple[list[UUID], list[StoredEvent]]:
    async with open_pool(dsn, size=3) as pool, open_event_store(pool, direct_dsn=dsn) as store:
        watching = asyncio.create_task(_watch(store))
        outputs = await asyncio.gather(*(_writers(dsn) for _ in range(PROCESSES)))
        seen = await asyncio.wait_for(watching, 60)
    return [UUID(line) for output in outputs for line in output.split()], seen


async def _watch(store: PostgresEventStore) -> list[StoredEvent]:
    seen: list[StoredEvent] = []
    async with aclosing(store.subscribe(0)) as pages:
        async for page in pages:
            seen += page
            if len(seen) >= ALL:
                return seen
    raise AssertionError("the subscription ended")


async def _writers(dsn: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.loss.writers",
        dsn,
        str(WRITERS),
        str(EVENTS),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def _cut_connections(dsn: str) -> None:
    """Terminate a random backend of the database every 150 ms."""
    connection = await asyncpg.connect(dsn)
    try:
        while True:
            await connection.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()
                   ORDER BY random() LIMIT 1"""
            )
            await asyncio.sleep(0.15)
    finally:
        await connection.close()


def _assert_all_seen_once(acknowledged: list[UUID], seen: list[StoredEvent]) -> None:
    ids = [event.event_id for event in seen]
    assert [event.position for event in seen] == list(range(1, ALL + 1))
    assert len(set(ids)) == ALL
    assert set(ids) == set(acknowledged)


async def _first_after(store: PostgresEventStore, position: int) -> int:
    async with aclosing(store.subscribe(position)) as pages:
        async for page in pages:
            return page[0].position
    raise AssertionError("the subscription ended")


async def _append_one(store: PostgresEventStore) -> None:
    await store.append(Append([NewEvent(uuid7(), "s", "topic", datetime.now(UTC), b"{}")]))
