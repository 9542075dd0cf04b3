"""The recommender: keeps a list for each visitor who does something, moments after it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from domain.model import Model
from domain.vocabulary import EVENTS
from ml.behaviour import EVENTS as TOUCHING
from ml.behaviour import Histories, touches
from ml.ranked_lists import Neighbours, neighbours_of, rank
from ml.tensor_files import ArtifactRefused
from projections.fold import write_rows
from projections.position_waiter import tell_progress
from projections.recommendations import NAME, kept_position
from projections.runner import TRANSIENT, heed_cancellation, patiently
from workers.model_files import COMPLEMENTS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import asyncpg
    import redis.asyncio as aioredis

    from application.journal import Journal
    from domain.events import Recorded
    from ml.behaviour import Touch
    from ml.ranked_lists import Ranked
    from ml.recommender import Recommender
    from ml.sessions import Vocabulary

logger = structlog.get_logger(__name__)

WARM_EVENTS = 50_000
"""Events before the present that are read at the start, to know who is in the shop."""
NEIGHBOURS = 60
PAGE = 5_000
"""Events taken at once: under load a visitor with several of them is ranked once."""
_TOPICS = [event.TOPIC for event in TOUCHING]
_MODEL_TOPICS = {topic for topic in EVENTS if topic.startswith("model.")}


class Champion(NamedTuple):
    """The model that serves, ready to rank."""

    version: str
    model: Recommender
    vocabulary: Vocabulary
    neighbours: Neighbours


async def run_recommender(
    journal: Journal, pool: asyncpg.Pool[Any], client: aioredis.Redis, directory: Path
) -> None:
    """Follow the log and rank with the champion until cancelled.

    ``directory`` holds the artifacts. While no model serves, positions move on and lists stay.
    """
    attempt = 0
    while True:
        heed_cancellation()
        try:
            await _Recommender(journal, pool, client, directory).follow()
        except TRANSIENT as error:
            logger.warning("recommender_waits", reason=repr(error))
        await patiently(attempt)
        attempt += 1


class _Recommender:
    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool[Any],
        client: aioredis.Redis,
        directory: Path,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._client = client
        self._directory = directory
        self._histories = Histories()
        self._champion: Champion | None = None

    async def follow(self) -> None:
        """Warm up, then take every page of the log."""
        head = await self._journal.head()
        async with self._pool.acquire() as connection:
            kept = await kept_position(connection)
        start = max(kept, head - WARM_EVENTS)
        await self._warm_up(max(0, head - WARM_EVENTS), start)
        await self._choose_champion()
        async with aclosing(self._journal.follow(start, page_size=PAGE)) as pages:
            async for page in pages:
                await self._take(page)
                heed_cancellation()

    async def _warm_up(self, after: int, until: int) -> None:
        while page := await self._journal.read(after, 5_000, topics=_TOPICS, until=until):
            for recorded in page:
                for touch in touches(recorded):
                    self._histories.add(touch)
            after = page[-1].position

    async def _take(self, page: Sequence[Recorded]) -> None:
        if any(recorded.topic in _MODEL_TOPICS for recorded in page):
            await self._choose_champion()
        made_at: dict[str, int] = {}
        for recorded in page:
            for touch in touches(recorded):
                self._histories.add(touch)
                made_at[touch.visitor] = recorded.position
        if self._champion is not None and made_at:
            await self._rank(self._champion, made_at)
        position = page[-1].position
        async with self._pool.acquire() as connection:
            await connection.execute(
                _MOVE, position, self._champion.version if self._champion else ""
            )
        await tell_progress(self._client, {NAME: position})

    async def _rank(self, champion: Champion, made_at: dict[str, int]) -> None:
        visitors = list(made_at)
        histories = [list(self._histories.of(visitor)) for visitor in visitors]
        # The one door by which ranking leaves the loop: it takes milliseconds of a core.
        lists = await asyncio.to_thread(
            lambda: list(rank(champion.model, champion.vocabulary, champion.neighbours, histories))
        )
        async with self._pool.acquire() as connection:
            await write_rows(
                connection,
                _WRITE,
                (
                    (visitor, champion.version, made_at[visitor], _items(ranked), _touched(history))
                    for visitor, history, ranked in zip(visitors, histories, lists, strict=True)
                ),
            )

    async def _choose_champion(self) -> None:
        """Load the model that serves by now; one that cannot be read leaves the present one."""
        line = await self._journal.load(Model, RECOMMENDER)
        version = line.champion if line else ""
        if self._champion is not None and self._champion.version == version:
            return
        if not version:
            self._champion = None
            return
        try:
            champion, complements = await asyncio.to_thread(self._load, version)
        except (ArtifactRefused, OSError) as error:
            logger.warning("model_not_loaded", version=version, reason=str(error))
            return
        await self._write_neighbours(champion, complements)
        self._champion = champion
        logger.info("model_serves", version=version)

    def _load(self, version: str) -> tuple[Champion, Neighbours | None]:
        from ml import artifacts  # noqa: PLC0415 - torch takes its time, and most starts need none

        loaded = artifacts.load(artifact_path(self._directory, RECOMMENDER, version))
        products = len(loaded.vocabulary)
        neighbours = neighbours_of(loaded.model, products, min(NEIGHBOURS, products))
        champion = Champion(version, loaded.model, loaded.vocabulary, neighbours)
        beside = artifact_path(self._directory, COMPLEMENTS, version)
        if not beside.exists():
            return champion, None
        bought = artifacts.load(beside)
        return champion, neighbours_of(bought.model, products, min(NEIGHBOURS, products))

    async def _write_neighbours(self, champion: Champion, complements: Neighbours | None) -> None:
        names = champion.vocabulary.products
        rows = (
            (
                product_id,
                champion.version,
                _scored(names, champion.neighbours, number),
                _scored(names, complements, number) if complements else [],
            )
            for number, product_id in enumerate(names)
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM app.product_neighbours")
            while chunk := [row for row, _ in zip(rows, range(1_000), strict=False)]:
                await write_rows(connection, _WRITE_NEIGHBOURS, chunk)


def _items(ranked: Sequence[Ranked]) -> list[dict[str, object]]:
    return [
        {
            "product_id": each.product_id,
            "score": each.score,
            "because": [
                (touch.product_id, int(touch.kind or 0), touch.event_id)
                for touch in each.because[-3:]
            ],
        }
        for each in ranked
    ]


def _touched(history: Sequence[Touch]) -> dict[str, int]:
    """Return the strongest that was done to each product."""
    strongest: dict[str, int] = {}
    for touch in history:
        kind = int(touch.kind or 0)
        strongest[touch.product_id] = max(kind, strongest.get(touch.product_id, 0))
    return strongest


def _scored(names: Sequence[str], found: Neighbours, number: int) -> list[tuple[str, float]]:
    pairs = zip(found.products[number], found.scores[number], strict=True)
    return [(names[other], round(float(score), 6)) for other, score in pairs if score > 0]


_MOVE = """
    INSERT INTO app.recommender (position, model) VALUES ($1, $2)
    ON CONFLICT (only_row) DO UPDATE SET
        position = excluded.position, model = excluded.model, updated_at = now()"""
_WRITE = """
    INSERT INTO app.recommendation_lists (visitor, model, position, items, touched)
    SELECT * FROM json_to_recordset($1) AS n (
        visitor text, model text, position bigint, items jsonb, touched jsonb)
    ON CONFLICT (visitor) DO UPDATE SET
        model = excluded.model, position = excluded.position, items = excluded.items,
        touched = excluded.touched, updated_at = now()"""
_WRITE_NEIGHBOURS = """
    INSERT INTO app.product_neighbours (product_id, model, alike, complements)
    SELECT * FROM json_to_recordset($1) AS n (
        product_id text, model text, alike jsonb, complements jsonb)"""
