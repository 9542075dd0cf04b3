"""How soon a score follows an event: the intent worker itself, at 1,000 events a second.

    footfall bench intent-serving

A made-up past teaches both models. Each kind of classifier serves in turn, and the metrics are of
the slowest, so that the bound holds whichever is promoted. Visits go on at a steady pace, each
event sent at its own time whether or not the one before is through, while the worker follows the
log in a process of its own. What is reported is what the worker tells of itself: from an event's
reading to its score (and of that the time on the processor, which does not depend on who else uses
the machine), and from its recording to its row.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from application.context import Context
from application.models import note_trained, promote
from benchmarks.databases import fresh_database
from benchmarks.processes import processes, processor_seconds, resident
from benchmarks.report import Report
from domain.basket import Basket
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import Product
from domain.visit import Visit, fact
from footfall.wiring import open_shop
from ml.intent import artifacts
from ml.intent.artifacts import Artifact
from ml.intent.classifiers import probabilities
from ml.intent.drift import Histograms
from ml.intent.examples import Gathering
from ml.intent.fitting import FITS, calibrate
from ml.intent.intent_model import IntentModel
from ml.intent.offers import OfferTerms, choose
from ml.intent.outcomes import TARGETS
from workers.model_files import artifact_path, digest

if TYPE_CHECKING:
    from domain.events import Event
    from footfall.wiring import Shop
    from ml.intent.examples import Examples

RATE = 1_000
SECONDS = 25.0
PAST_VISITS = 4_000
VISITORS = 3_000
"""On the site at once: each does something every three seconds."""
TICK_SECONDS = 0.005
PRODUCTS = 500
SEED = 1


async def run(shop: Shop) -> Report:
    """Measure each kind of classifier in the worker; the metrics are of the slowest."""
    found: dict[str, dict[str, float]] = {}
    for name in FITS:
        found[name] = await _measure(shop, name)
        print(f"{name}: {found[name]}", file=sys.stderr, flush=True)
    slowest = max(found, key=lambda name: found[name]["score_p99_ms"])
    return Report(
        name="intent-serving",
        metrics={
            **found[slowest],
            **{
                f"{measure}_{name.replace(' ', '_')}": row[measure]
                for name, row in found.items()
                for measure in ("score_p99_ms", "score_cpu_p99_ms", "event_to_row_p99_ms")
            },
        },
        ratios={"rate_kept": found[slowest]["events_per_s"] / RATE},
    )


async def _measure(shop: Shop, name: str) -> dict[str, float]:
    async with fresh_database(shop.settings.database_direct_url or "") as own:
        with tempfile.TemporaryDirectory(prefix="footfall-bench-") as directory:
            settings = msgspec.structs.replace(
                shop.settings,
                database_url=own,
                database_direct_url=own,
                data_dir=Path(directory),
                log_level="error",
            )
            async with open_shop(settings) as filled:
                await _begin(filled, name)
                async with processes(settings, ("worker intent",)) as [pid]:
                    await _caught_up(filled)
                    return await _load(filled, pid)


async def _begin(shop: Shop, name: str) -> None:
    """Record a past, and let a classifier of this name serve for both targets."""
    chance = random.Random(SEED)
    now = datetime.now(UTC)
    events = [_product(n, now - timedelta(days=9)) for n in range(PRODUCTS)]
    for number in range(PAST_VISITS):
        at = now - timedelta(days=8) + timedelta(seconds=100 * number)
        events += _visit(chance, f"past-{number}", at)
    events.sort(key=lambda event: event.timestamp)
    for start in range(0, len(events), 5_000):
        await shop.journal.record(Context("bench", now), events[start : start + 5_000])
    gathering = Gathering()
    position = 0
    while page := await shop.journal.read(position, 5_000):
        for recorded in page:
            gathering.add(recorded)
        position = page[-1].position
    past = gathering.examples()
    for target in TARGETS:
        await _serve(shop, name, target, past.asking(target))


async def _serve(shop: Shop, name: str, target: str, past: Examples) -> None:
    grown = FITS[name](past.rows, past.happened, SEED)
    classifier = calibrate(grown, past.rows, past.happened)
    offer = choose(past, probabilities(classifier, past.rows), OfferTerms())
    model = IntentModel(target, name, classifier, offer, Histograms.of(past.rows))
    path = artifact_path(shop.settings.data_dir / "models", target, "1")
    path.parent.mkdir(parents=True)
    artifacts.save(path, Artifact(model, {}))
    context = Context("bench", datetime.now(UTC))
    made: dict[str, Any] = {"artifact": digest(path), "until": 0, "settings": {}, "scores": {}}
    await note_trained(shop.journal, context, target, "1", **made)
    await promote(shop.journal, context, target, "1")


async def _caught_up(shop: Shop) -> None:
    head = await shop.journal.head()
    async with asyncio.timeout(120):
        while (await shop.pool.fetchval("SELECT position FROM app.intent") or 0) < head:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _load(shop: Shop, pid: int) -> dict[str, float]:
    """Send events at the rate, whatever comes of them, and read what the worker tells."""
    visitors = _Visitors(random.Random(SEED))
    scored, used = await shop.pool.fetchval("SELECT scored FROM app.intent"), processor_seconds(pid)
    clock = asyncio.get_running_loop().time
    begun, sent = clock(), 0
    async with asyncio.TaskGroup() as tasks:
        while (passed := clock() - begun) < SECONDS:
            due = int(passed * RATE) - sent
            for _ in range(due):
                tasks.create_task(_record(shop, visitors))
            sent += due
            await asyncio.sleep(TICK_SECONDS)
    await _caught_up(shop)
    lasted, used = clock() - begun, processor_seconds(pid) - used
    await asyncio.sleep(5.5)  # it tells of its latencies every five seconds, with the next event
    await _record(shop, visitors)
    await _caught_up(shop)
    told = await shop.pool.fetchrow("SELECT scored, score_ms, row_ms FROM app.intent")
    if told is None:
        raise LookupError("the worker told nothing")
    score_ms, row_ms = (msgspec.json.decode(told[name]) for name in ("score_ms", "row_ms"))
    return {
        "score_p50_ms": score_ms["p50"],
        "score_p99_ms": score_ms["p99"],
        "score_cpu_p99_ms": score_ms["cpu_p99"],
        "event_to_row_p50_ms": row_ms["p50"],
        "event_to_row_p99_ms": row_ms["p99"],
        "events_per_s": (told["scored"] - scored - 1) / lasted,
        "rss_mb": resident(pid),
        "cores": used / lasted,
    }


async def _record(shop: Shop, visitors: _Visitors) -> None:
    now = datetime.now(UTC)
    await shop.journal.record(Context("bench", now), [visitors.next_event(now)])


class _Visitors:
    """Who is on the site: somebody else comes for whoever has ordered or done forty things."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._names = [f"v{number}" for number in range(VISITORS)]
        self._done = [0] * VISITORS
        self._next = VISITORS

    def next_event(self, at: datetime) -> Event:
        """Return what somebody does now."""
        chance = self._chance
        number = chance.randrange(VISITORS)
        name, drawn = self._names[number], chance.random()
        self._done[number] += 1
        is_over = drawn > 0.995 or self._done[number] > 40
        if is_over:
            self._names[number], self._done[number] = f"v{self._next}", 0
            self._next += 1
        if drawn > 0.995:
            return _ordered(name, at)
        return _done(chance, name, at, drawn)


