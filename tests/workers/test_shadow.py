"""The challenger lists when there is time; whom it cannot list it counts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from footfall.database import open_pool
from ml.recommendation.behaviour import Touch
from ml.recommendation.item_neighbours import ItemNeighbours
from ml.recommendation.neighbours import GoesWith, Neighbours
from ml.recommendation.sessions import EventKind, Vocabulary
from ml.recommendation.stand_ins import StandIns
from tests.ml.recommendation.shoppers import PRODUCTS, walks
from workers import shadow
from workers.serving_model import ServingModel
from workers.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

VOCABULARY = Vocabulary(f"p{n}" for n in range(PRODUCTS))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    async with open_pool(database_url, size=2) as pool:
        await pool.execute("INSERT INTO app.recommender (position, model) VALUES (0, 'champion')")
        yield pool


async def test_a_challenger_that_is_offered_too_many_sheds_and_counts(
    pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MOST_WAITING", 3)
    challenger = Shadow(pool)
    challenger.offer("nobody", 1, looks(1))
    challenger.model = challenging()
    for visitor in range(5):
        challenger.offer(f"v{visitor}", visitor + 1, looks(visitor))
    challenger.offer("v0", 9, looks(3))  # who waits already is not one more
    running = asyncio.create_task(challenger.run())
    try:
        async with asyncio.timeout(20):
            while await pool.fetchval("SELECT shadowed FROM app.recommender") < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    rows = await pool.fetch("SELECT visitor, model, position FROM app.shadow_lists ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        ("v0", "challenger", 9),
        ("v1", "challenger", 2),
        ("v2", "challenger", 3),
    ]
    assert tuple(await pool.fetchrow("SELECT shadowed, shed FROM app.recommender") or ()) == (3, 2)


def challenging() -> ServingModel:
    model = ItemNeighbours.fit(walks(200), PRODUCTS)
    beside = Neighbours.found_by(model, PRODUCTS, 5)
    return ServingModel("challenger", 0, model, StandIns(VOCABULARY), GoesWith(beside, beside))


def looks(number: int) -> list[Touch]:
    return [Touch("v", f"p{number}", EventKind.VIEWED, 1.0, UUID(int=number))]
