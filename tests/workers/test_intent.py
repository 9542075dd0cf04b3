"""The intent worker over a real log: scores live as in a replay; drift is told, none without."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from application.context import Context
from application.models import promote
from domain.basket import Basket
from domain.events import Created
from domain.model import Model
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import Product
from domain.visit import Visit, fact
from ml.intent.outcomes import ABANDONMENT, INTENT
from ml.intent.training import IntentSettings, NotEnoughVisits
from projections.intent import intent_of, kept_digests
from tests.shops import an_open_shop
from workers import intent_fold
from workers.intent import run_intent
from workers.intent_trainer import train_intent_model
from workers.model_files import artifact_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from domain.events import Event
    from footfall.wiring import Shop
    from ml.intent.scoring import Page

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

BEGIN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
OPERATOR = Context("test", BEGIN)
SETTINGS = IntentSettings(fewest_of_each=5)


class Told(NamedTuple):
    """What was said after one event, to the last bit."""

    position: int
    row: bytes
    intent: float
    abandonment: float | None
    models: tuple[tuple[str, str], ...]


@pytest.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as shop:
        yield shop


def made(kind: Any, stream_id: str, at: datetime, **fields: Any) -> Event:
    if issubclass(kind, Created):
        fields["originator_topic"] = ""
    event: Event = kind(originator_id=stream_id, originator_version=0, timestamp=at, **fields)
    return event


def goods() -> list[Event]:
    return [
        made(
            Product.Added,
            f"product-p{n}",
            BEGIN,
            name=f"P {n}",
            description="",
            category="things",
            price=Money(1_000 * (n + 1), "EUR"),
            stock=None,
            attributes={},
        )
        for n in range(5)
    ]


def visits(count: int, *, seed: int = 1, begin: float = 0.0, slow: float = 1.0) -> list[Event]:
    """Return visits, several at a time; who looks long fills a basket, who looks longer orders."""
    chance = random.Random(seed)
    events: list[Event] = []
    for number in range(count):
        name, interest = f"v{seed}-{number}", chance.random()
        at = BEGIN + timedelta(seconds=begin + 400 * number)

        def look(kind: type[Event], when: datetime, name: str = name, **fields: Any) -> Event:
            return fact(kind, name, when, visitor=name, **fields)

        for step in range(chance.randint(1, 6)):
            product_id = f"p{chance.randrange(5)}"
            at += timedelta(seconds=slow * chance.uniform(10, 30))
            events.append(look(Visit.ProductViewed, at, product_id=product_id))
            at += timedelta(seconds=slow * (40 * interest + 5))
            dwell = round(1_000 * slow * (40 * interest + 5 * chance.random()))
            events.append(look(Visit.Dwelled, at, product_id=product_id, milliseconds=dwell))
            if step == 1 and interest > 0.5:
                at += timedelta(seconds=10)
                price = Money(2_000, "EUR")
                added = {"product_id": product_id, "quantity": 1, "unit_price": price}
                events.append(made(Basket.ItemAdded, f"basket-visitor:{name}", at, **added))
                if chance.random() < interest**2:
                    at += timedelta(seconds=30)
                    events.append(ordered(name, at))
    return sorted(events, key=lambda event: event.timestamp)


def ordered(name: str, at: datetime) -> Event:
    line = OrderLine("p1", "", 1, 2_000)
    return made(
        Order.Placed,
        f"order-{name}-{at.timestamp()}",
        at,
        shopper_id="",
        visitor=name,
        lines=(line,),
        currency="EUR",
        goods_minor=2_000,
        total_minor=2_000,
    )


async def records(shop: Shop, events: Sequence[Event], *, at_once: int = 500) -> None:
    for start in range(0, len(events), at_once):
        await shop.journal.record(OPERATOR, events[start : start + at_once])


async def trained(shop: Shop, directory: Path) -> dict[str, str]:
    """Let both models learn and serve."""
    versions = {}
    for kind in (INTENT, ABANDONMENT):
        outcome = await train_intent_model(shop.journal, directory, kind, SETTINGS)
        versions[kind] = outcome.version
        if not outcome.is_promoted:
            await promote(shop.journal, OPERATOR, kind, outcome.version)
    return versions


@asynccontextmanager
async def scoring(shop: Shop, directory: Path) -> AsyncIterator[list[Told]]:
    """Run the worker for the length of the block; what it says is put into the list."""
    told: list[Told] = []

    def watch(page: Page) -> None:
        told.extend(
            Told(
                asked.position,
                asked.row.tobytes(),
                asked.probabilities[INTENT],
                asked.probabilities.get(ABANDONMENT),
                tuple(sorted(asked.models.items())),
            )
            for asked in page.asked
        )

    task = asyncio.create_task(
        run_intent(
            shop.journal,
            shop.pool,
            shop.redis,
            directory,
            abandon_after_seconds=1_800,
            watching=watch,
        )
    )
    try:
        yield told
        await asyncio.sleep(0.2)  # the last page is shown here after others can see its rows
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def scored(shop: Shop) -> None:
    """Return once the worker stands at the head of the log."""
    head = await shop.journal.head()
    async with asyncio.timeout(60):
        while (await shop.pool.fetchval("SELECT position FROM app.intent") or 0) < head:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def forgotten(shop: Shop) -> None:
    """Let the worker begin again at position zero."""
    await shop.pool.execute("DELETE FROM app.intent")
    await shop.pool.execute("DELETE FROM app.intent_visits")


async def digests(shop: Shop) -> dict[int, bytes]:
    async with shop.pool.acquire() as connection:
        return await kept_digests(connection)


async def test_what_was_said_live_is_said_again_by_a_replay_to_the_last_bit(
    shop: Shop, tmp_path: Path
) -> None:
    await records(shop, [*goods(), *visits(400)])
    async with scoring(shop, tmp_path) as live:
        await scored(shop)
        await trained(shop, tmp_path)  # another model answers from the middle of the log on
        later = visits(60, seed=2, begin=400 * 400)
        await records(shop, later[:101], at_once=1)
        await records(shop, later[101:], at_once=7)
        await scored(shop)
    open_then = await digests(shop)

    await forgotten(shop)
    async with scoring(shop, tmp_path) as replayed:
        await scored(shop)
    assert replayed == live
    assert len(live) == len(visits(400)) + len(later)
    assert len({each.models for each in live}) > 1
    assert len({each.intent for each in live}) > 200
    assert await digests(shop) == open_then


@pytest.mark.parametrize("keeps_its_fold", [True, False])
async def test_a_worker_that_is_started_again_goes_on_as_one_that_never_stopped(
    keeps_its_fold: bool,  # noqa: FBT001
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if keeps_its_fold:
        monkeypatch.setattr(intent_fold, "EVERY_EVENTS", 1)
        monkeypatch.setattr(intent_fold, "EVERY_SECONDS", 0.0)
    await records(shop, [*goods(), *visits(300)])
    await trained(shop, tmp_path)
    later = visits(40, seed=2, begin=400 * 300)
    told: list[Told] = []
    for start in range(0, len(later), 60):
        async with scoring(shop, tmp_path) as some:
            await scored(shop)
            await records(shop, later[start : start + 60], at_once=13)
            await scored(shop)
        told += some
    open_then = await digests(shop)
    assert open_then
    kept = await shop.pool.fetchval("SELECT position FROM app.intent_fold")
    assert (kept is not None) == keeps_its_fold
    await shop.pool.execute("DELETE FROM app.intent_fold")

    await forgotten(shop)
    async with scoring(shop, tmp_path) as replayed:
        await scored(shop)
    assert replayed == told
    assert await digests(shop) == open_then


async def test_a_poisoned_future_changes_nothing_before_it(shop: Shop, tmp_path: Path) -> None:
    await records(shop, [*goods(), *visits(300)])
    await trained(shop, tmp_path)
    head = await shop.journal.head()
    async with scoring(shop, tmp_path) as before:
        await scored(shop)
    year = timedelta(days=400)
    poison = [ordered(f"v1-{n}", BEGIN + year) for n in range(0, 300, 7)] + [
        made(Product.PriceChanged, "product-p1", BEGIN + year, price=Money(1, "EUR"))
    ]
    await records(shop, poison)
    await forgotten(shop)
    async with scoring(shop, tmp_path) as after:
        await scored(shop)
    assert [each for each in after if each.position <= head] == before


async def test_without_a_model_the_basket_rule_answers_and_says_so(
    shop: Shop, tmp_path: Path
) -> None:
    await records(shop, [*goods(), *visits(200)])
    async with scoring(shop, tmp_path):
        await scored(shop)
    rows = await shop.pool.fetch("SELECT * FROM app.intent_visits WHERE outcome = ''")
    assert rows
    for row in rows:
        assert row["degraded"] == "no_model"
        assert (row["intent_model"], row["intent_pays"], row["intent_factors"]) == ("", False, "[]")
        assert 0 < row["intent"] < 1
    filled = [row["intent"] for row in rows if row["basket_minor"]]
    empty = [row["intent"] for row in rows if not row["basket_minor"]]
    assert min(filled, default=1) > max(empty, default=0)


async def test_a_row_says_what_is_probable_why_and_by_which_model(
    shop: Shop, tmp_path: Path
) -> None:
    await records(shop, [*goods(), *visits(400)])
    versions = await trained(shop, tmp_path)
    at = BEGIN + timedelta(days=3)
    async with scoring(shop, tmp_path):
        looks = [
            fact(Visit.ProductViewed, "ann", at, visitor="ann", product_id="p1"),
            fact(Visit.Dwelled, "ann", at, visitor="ann", product_id="p1", milliseconds=44_000),
        ]
        await records(shop, looks)
        await scored(shop)
        async with shop.pool.acquire() as connection:
            first = (await intent_of(connection, ["ann"]))["ann"]
        added = {"product_id": "p1", "quantity": 1, "unit_price": Money(2_000, "EUR")}
        await records(shop, [made(Basket.ItemAdded, "basket-visitor:ann", at, **added)])
        await scored(shop)
        async with shop.pool.acquire() as connection:
            second = (await intent_of(connection, ["ann"]))["ann"]
        await records(shop, [ordered("ann", at)])
        await scored(shop)
        async with shop.pool.acquire() as connection:
            third = (await intent_of(connection, ["ann"]))["ann"]
        # Somebody else's event an hour later shows that the visit is over.
        hour = timedelta(hours=1)
        await records(shop, [fact(Visit.PageViewed, "bob", at + hour, visitor="bob", url="/")])
        await scored(shop)
        async with shop.pool.acquire() as connection:
            rows = await intent_of(connection, ["ann", "bob"])
            over = rows["ann"]
        await records(shop, [fact(Visit.PageViewed, "bob", at + 2 * hour, visitor="bob", url="/")])
        await scored(shop)
        async with shop.pool.acquire() as connection:
            gone = await intent_of(connection, ["ann", "bob"])
    assert first.abandonment is None
    assert first.intent.model == versions[INTENT]
    assert second.intent.score > first.intent.score
    assert second.abandonment is not None
    assert second.abandonment.model == versions[ABANDONMENT]
    assert 1 <= len(second.intent.factors) <= 3
    assert all("it)" in factor.text for factor in second.intent.factors)
    assert second.degraded == ""
    assert second.basket_minor == 2_000
    assert (third.intent.score, third.abandonment, third.outcome) == (1.0, None, "")
    assert (over.outcome, over.position) == ("ordered", rows["bob"].position)
    assert set(gone) == {"bob"}, "what is over goes after an hour"


async def test_a_lost_or_foreign_artifact_leaves_the_rule_answering(
    shop: Shop, tmp_path: Path
) -> None:
    await records(shop, [*goods(), *visits(300)])
    versions = await trained(shop, tmp_path)
    artifact_path(tmp_path, INTENT, versions[INTENT]).write_bytes(b"\x80\x04N.")
    artifact_path(tmp_path, ABANDONMENT, versions[ABANDONMENT]).unlink()
    async with scoring(shop, tmp_path):
        await scored(shop)
    degraded = await shop.pool.fetchval("SELECT max(degraded) FROM app.intent_visits")
    assert degraded == "no_model"


async def test_drift_is_told_once_and_none_without_it(shop: Shop, tmp_path: Path) -> None:
    await records(shop, [*goods(), *visits(600)])
    await trained(shop, tmp_path)
    day = 400 * 600
    async with scoring(shop, tmp_path):
        await records(shop, visits(700, seed=2, begin=day))
        await scored(shop)
        assert await drifts(shop) == []
        await records(shop, visits(2_000, seed=3, begin=2 * day + 86_400, slow=3.0))
        await scored(shop)
        await asyncio.sleep(0.1)
    [*found] = await drifts(shop)
    assert len({(kind, event.version) for kind, event in found}) == len(found)
    moved = {feature for kind, event in found if kind == INTENT for feature in event.features}
    assert "seconds_per_event" in moved
    assert "is_weekend" not in moved


async def drifts(shop: Shop) -> list[tuple[str, Model.Drifted]]:
    return [
        (kind, each.event)
        for kind in (INTENT, ABANDONMENT)
        for each in await shop.journal.whole_stream(Model.stream_id(kind))
        if isinstance(each.event, Model.Drifted)
    ]


@pytest.mark.parametrize("story", ["nothing", "one shopper", "no order", "only orders"])
async def test_too_little_to_learn_from_is_said_plainly(
    story: str, shop: Shop, tmp_path: Path
) -> None:
    at = BEGIN
    if story == "one shopper":
        await records(shop, visits(1))
    if story == "no order":
        await records(shop, [event for event in visits(300) if not isinstance(event, Order.Placed)])
    if story == "only orders":
        events = [
            event
            for n in range(300)
            for event in (
                fact(
                    Visit.ProductViewed,
                    f"v{n}",
                    at + timedelta(hours=n),
                    visitor=f"v{n}",
                    product_id="p1",
                ),
                ordered(f"v{n}", at + timedelta(hours=n, minutes=1)),
            )
        ]
        await records(shop, events)
    for kind in (INTENT, ABANDONMENT):
        with pytest.raises(NotEnoughVisits, match="30 are needed in each"):
            await train_intent_model(shop.journal, tmp_path, kind, IntentSettings())
    async with scoring(shop, tmp_path):
        await scored(shop)
    assert not list(tmp_path.rglob("*.safetensors"))  # noqa: ASYNC240