def _visit(chance: random.Random, name: str, at: datetime) -> list[Event]:
    events = []
    for _ in range(chance.randint(1, 30)):
        at += timedelta(seconds=chance.uniform(2, 60))
        events.append(_done(chance, name, at, chance.random()))
        if isinstance(events[-1], Basket.ItemAdded) and chance.random() < 0.3:
            events.append(_ordered(name, at + timedelta(seconds=30)))
            break
    return events


def _done(chance: random.Random, name: str, at: datetime, drawn: float) -> Event:
    """Return a look, some time spent or a basket addition, in a shop's usual mix."""
    product_id = f"p{int(PRODUCTS * chance.random() ** 2)}"
    if drawn < 0.3:
        return fact(Visit.PageViewed, name, at, visitor=name, url=f"/c/{product_id[:2]}")
    if drawn < 0.7:
        return fact(Visit.ProductViewed, name, at, visitor=name, product_id=product_id)
    if drawn < 0.92:
        spent = chance.randrange(90_000)
        return fact(
            Visit.Dwelled, name, at, visitor=name, product_id=product_id, milliseconds=spent
        )
    return _event(
        Basket.ItemAdded,
        Basket.stream_id(f"visitor:{name}"),
        at,
        product_id=product_id,
        quantity=1,
        unit_price=Money(1_299, "EUR"),
    )


def _ordered(name: str, at: datetime) -> Event:
    return _event(
        Order.Placed,
        Order.stream_id(f"{name}-{at.timestamp()}"),
        at,
        originator_topic="",
        shopper_id="",
        visitor=name,
        lines=(OrderLine("p1", "A thing", 1, 1_299),),
        currency="EUR",
        goods_minor=1_299,
        total_minor=1_299,
    )


def _product(number: int, at: datetime) -> Event:
    return _event(
        Product.Added,
        Product.stream_id(f"p{number}"),
        at,
        originator_topic="",
        name=f"Product {number}",
        description="",
        category=f"c{number % 12}",
        price=Money(500 + 7 * number, "EUR"),
        stock=None,
        attributes={},
    )


def _event(kind: Any, stream_id: str, at: datetime, **fields: object) -> Event:
    made: Event = kind(originator_id=stream_id, originator_version=0, timestamp=at, **fields)
    return made
