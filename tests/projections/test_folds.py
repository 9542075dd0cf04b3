"""Every fold: whatever happened, and in whatever batches it arrives, the rows are the same."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.events import Undecodable
from footfall.database import open_pool
from projections import generations
from projections.registry import BY_NAME
from tests.projections.histories import Command, commands, history_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    import asyncpg

    from domain.events import Recorded
    from projections.projection import Connection, Projection

WHOLE, ONE_BY_ONE, SPLIT, LIVED = 101, 102, 103, 104

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.parametrize("name", BY_NAME),
]
few = settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
async def pool(database_url: str, name: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """Open a database with four empty generations of the read model."""
    async with open_pool(database_url) as pool:
        async with pool.acquire() as connection:
            for generation in (WHOLE, ONE_BY_ONE, SPLIT, LIVED):
                await generations.create_tables(connection, BY_NAME[name], generation)
        yield pool


@asynccontextmanager
async def nothing_kept(pool: asyncpg.Pool[Any]) -> AsyncIterator[Connection]:
    """Give a connection in a transaction that ends as if it had never been."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


def wanted(projection: Projection, events: Sequence[Recorded]) -> list[Recorded]:
    assert not [e for e in events if isinstance(e.event, Undecodable)]
    topics = {event.TOPIC for event in projection.events}
    return [event for event in events if event.topic in topics]


async def fold(
    connection: Connection,
    projection: Projection,
    generation: int,
    batches: Sequence[Sequence[Recorded]],
) -> str:
    schema = generations.schema_of(projection.name, generation)
    await connection.execute(f"SET LOCAL search_path = {schema}, public")
    for batch in batches:
        await projection.apply(connection, batch)
    return await generations.checksum(connection, projection, generation)


def split(events: Sequence[Recorded], sizes: Sequence[int]) -> Iterator[Sequence[Recorded]]:
    """Cut the events into batches of these sizes, over and over."""
    start = nth = 0
    while start < len(events):
        size = sizes[nth % len(sizes)]
        yield events[start : start + size]
        start, nth = start + size, nth + 1


@few
@given(done=commands, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8))
async def test_any_split_of_a_history_leaves_the_same_rows(
    pool: asyncpg.Pool[Any], name: str, done: list[Command], sizes: list[int]
) -> None:
    projection = BY_NAME[name]
    events = wanted(projection, (await history_of(done)).replayed)

    async with nothing_kept(pool) as connection:
        whole = await fold(connection, projection, WHOLE, [events])
        one_by_one = await fold(connection, projection, ONE_BY_ONE, [[e] for e in events])
        in_pieces = await fold(connection, projection, SPLIT, list(split(events, sizes)))

    assert one_by_one == whole
    assert in_pieces == whole


@few
@given(done=commands, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8))
async def test_a_rebuild_after_erasures_leaves_the_rows_of_before(
    pool: asyncpg.Pool[Any], name: str, done: list[Command], sizes: list[int]
) -> None:
    projection = BY_NAME[name]
    history = await history_of(done)
    lived, replayed = wanted(projection, history.lived), wanted(projection, history.replayed)

    async with nothing_kept(pool) as connection:
        rebuilt = await fold(connection, projection, WHOLE, [replayed])
        kept = await fold(connection, projection, LIVED, list(split(lived, sizes)))

    assert kept == rebuilt
