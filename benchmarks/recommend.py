"""Recommendations over 50,000 products: how soon a list knows an event, how fast it is answered.

API, projector and recommender are processes of their own; 500 events a second come in by HTTP and
200 lists a second are asked for, all on this machine. Every product is in the catalogue and in a
blend with a neural sequence model of the default size; its one epoch makes it no worse to time.
The database is vacuumed once the catalogue is in, as that of a shop which did not write all of it
a moment ago.
``fresh`` is from an event being durable to its visitor's list being there. It is measured after
five seconds of the same load, when most visitors are known; rows of what goes with each product
are still being written meanwhile. The peer of an answer is /health/live of the same
API at the same moment: what a request costs that does nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiohttp
import asyncpg
import msgspec

from application.context import Context
from application.keys import create_key
from application.models import note_trained, promote
from benchmarks.databases import fresh_database
from benchmarks.processes import processes, processor_seconds, resident
from benchmarks.report import Report, percentile
from domain.money import Money
from domain.product import Product
from domain.visit import Visit, fact
from footfall.commands.serve import free_port
from footfall.everything import wait_until_healthy
from footfall.wiring import open_shop
from ml.recommendation import artifacts
from ml.recommendation.artifacts import Artifact
from ml.recommendation.behaviour import Touch, contexts_of
from ml.recommendation.blend import Blend
from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.sequence_model import SequenceSettings
from ml.recommendation.sequence_training import train as train_sequence_model
from ml.recommendation.sessions import EventKind
from ml.recommendation.training import TrainingSettings, train
from projections.position_waiter import PositionWaiter
from projections.recommendations import NAME
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from footfall.settings import Settings
    from footfall.wiring import Shop
    from ml.recommendation.sessions import Sessions
    from ml.recommendation.training import Trained

PRODUCTS = 50_000
SESSIONS = 40_000
NEURAL_SESSIONS = 2_000  # of the same, to train weights that are only timed
NEURAL_WEIGHT = 0.5
NEIGHBOURHOOD = 40
"""Products between which a session moves."""
EVENTS_PER_S, BATCH = 500, 10
GETS_PER_S = 200
WARM_UP_SECONDS, SECONDS = 5.0, 20.0
MOST_PAUSE_SECONDS = 0.1
"""Between two measured events, at random: else they keep step with the recommender's rounds."""
VISITORS = 2_000
READY_SECONDS = 600
_LISTS = "/v1/recommendations?visitor={}"


async def run(shop: Shop, *, seconds: float = SECONDS) -> Report:
    """Train on made-up sessions, start the processes, and measure under load."""
    with TemporaryDirectory() as kept:
        async with fresh_database(shop.settings.database_direct_url or "") as own:
            settings = msgspec.structs.replace(
                shop.settings,
                data_dir=Path(kept),
                database_url=own,
                database_direct_url=own,
                port=free_port("127.0.0.1"),
                log_level="error",
                intake_events_per_second=1_000_000,
            )
            return await _measure(settings, seconds)


