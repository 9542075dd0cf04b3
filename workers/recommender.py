"""The recommender: keeps a list for each visitor who does something, moments after it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from domain.model import Model
from domain.vocabulary import EVENTS
from ml.recommendation.behaviour import EVENTS as TOUCHING
from ml.recommendation.behaviour import Histories, touches
from ml.recommendation.descriptions import DESCRIBING, describe
from ml.recommendation.ranked_lists import rank
from ml.tensor_files import ArtifactRefused
from projections.position_waiter import tell_progress
from projections.recommendations import NAME, KeptList, TouchedProduct, kept_position
from projections.runner import TRANSIENT, heed_cancellation, patiently
from workers.model_files import RECOMMENDER
from workers.product_neighbours import ProductNeighbours
from workers.serving_model import load
from workers.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import asyncpg
    import redis.asyncio as aioredis

    from application.journal import Journal
    from domain.events import Recorded
    from ml.recommendation.descriptions import ProductContent
    from ml.recommendation.ranked_lists import RankedList
    from workers.serving_model import ServingModel

logger = structlog.get_logger(__name__)

WARM_EVENTS = 50_000
"""Events before the present that are read at the start, to know who is in the shop."""
PAGE = 5_000
"""Events taken at once: under load a visitor with several of them is ranked once."""
GATHER_SECONDS = 0.01
"""Between two rankings: several visitors together cost a fifth of what each costs alone."""
REASONS = 3
"""Latest touches of a product that a list names."""
_TOPICS = [event.TOPIC for event in TOUCHING]
_DESCRIBING = [event.TOPIC for event in DESCRIBING]
_MODEL_TOPICS = {topic for topic in EVENTS if topic.startswith("model.")}


async def run_recommender(
    journal: Journal, pool: asyncpg.Pool[Any], client: aioredis.Redis, directory: Path
) -> None:
    """Follow the log and rank with the champion until cancelled.

    ``directory`` holds the artifacts. While no model serves, positions move on and lists stay.
    """
    neighbours = ProductNeighbours(pool)
    shadow = Shadow(pool)
    beside = {
        asyncio.create_task(neighbours.run(), name="product-neighbours"),
        asyncio.create_task(shadow.run(), name="shadow"),
    }
    try:
        attempt = 0
        while True:
            heed_cancellation()
            try:
                await _Recommender(journal, pool, client, directory, neighbours, shadow).follow()
            except TRANSIENT as error:
                logger.warning("recommender_waits", reason=repr(error))
            await patiently(attempt)
            attempt += 1
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)


class _Recommender:
    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool[Any],
        client: aioredis.Redis,
        directory: Path,
        neighbours: ProductNeighbours,
        shadow: Shadow,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._client = client
        self._directory = directory
        self._neighbours = neighbours
        self._shadow = shadow
        self._histories = Histories()
        self._champion: ServingModel | None = None
        self._content: dict[str, ProductContent] = {}

    async def follow(self) -> None:
        """Warm up, then take every page of the log."""
        head = await self._journal.head()
        async with self._pool.acquire() as connection:
            kept = await kept_position(connection)
        start = max(kept, head - WARM_EVENTS)
        await self._warm_up(max(0, head - WARM_EVENTS), start)
        await self._choose_models(start)
        async with aclosing(self._journal.follow(start, page_size=PAGE)) as pages:
            async for page in pages:
                await self._take(page)
                heed_cancellation()
                await asyncio.sleep(GATHER_SECONDS)

    async def _warm_up(self, after: int, until: int) -> None:
        while page := await self._journal.read(after, 5_000, topics=_TOPICS, until=until):
            for recorded in page:
                for touch in touches(recorded):
                    self._histories.add(touch)
            after = page[-1].position

    async def _take(self, page: Sequence[Recorded]) -> None:
        position = page[-1].position
        if any(recorded.topic in _MODEL_TOPICS for recorded in page):
            await self._choose_models(page[0].position - 1)
        await self._describe(page)
        made_at: dict[str, int] = {}
        for recorded in page:
            for touch in touches(recorded):
                self._histories.add(touch)
                made_at[touch.visitor] = recorded.position
        lists: list[bytes] = []
        if self._champion is not None and made_at:
            lists = await self._rank(self._champion, made_at)
        version = self._champion.version if self._champion else ""
        async with self._pool.acquire() as connection:
            ranked = made_at if lists else {}
            texts = [each.decode() for each in lists]
            rows = list(ranked), list(ranked.values()), texts
            await connection.execute(_KEEP, *rows, version, position)
        await tell_progress(self._client, {NAME: position})
        if lists:
            self._neighbours.step_back()
        for visitor, at in made_at.items() if self._shadow.model else ():
            self._shadow.offer(visitor, at, list(self._histories.of(visitor)))

    async def _rank(self, champion: ServingModel, visitors: Iterable[str]) -> list[bytes]:
        """Return their lists as they are kept."""
        histories = [list(self._histories.of(visitor)) for visitor in visitors]

        def ranked() -> list[bytes]:
            lists = rank(champion.model, champion.known, champion.goes_with.alike, histories)
            return [msgspec.json.encode(kept(each)) for each in lists]

        # The one door by which ranking leaves the loop: it takes milliseconds of a core.
        return await asyncio.to_thread(ranked)

    async def _describe(self, page: Sequence[Recorded]) -> None:
        """Give what was added since a model had learnt a place beside what it knows."""
        content = self._content
        named = filter(None, [describe(content, recorded) for recorded in page])
        changed = {product_id: content[product_id] for product_id in named}
        if changed and self._champion is not None:
            placed = await asyncio.to_thread(self._champion.known.describe, changed)
            self._neighbours.renew(placed)
        if changed and self._shadow.model is not None:
            await asyncio.to_thread(self._shadow.model.known.describe, changed)

    async def _choose_models(self, position: int) -> None:
        """Load what serves and shadows by now; what cannot be read leaves what does at present.

        ``position``: up to which what is said of products is told to it here.
        """
        line = await self._journal.load(Model, RECOMMENDER)
        champion = await self._loaded(self._champion, line.champion if line else "", position)
        if champion is not None and champion is not self._champion:
            self._neighbours.begin(champion)
            logger.info("model_serves", version=champion.version)
        self._champion = champion
        shadow = line.shadow if line else ""
        self._shadow.model = await self._loaded(self._shadow.model, shadow, position)

    async def _loaded(
        self, present: ServingModel | None, version: str, position: int
    ) -> ServingModel | None:
        if not version or (present is not None and present.version == version):
            return present if version else None
        try:
            model = await asyncio.to_thread(load, self._directory, version)
        except (ArtifactRefused, OSError) as error:
            logger.warning("model_not_loaded", version=version, reason=str(error))
            return present
        content = await self._described(model.until, position)
        await asyncio.to_thread(model.known.describe, content)
        self._content |= content
        return model

    async def _described(self, after: int, until: int) -> dict[str, ProductContent]:
        content: dict[str, ProductContent] = {}
        while page := await self._journal.read(after, PAGE, topics=_DESCRIBING, until=until):
            for recorded in page:
                describe(content, recorded)
            after = page[-1].position
        return content


def kept(ranked: RankedList) -> KeptList:
    """Return a list as it is kept."""
    return KeptList(
        tuple(ranked.products),
        tuple(ranked.scores),
        tuple(ranked.because),
        tuple(
            TouchedProduct(
                touched[0].product_id,
                max(int(touch.kind or 0) for touch in touched),
                tuple((int(touch.kind or 0), touch.event_id) for touch in touched[-REASONS:]),
            )
            for touched in ranked.touched
        ),
    )


_KEEP = """
    WITH soon AS MATERIALIZED (
        -- Lists and position are lost together in a crash, and then made again.
        SELECT set_config('synchronous_commit', 'off', true)
    ), moved AS (
        INSERT INTO app.recommender (position, model) SELECT $5, $4 FROM soon
        ON CONFLICT (only_row) DO UPDATE SET
            position = excluded.position, model = excluded.model, updated_at = now()
    )
    -- A list knows of the whole page, of products that came after its visitor too.
    INSERT INTO app.recommendation_lists (visitor, model, position, known_until, list)
    SELECT visitor, $4, position, $5, list
    FROM unnest($1::text[], $2::bigint[], $3::json[]) AS n (visitor, position, list)
    ON CONFLICT (visitor) DO UPDATE SET
        model = excluded.model, position = excluded.position, known_until = excluded.known_until,
        list = excluded.list, updated_at = now()"""
"""One statement, so that a round waits for Postgres once."""
