"""Counterfactual replay over a real log: a model that served, one that challenges it, baselines."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from api.services import ApiSettings
from application import models, products, replays
from application.replays import Hindsight, UnknownPolicy, Wanted
from domain.recommendation import Candidate, served
from domain.rule import Rule, Terms
from domain.visit import Visit, fact
from ml.recommendation import artifacts
from ml.recommendation.chance import Goods
from ml.recommendation.neighbours import GoesWith, Neighbours
from ml.recommendation.popularity import Popularity
from ml.recommendation.sessions import Sessions
from ml.recommendation.shaping import Asked, Done, SetRule, shape
from projections.choices import situation_of
from projections.goods import Seen
from tests.api.conftest import running_api
from tests.api.test_recommendations import (
    ACCESSORIES,
    LAMPS,
    OPERATOR,
    PHONES,
    add,
    looks,
    recommending,
    trained,
)
from tests.shops import caught_up
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path
from workers.replay import replay
from workers.replayer import run_replayer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from footfall.wiring import Shop
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

COUNT = 4
POLL = 0.02


class Past(NamedTuple):
    """A shop with a past. ``start``: where the lists begin that were served."""

    shop: Shop
    directory: Path
    champion: str
    start: int


@pytest_asyncio.fixture
async def past(api: Api, tmp_path: Path) -> AsyncIterator[Past]:
    """Give a shop whose champion served, in full view of stock and rules as they changed."""
    outcome = await trained(api.shop, tmp_path)
    assert outcome.is_promoted
    await caught_up(api.shop)
    start = await api.shop.journal.head() + 1
    async with recommending(api.shop, tmp_path):
        yield Past(api.shop, tmp_path, outcome.version, start)


async def serve(
    past: Past, visitors: list[str], *, explored: float, seed: int = 1, until: int = 0
) -> None:
    """Serve a list to each by its own list, as the door does; they like what is an accessory."""
    shop, chance = past.shop, random.Random(seed)
    await caught_up(shop)
    async with asyncio.timeout(10), shop.pool.acquire() as connection:
        head = await shop.journal.head()
        while await connection.fetchval("SELECT max(position) FROM app.recommender") != head:  # noqa: ASYNC110
            await asyncio.sleep(POLL)
    events: list[Any] = []
    clicks: list[Any] = []
    for number, visitor in enumerate(visitors):
        now = datetime.now(UTC)
        async with shop.pool.acquire() as connection:
            own = (await situation_of(connection, visitor, [], Seen())).own
            placed, model, as_of = await shaped(shop, own, now, explored, chance)
        name = f"{visitor}-{number}-{seed}"
        items = tuple(Candidate(p.product_id, p.score, p.propensity) for p in placed)
        events.append(
            served(
                name,
                visitor,
                now,
                placement="home",
                model=model,
                as_of=as_of,
                items=items,
                count=COUNT,
            )
        )
        clicks += [
            fact(
                Visit.RecommendationClicked,
                visitor,
                now,
                visitor=visitor,
                recommendation_id=name,
                placement="home",
                product_id=item.product_id,
                rank=rank,
            )
            for rank, item in enumerate(items, 1)
            if chance.random() < (0.5 if item.product_id in ACCESSORIES else 0.1)
        ]
    await shop.journal.record(OPERATOR, events)
    await shop.journal.record(OPERATOR, clicks)


async def shaped(
    shop: Shop, own: Any, now: datetime, explored: float, chance: random.Random
) -> tuple[list[Any], str, int]:
    """Return what the door would show of a list, from the read models as they are."""
    async with shop.pool.acquire() as connection:
        rows = await connection.fetch(
            """SELECT product_id, category, NOT is_withdrawn AND coalesce(stock, 1) > 0
               FROM catalogue"""
        )
        rule_ids = await shop.journal.store.streams_beginning("rule-")
    goods = {row[0]: Goods(category=row[1], is_on_sale=row[2]) for row in rows}
    rules = []
    for stream_id in rule_ids:
        *_, last = await shop.journal.read_stream(stream_id)
        rules.append(SetRule(last.event_id, last.event.terms))  # type: ignore[attr-defined]
    ranked = [(entry.product_id, entry.score) for entry in own.items]
    done = {product_id: Done(is_in_basket=kind == 2) for product_id, kind in own.touched.items()}
    found = shape(ranked, goods, done, rules, Asked("home", COUNT), now, explored_share=explored)
    return found.drawn(chance), own.model, own.position


async def look_around(past: Past, name: str, visitors: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    names = [f"{name}-{n}" for n in range(visitors)]
    for n, visitor in enumerate(names):
        await looks(past.shop, visitor, *chance.sample(PHONES if n % 2 else LAMPS, 2))
    return names


async def challenger(past: Past, version: str, *, until: int) -> None:
    """Keep another model, as a trainer does: one that knows popularity alone."""
    source = artifacts.load(artifact_path(past.directory, RECOMMENDER, past.champion))
    liked = [source.vocabulary.number(each) or 0 for each in ACCESSORIES for _ in range(3)]
    model = Popularity.fit(Sessions.of([liked]), len(source.vocabulary))
    path = artifact_path(past.directory, RECOMMENDER, version)
    artifacts.save(path, artifacts.Artifact(model, source.vocabulary, {"until": until}))
    alike = Neighbours.found_by(model, len(source.vocabulary))
    beside = artifact_path(past.directory, NEIGHBOURS, version)
    GoesWith(alike, alike).save(beside, source.vocabulary, {})
    learnt: dict[str, Any] = {"artifact": "9f", "until": until, "settings": {}, "scores": {}}
    await models.note_trained(past.shop.journal, OPERATOR, RECOMMENDER, version, **learnt)


async def set_rule(past: Past, **terms: Any) -> None:
    make: Any = Rule.Set
    event = make(
        originator_id="rule-pin",
        originator_version=1,
        timestamp=datetime.now(UTC),
        originator_topic="",
        terms=Terms(**terms),
    )
    await past.shop.journal.record(OPERATOR, [event])


async def replayed(past: Past, policy: str, end: int, **fields: Any) -> Any:
    wanted = Wanted(policy=policy, start=past.start, end=end, **fields)
    return await replay(past.shop.journal, past.directory, wanted)


async def test_the_champion_would_have_shown_just_what_it_showed(past: Past) -> None:
    journal = past.shop.journal
    visitors = await look_around(past, "early", 20)
    await serve(past, visitors, explored=0)
    change = products.ProductChanges(stock=0, reason="gone")
    await products.change_product(journal, OPERATOR, "phone-3", change)
    await set_rule(past, action="pin", product_id="stand", place=2)
    await serve(past, visitors, explored=0, seed=2)  # they did nothing since
    await look_around(past, "early", 20, seed=3)
    await add(past.shop, "phone-7")  # the model has not learnt of it
    await looks(past.shop, "early-2", "phone-7")
    await serve(past, visitors, explored=0, seed=3)

    report = await replayed(past, past.champion, await journal.head() + 1)

    assert report.clicks.lists == 60
    assert report.agreement == 1
    assert report.clicks.ips == report.clicks.served
    assert report.hits["viewed"].policy == report.hits["viewed"].served
    assert report.hits["viewed"].served.cases > 0


async def test_what_the_door_served_is_what_the_champion_would_have_shown(past: Past) -> None:
    shop, journal = past.shop, past.shop.journal
    await look_around(past, "v", 6)
    settings = ApiSettings(drain_seconds=1, explored_share=0.0)
    asked = (
        "visitor=v-0&count=6",
        "visitor=v-1&count=20&seen=include",
        "visitor=v-1&count=5&exclude=stand,phone-1",
        "visitor=v-2&count=5&category=phone",
        "visitor=stranger&count=7",
        "count=3",
        "visitor=v-3&count=9&placement=email",
    )
    async with running_api(shop, settings, with_staff=False) as api:
        for step in range(3):
            for query in asked:
                after = str(await journal.head())
                answer = await api.client.get(f"/v1/recommendations?{query}", Footfall_After=after)
                assert answer.status == 200, answer.raw
            if step == 0:
                change = products.ProductChanges(stock=0, reason="gone")
                await products.change_product(journal, OPERATOR, "cable", change)
                await set_rule(past, action="pin", product_id="lamp-8", place=2)
            if step == 1:
                bought = {"product_id": "lamp-2", "quantity": 1, "visitor": "v-0"}
                await journal.record(
                    OPERATOR, [fact(Visit.ProductPurchased, "v-0", datetime.now(UTC), **bought)]
                )
                await look_around(past, "v", 6, seed=5)
    end = await journal.head() + 1
    home = await replayed(past, past.champion, end)
    assert (home.agreement, home.clicks.lists) == (1, 18)
    email = await replayed(past, past.champion, end, placement="email")
    assert (email.agreement, email.clicks.lists) == (1, 3)


async def test_a_list_was_made_of_all_that_was_known_when_it_was_made(
    api: Api, tmp_path: Path
) -> None:
    champion = (await trained(api.shop, tmp_path)).version
    start = await api.shop.journal.head() + 1
    past = Past(api.shop, tmp_path, champion, start)
    visitors = await look_around(past, "early", 6)
    after_them = await add(past.shop, "phone-7")
    async with recommending(past.shop, tmp_path):  # takes all of it at once
        await serve(past, visitors, explored=0)
    async with past.shop.pool.acquire() as connection:
        rows = await connection.fetch("SELECT known_until FROM app.recommendation_lists")
    assert {row["known_until"] for row in rows} == {after_them}
    assert (await replayed(past, champion, await past.shop.journal.head() + 1)).agreement == 1


async def test_nothing_after_its_end_changes_a_replay(past: Past) -> None:
    journal = past.shop.journal
    visitors = await look_around(past, "v", 30)
    await serve(past, visitors, explored=0.5)
    await challenger(past, "other", until=past.start - 1)
    end = await journal.head() + 1
    before = {name: await replayed(past, name, end) for name in (past.champion, "other")}

    await set_rule(past, action="bury", category="lamp", factor=0.0)
    change = products.ProductChanges(stock=0, reason="gone")
    for product_id in ACCESSORIES:
        await products.change_product(journal, OPERATOR, product_id, change)
    await serve(past, await look_around(past, "v", 30, seed=9), explored=0.5, seed=2)

    for name, report in before.items():
        assert await replayed(past, name, end) == report


async def test_a_challenger_is_judged_by_what_was_shown_by_chance(past: Past) -> None:
    journal = past.shop.journal
    visitors = await look_around(past, "v", 600)  # each once: what was clicked is not shown again
    await serve(past, visitors, explored=0.5, seed=4)
    await challenger(past, "accessories", until=past.start - 1)
    end = await journal.head() + 1

    better = await replayed(past, "accessories", end)
    truth = 0.5 * COUNT  # each place an accessory, each clicked by every second visitor
    for estimate in (better.clicks.ips, better.clicks.snips, better.clicks.doubly_robust):
        assert estimate.low < truth < estimate.high
    assert better.clicks.verdict == "better", better.clicks

    same = await replayed(past, past.champion, end)
    assert same.clicks.snips.value == pytest.approx(same.clicks.rival.value)
    assert same.clicks.verdict == "no_conclusion"

    logged = await replayed(past, "logged", end)
    for estimate in (logged.clicks.ips, logged.clicks.snips, logged.clicks.doubly_robust):
        assert estimate.value == pytest.approx(logged.clicks.clicks / logged.clicks.lists)
    assert logged.agreement == 1


async def test_a_model_is_not_judged_on_what_it_learnt_from(past: Past) -> None:
    shop = past.shop
    await serve(past, await look_around(past, "v", 4), explored=0.5)
    head = await shop.journal.head()
    await challenger(past, "late", until=head)
    asked = (shop.pool, shop.journal, "late", past.start, head + 1)
    with pytest.raises(Hindsight, match="late learnt from the log up to"):
        await replays.span(*asked, allows_hindsight=False)
    assert await replays.span(*asked, allows_hindsight=True) == (past.start, head + 1)
    report = await replayed(past, "late", head + 1, allows_hindsight=True)
    assert report.has_hindsight
    assert not (await replayed(past, past.champion, head + 1)).has_hindsight
    first, last = await replays.span(
        shop.pool, shop.journal, "late", None, None, allows_hindsight=False
    )
    assert (first, last) == (head + 1, await shop.journal.head() + 1)
    with pytest.raises(UnknownPolicy):
        await replayed(past, "nobody", head + 1)


async def test_popularity_is_what_was_liked_by_then(past: Past) -> None:
    await serve(past, await look_around(past, "v", 4), explored=0)
    report = await replayed(past, "popularity", await past.shop.journal.head() + 1)
    assert report.clicks.lists == 4
    assert report.clicks.doubts[0].code == "small_effective_sample"


@asynccontextmanager
async def replaying(past: Past) -> AsyncIterator[None]:
    shop = past.shop
    work = run_replayer(shop.journal, shop.pool, past.directory, poll_seconds=POLL)
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def over(client: Client, where: str) -> Any:
    """Return a replay once it is over."""
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(where)
            if answer.json["status"] not in {"requested", "running"}:
                return answer.json
            await asyncio.sleep(POLL)


async def test_an_analyst_asks_for_a_replay_and_reads_what_it_found(
    past: Past, client: Client
) -> None:
    await serve(past, await look_around(past, "v", 6), explored=0.5)
    analyst = await client.as_role("analyst")
    asked = {"policy": past.champion}
    assert (await client.post("/v1/replays", asked)).status == 401
    unknown = await analyst.post("/v1/replays", {"policy": "nobody"})
    assert (unknown.status, unknown.json["code"]) == (422, "unknown_policy")
    early = await analyst.post("/v1/replays", asked | {"from": 1})
    assert (early.status, early.json["code"]) == (422, "hindsight")

    taken = await analyst.post("/v1/replays", asked)
    assert (taken.status, taken.json["status"]) == (202, "requested")
    where = taken.headers["Location"]
    async with replaying(past):
        found = await over(analyst, where)
    assert found["status"] == "done", found
    assert found["done"] == found["total"] == found["to"] - 1
    head = await past.shop.journal.head()
    expected = await replayed(past, past.champion, head + 1)
    result = msgspec.convert(found["result"], type(expected))
    assert (result.clicks, result.hits) == (expected.clicks, expected.hits)
    listed = (await analyst.get("/v1/replays")).json["items"]
    assert [each["replay_id"] for each in listed] == [found["replay_id"]]
    over_already = await analyst.call("DELETE", where)
    assert (over_already.status, over_already.json["code"]) == (422, "replay_over")
    assert (await analyst.get("/v1/replays/none")).status == 404


async def test_a_time_names_the_positions_recorded_then(api: Api, client: Client) -> None:
    analyst = await client.as_role("analyst")
    now = datetime.now(UTC) + timedelta(hours=1)
    taken = await analyst.post(
        "/v1/replays", {"policy": "logged", "from": "2026-01-01", "to": now.isoformat()}
    )
    head = await api.shop.journal.head()
    assert (taken.json["from"], taken.json["to"]) == (1, head + 1)


async def test_a_replay_is_given_up_when_somebody_says_so(api: Api, client: Client) -> None:
    ml = await client.as_role("ml")
    taken = await ml.post("/v1/replays", {"policy": "popularity"})
    where = taken.headers["Location"]
    running = await replays.take_up(api.shop.pool)
    assert running is not None
    assert await replays.take_up(api.shop.pool) is None  # one at a time
    assert (await ml.call("DELETE", where)).json["status"] == "cancelled"
    assert not await replays.tell_progress(api.shop.pool, running, 1, 2)
    await replays.finish(api.shop.pool, running, b"{}")
    assert (await ml.get(where)).json["result"] is None


async def test_a_replay_that_a_crash_left_is_begun_anew_but_not_for_ever(
    api: Api, client: Client
) -> None:
    pool = api.shop.pool
    ml = await client.as_role("ml")
    taken = await ml.post("/v1/replays", {"policy": "popularity"})
    first = await replays.take_up(pool)
    stale = "UPDATE app.replays SET updated_at = now() - interval '1 minute'"
    await pool.execute(stale)
    second = await replays.take_up(pool)
    assert first is not None
    assert second is not None
    assert second.attempts == 2
    assert not await replays.tell_progress(pool, first, 1, 2)  # it lost its right
    assert await replays.tell_progress(pool, second, 1, 2)
    for _ in range(2):
        await pool.execute(stale)
        await replays.take_up(pool)
    found = (await ml.get(taken.headers["Location"])).json
    assert (found["status"], found["error_code"]) == ("failed", "crashed")


async def test_a_model_without_its_file_is_said_and_too_many_replays_are_refused(
    past: Past, client: Client
) -> None:
    ml = await client.as_role("ml")
    artifact_path(past.directory, RECOMMENDER, past.champion).unlink()
    taken = await ml.post("/v1/replays", {"policy": past.champion})
    for _ in range(9):
        await ml.post("/v1/replays", {"policy": "logged"})
    refused = await ml.post("/v1/replays", {"policy": "logged"})
    assert (refused.status, refused.json["code"]) == (422, "too_many_replays")
    async with replaying(past):
        found = await over(ml, taken.headers["Location"])
    assert (found["status"], found["error_code"]) == ("failed", "no_artifact")