async def _measure(settings: Settings, seconds: float) -> Report:
    started = time.monotonic()
    vocabulary = await asyncio.to_thread(_train, settings.data_dir / "models")
    trained_after = time.monotonic() - started
    async with open_shop(settings) as shop:
        context = Context("bench", datetime.now(UTC))
        learnt: dict[str, Any] = {"artifact": "", "until": 0, "settings": {}, "scores": {}}
        await _fill_catalogue(shop, context)
        learnt["until"] = await shop.journal.head()
        await note_trained(shop.journal, context, RECOMMENDER, "bench", **learnt)
        await promote(shop.journal, context, RECOMMENDER, "bench")
        key = (await create_key(shop.pool, "write", name="bench")).key
        commands = ("api", "worker projector", "worker recommender")
        started = time.monotonic()
        async with (
            processes(settings, commands) as pids,
            PositionWaiter(shop.pool, shop.redis) as w,
        ):
            url = f"http://{settings.host}:{settings.port}"
            await wait_until_healthy(url, asyncio.Event(), probe="live")
            await w.wait_for([NAME], await shop.journal.head(), READY_SECONDS)
            ready_after = time.monotonic() - started
            await w.wait_for(["catalogue"], await shop.journal.head(), READY_SECONDS)
            await _vacuum(settings.database_direct_url or "")
            load = _Load(url, key, vocabulary)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(load.send(WARM_UP_SECONDS + seconds))
                await load.ask(_LISTS, WARM_UP_SECONDS)
                before = [processor_seconds(pid) for pid in pids]
                fresh = tasks.create_task(_fresh(shop, w, vocabulary, seconds))
                gets = tasks.create_task(load.ask(_LISTS, seconds))
                bare = tasks.create_task(load.ask("/health/live?{}", seconds, per_second=20))
            memory = resident(pids[2])
            api, _, recommender = (
                (processor_seconds(pid) - busy) / seconds
                for pid, busy in zip(pids, before, strict=True)
            )
    times, answers, nothing = fresh.result(), gets.result(), bare.result()
    return Report(
        name="recommend",
        metrics={
            "products": len(vocabulary),
            "fresh_p50_ms": percentile(times, 0.5) * 1_000,
            "fresh_p95_ms": percentile(times, 0.95) * 1_000,
            "get_p50_ms": percentile(answers, 0.5) * 1_000,
            "get_p99_ms": percentile(answers, 0.99) * 1_000,
            "gets_per_s": len(answers) / seconds,
            "events_per_s": load.sent / (WARM_UP_SECONDS + seconds),
            "refused": load.refused,
            "rss_mb": memory,
            "api_cores": api,
            "recommender_cores": recommender,
            "training_s": trained_after,
            "until_first_list_s": ready_after,
        },
        ratios={"get_p50_vs_bare_p50": percentile(answers, 0.5) / percentile(nothing, 0.5)},
    )


def _train(directory: Path) -> tuple[str, ...]:
    """Learn from sessions that move within neighbourhoods; return the products."""
    chance = random.Random(1)
    then = datetime(2026, 3, 1, tzinfo=UTC)
    history = []
    numbers = count(1)
    for n in range(SESSIONS):
        first = chance.randrange(PRODUCTS)
        around = [(first + chance.randrange(NEIGHBOURHOOD)) % PRODUCTS for _ in range(6)]
        at = then + timedelta(seconds=20 * n)
        history.append(
            [
                Touch(
                    f"v{n}",
                    f"p{product}",
                    EventKind.VIEWED,
                    at.timestamp() + step,
                    UUID(int=next(numbers)),
                )
                for step, product in enumerate([first, *around])
            ]
        )
    content = {f"p{n}": _described(n) for n in range(PRODUCTS)}
    trained = train(history, content, TrainingSettings(epochs=0, most_cases=1_000))
    model = _with_neural(trained, contexts_of(history[-NEURAL_SESSIONS:], trained.vocabulary))
    about = {"learnt_until": 0.0, "until": PRODUCTS}
    for kind in (RECOMMENDER, NEIGHBOURS):
        artifact_path(directory, kind, "bench").parent.mkdir(parents=True)
    trained.goes_with.save(artifact_path(directory, NEIGHBOURS, "bench"), trained.vocabulary, about)
    artifacts.save(
        artifact_path(directory, RECOMMENDER, "bench"), Artifact(model, trained.vocabulary, about)
    )
    return trained.vocabulary.products


def _with_neural(trained: Trained, sessions: Sessions) -> Blend:
    """Return the blend with a sequence model of the default size, whatever it is worth."""
    content = next(p for p in trained.model.components if isinstance(p, ContentSimilarity))
    settings = SequenceSettings(epochs=1)
    neural, _ = train_sequence_model(
        sessions, len(trained.vocabulary), settings, content=content.dense
    )
    blend = trained.model
    return Blend((*blend.components, neural), (*blend.weights, NEURAL_WEIGHT), blend.own_weights)


def _described(number: int) -> ProductContent:
    """Return what a shop says of a product: common words, and some of its neighbourhood's."""
    chance = random.Random(number)
    common = [f"common{int(chance.paretovariate(0.7))}" for _ in range(12)]
    around = [f"word{number // NEIGHBOURHOOD}-{chance.randrange(20)}" for _ in range(6)]
    return ProductContent(
        text=" ".join([f"Product {number}", *common, *around]),
        category=f"shelf{number // 2_500}/board{number // 250}",
        attributes={"colour": f"c{number % 9}", "brand": f"b{number // 100}"},
        price_minor=chance.randrange(100, 100_000),
    )


async def _fill_catalogue(shop: Shop, context: Context) -> None:
    make: Any = Product.Added
    for start in range(0, PRODUCTS, 5_000):
        added = []
        for number in range(start, start + 5_000):
            content = _described(number)
            added.append(
                make(
                    originator_id=Product.stream_id(f"p{number}"),
                    originator_version=1,
                    timestamp=context.now,
                    originator_topic="",
                    name=f"Product {number}",
                    description=content.text,
                    category=content.category,
                    price=Money(content.price_minor or 0, "EUR"),
                    stock=None,
                    attributes=content.attributes,
                )
            )
        await shop.journal.record(context, added)


async def _vacuum(database: str) -> None:
    owner: asyncpg.Connection[Any] = await asyncpg.connect(database)
    try:
        await owner.execute("VACUUM (ANALYZE)")
    finally:
        await owner.close()


async def _fresh(
    shop: Shop, waiter: PositionWaiter, products: tuple[str, ...], seconds: float
) -> list[float]:
    """Record events one after the other; return how long each took to be in its list."""
    chance, times = random.Random(2), []
    stop_at = time.monotonic() + seconds
    context = Context("bench", datetime.now(UTC))
    while time.monotonic() < stop_at:
        visitor = f"w{chance.randrange(VISITORS)}"
        viewed = fact(
            Visit.ProductViewed,
            visitor,
            datetime.now(UTC),
            visitor=visitor,
            product_id=chance.choice(products),
        )
        position = (await shop.journal.record(context, [viewed])).last_position
        durable = time.perf_counter()
        await waiter.wait_for([NAME], position, 60)
        times.append(time.perf_counter() - durable)
        await asyncio.sleep(chance.uniform(0, MOST_PAUSE_SECONDS))
    return times


class _Load:
    """Sends behaviour and asks for lists, each at a steady pace."""

    def __init__(self, url: str, key: str, products: tuple[str, ...]) -> None:
        self._url = url
        self._headers = {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        self._products = products
        self._chance = random.Random(3)
        self.sent = self.refused = 0

    async def send(self, seconds: float) -> None:
        async def batch(client: aiohttp.ClientSession) -> None:
            messages = [
                {
                    "type": "track",
                    "anonymousId": f"w{self._chance.randrange(VISITORS)}",
                    "event": "Product Viewed",
                    "properties": {"product_id": self._chance.choice(self._products)},
                }
                for _ in range(BATCH)
            ]
            async with client.post(
                f"{self._url}/v1/batch", json={"batch": messages}, headers=self._headers
            ) as answer:
                if answer.status == 200:
                    self.sent += BATCH
                else:
                    self.refused += BATCH

        await _at_pace(batch, EVENTS_PER_S / BATCH, seconds)

    async def ask(
        self, path: str, seconds: float, *, per_second: float = GETS_PER_S
    ) -> list[float]:
        times: list[float] = []

        async def get(client: aiohttp.ClientSession) -> None:
            asked = f"{self._url}{path.format(f'w{self._chance.randrange(VISITORS)}')}"
            started = time.perf_counter()
            async with client.get(asked) as answer:
                await answer.read()
            times.append(time.perf_counter() - started)
            self.refused += answer.status >= 500

        await _at_pace(get, per_second, seconds)
        return times


async def _at_pace(work: Any, per_second: float, seconds: float) -> None:
    """Start work at even distances, whether or not what came before is done."""
    started = time.monotonic()
    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
        for n in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, started + n / per_second - time.monotonic()))
            tasks.create_task(work(client))
