"""A shopper's story with recommendations: they know the last click, the basket and the stock."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from api.services import ApiSettings
from application import categories, models, products
from application.context import Context
from domain.model import Model
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import ProductDetails
from domain.visit import Visit, fact
from ml.recommendation.training import NotEnoughData, TrainingSettings
from tests.api.conftest import a_product, a_shopper, running_api
from tests.shops import caught_up, projecting
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path
from workers.recommender import run_recommender
from workers.trainer import Outcome, train_recommender

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from domain.events import Event
    from footfall.wiring import Shop
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PHONES = tuple(f"phone-{n}" for n in range(1, 7))
ACCESSORIES = ("charger", "case", "cable", "stand")
LAMPS = tuple(f"lamp-{n}" for n in range(1, 9))
QUICK = TrainingSettings(epochs=0)
NOW = datetime.now(UTC)
OPERATOR = Context("test", NOW)


async def a_past(shop: Shop, *, seed: int = 1) -> None:
    """Two kinds of shoppers: of phones with something that goes with them, and of lamps."""
    chance = random.Random(seed)
    for kind in ("phone", "lamp", *ACCESSORIES):
        await categories.create_category(shop.journal, OPERATOR, kind, f"The {kind}s")
    for product_id in (*PHONES, *ACCESSORIES, *LAMPS):
        await add(shop, product_id)
    events: list[Event] = []
    for n in range(600):
        at = NOW - timedelta(days=10) + timedelta(minutes=20 * n)
        looks = chance.sample(PHONES, 3) if n % 2 else chance.sample(LAMPS, 4)
        looks += chance.sample(ACCESSORIES, 2) if n % 2 else []
        for step, product_id in enumerate(looks):
            when = at + timedelta(seconds=20 * step)
            viewed = {"visitor": f"past-{n}", "product_id": product_id}
            events.append(fact(Visit.ProductViewed, f"past-{n}", when, **viewed))
        if n % 2 and n % 3 == 0:
            bought = dict.fromkeys([looks[2], *looks[3:]])
            events.append(an_order(n, at + timedelta(minutes=5), list(bought)))
    await shop.journal.record(OPERATOR, events)


def an_order(number: int, at: datetime, bought: list[str]) -> Event:
    make: Any = Order.Placed
    placed: Event = make(
        originator_id=Order.stream_id(f"past-{number}"),
        originator_version=0,
        timestamp=at,
        originator_topic="",
        shopper_id="",
        visitor=f"past-{number}",
        lines=tuple(OrderLine(product_id, product_id, 1, 1_000) for product_id in bought),
        currency="EUR",
        goods_minor=1_000 * len(bought),
        total_minor=1_000 * len(bought),
    )
    return placed


@asynccontextmanager
async def recommending(shop: Shop, directory: Path) -> AsyncIterator[None]:
    task = asyncio.create_task(run_recommender(shop.journal, shop.pool, shop.redis, directory))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def trained(shop: Shop, directory: Path) -> Outcome:
    await a_past(shop)
    return await train_recommender(shop.journal, directory, QUICK)


@pytest_asyncio.fixture
async def shopping(api: Api, tmp_path: Path) -> AsyncIterator[Client]:
    """A shop with a model that serves."""
    outcome = await trained(api.shop, tmp_path)
    assert outcome.is_promoted
    async with recommending(api.shop, tmp_path):
        yield api.client


async def looks(shop: Shop, visitor: str, *product_ids: str) -> int:
    """Record views of products; return the position."""
    viewed = [
        fact(Visit.ProductViewed, visitor, datetime.now(UTC), visitor=visitor, product_id=each)
        for each in product_ids
    ]
    return (await shop.journal.record(OPERATOR, viewed)).last_position


async def shown(client: Client, asked: str, after: object) -> tuple[list[str], Any]:
    answer = await client.get(f"/v1/recommendations?{asked}", Footfall_After=str(after))
    assert answer.status == 200, answer.raw
    return [item["product_id"] for item in answer.json["items"]], answer.json


async def test_a_visitor_of_phones_is_shown_phones_and_what_goes_with_them(
    shopping: Client, api: Api
) -> None:
    after = await looks(api.shop, "v", "phone-1", "phone-2", "phone-3")
    items, answer = await shown(shopping, "visitor=v&count=5", after)
    assert set(items[:-1]) <= {*PHONES[3:], *ACCESSORIES}  # the last place may go to a trial
    assert answer["as_of_position"] == after
    seen = {str(recorded.event_id) for recorded in await api.shop.journal.read(after - 3)}
    for item in answer["items"]:
        [reason] = item["reasons"]
        assert reason["text"].startswith("Because you looked at A phone-")
        assert set(reason["event_ids"]) <= seen


async def test_without_the_events_it_names_a_list_is_another(shopping: Client, api: Api) -> None:
    after = await looks(api.shop, "both", "lamp-1", "phone-1", "phone-2")
    items, answer = await shown(shopping, "visitor=both&count=4", after)
    named = {r for i in answer["items"] for reason in i["reasons"] for r in reason["event_ids"]}
    history = [each for each in await api.shop.journal.read(after - 3) if each.position <= after]
    kept: list[Any] = [each.event for each in history if str(each.event_id) not in named]
    assert len(kept) < len(history)
    again = [
        fact(
            Visit.ProductViewed,
            "again",
            each.timestamp,
            visitor="again",
            product_id=each.product_id,
        )
        for each in kept
    ]
    after = (await api.shop.journal.record(OPERATOR, again)).last_position if again else after
    without, _ = await shown(shopping, "visitor=again&count=4", after)
    assert without != items


async def test_a_product_added_a_minute_ago_appears_for_who_looks_at_its_like(
    shopping: Client, api: Api
) -> None:
    seen = await looks(api.shop, "v", "phone-1", "phone-2", "phone-3")
    before, _ = await shown(shopping, "visitor=v&count=100", seen)
    assert "phone-7" not in before
    added = await add(api.shop, "phone-7")
    after = await looks(api.shop, "v", "phone-1")
    items, answer = await shown(shopping, "visitor=v&count=9", max(added, after))
    assert "phone-7" in items
    [reason] = next(each["reasons"] for each in answer["items"] if each["product_id"] == "phone-7")
    assert reason["text"].startswith("Because you looked at A phone-")
    after = await looks(api.shop, "of-lamps", "lamp-1", "lamp-2")
    of_lamps, _ = await shown(shopping, "visitor=of-lamps&count=8", after)
    assert "phone-7" not in of_lamps[:-1]


async def test_who_looked_at_a_new_product_alone_is_shown_its_like(
    shopping: Client, api: Api
) -> None:
    await add(api.shop, "phone-7")
    after = await looks(api.shop, "v", "phone-7")
    items, answer = await shown(shopping, "visitor=v&count=5", after)
    assert set(items[:-1]) <= {*PHONES, *ACCESSORIES}
    assert answer["model"] != "popularity"


async def test_a_new_product_goes_with_its_like_within_moments(shopping: Client, api: Api) -> None:
    added = await add(api.shop, "phone-7")
    around, asked = {"phone-7": "phone-1", "phone-1": "phone-7"}, "placement=product&count=12"
    async with asyncio.timeout(10):
        for product_id, expected in around.items():
            items: list[str] = []
            while expected not in items:
                await asyncio.sleep(0.02)
                items, _ = await shown(shopping, f"{asked}&product_id={product_id}", added)
            lamps = [place for place, each in enumerate(items) if each.startswith("lamp")]
            assert items.index(expected) < min(lamps, default=len(items))


async def add(shop: Shop, product_id: str) -> int:
    """Put a product up for sale; return the position."""
    kind = product_id.partition("-")[0]
    details = ProductDetails(name=f"A {product_id}", description="", category=kind)
    price = Money(1_000, "EUR")
    added = await products.add_product(shop.journal, OPERATOR, product_id, details, price=price)
    return added.position


async def test_the_basket_changes_what_completes_it_and_the_order_empties_the_wish(
    shopping: Client, api: Api
) -> None:
    shopper = await a_shopper(shopping, visitor="v-7")
    shopper.visitor = "v-7"
    added = await shopper.post("/v1/basket/items", {"product_id": "phone-1"})
    before, _ = await shown(shopper, "placement=basket&count=6", added.position)
    assert set(before) & set(ACCESSORIES)
    added = await shopper.post("/v1/basket/items", {"product_id": "charger"})
    complements, _ = await shown(shopper, "placement=basket&count=6", added.position)
    assert complements != before
    assert not {"charger", "phone-1"} & set(complements)
    ordered = await shopper.post("/v1/orders", {"payment": {"method": "card"}})
    assert ordered.status == 201, ordered.raw
    items, _ = await shown(shopper, "placement=home&count=20&seen=include", ordered.position)
    assert not {"charger", "phone-1"} & set(items)


async def test_what_is_sold_out_or_withdrawn_is_never_shown(shopping: Client, api: Api) -> None:
    admin = await shopping.as_role("admin")
    await admin.call("PATCH", "/v1/products/phone-4", {"stock": 0})
    gone = await admin.call("DELETE", "/v1/products/phone-5")
    await looks(api.shop, "v", "phone-1", "phone-2", "phone-3")
    for placement in ("home", "product&product_id=phone-1", "email"):
        asked = f"visitor=v&count=100&placement={placement}"
        items, _ = await shown(shopping, asked, gone.position)
        assert items
        assert not {"phone-4", "phone-5"} & set(items)


async def test_a_page_may_leave_products_out_and_ask_for_a_category(
    shopping: Client, api: Api
) -> None:
    after = await looks(api.shop, "v", "phone-1")
    items, _ = await shown(shopping, "visitor=v&count=9&category=phone&exclude=phone-2", after)
    assert set(items) == set(PHONES[2:])


async def test_who_is_unknown_gets_what_others_like_and_is_told_so(
    shopping: Client, api: Api
) -> None:
    items, answer = await shown(shopping, "visitor=stranger&count=3", await api.shop.journal.head())
    assert len(items) == 3
    assert (answer["model"], answer["degraded"]) == ("popularity", "unknown_visitor")
    assert all(item["reasons"] == [] for item in answer["items"])


async def test_without_a_model_there_is_still_something_to_show(
    api: Api, client: Client, tmp_path: Path
) -> None:
    await a_past(api.shop)
    async with recommending(api.shop, tmp_path):
        items, answer = await shown(client, "visitor=v&count=3", await api.shop.journal.head())
    assert (len(items), answer["model"]) == (3, "popularity")
    assert answer["degraded"] == "no_model"


async def test_with_neither_model_nor_past_there_is_what_is_new(api: Api, client: Client) -> None:
    admin = await client.as_role("admin")
    for product_id in ("lamp", "bulb"):
        await a_product(admin, product_id)
    await caught_up(api.shop)
    items, answer = await shown(client, "count=3", 0)
    assert items == ["bulb", "lamp"]
    assert (answer["model"], answer["degraded"]) == ("newest", "no_model")


async def test_of_a_product_that_is_new_to_the_model_it_is_said(shopping: Client, api: Api) -> None:
    after = await api.shop.journal.head()
    asked = "placement=product&count=3&product_id="
    items, answer = await shown(shopping, f"{asked}new", after)
    assert len(items) == 3
    assert (answer["model"], answer["degraded"]) == ("popularity", "unknown_product")
    after = await looks(api.shop, "v", "lamp-1", "lamp-2")
    items, answer = await shown(shopping, f"{asked}new&visitor=v", after)
    assert answer["model"] not in {"popularity", "newest"}
    assert answer["degraded"] == "unknown_product"
    _, answer = await shown(shopping, f"{asked}phone-1&visitor=v", after)
    assert answer["degraded"] == ""


async def test_where_nothing_chosen_may_be_shown_it_is_said(shopping: Client, api: Api) -> None:
    after = await looks(api.shop, "v", "phone-1")
    items, answer = await shown(shopping, "visitor=v&category=nothing", after)
    assert (items, answer["degraded"]) == ([], "all_filtered")
    _, answer = await shown(shopping, "visitor=v", after)
    assert answer["degraded"] == ""


async def test_what_is_used_up_comes_back_and_what_is_bought_once_does_not(
    shopping: Client, api: Api
) -> None:
    admin = await shopping.as_role("admin")
    for product_id, days in (("charger", "30"), ("cable", "60")):
        patch = {"attributes": {"replenishable": "true", "replenish_days": days}}
        await admin.call("PATCH", f"/v1/products/{product_id}", patch)
    long_ago = datetime.now(UTC) - timedelta(days=40)
    bought = [
        fact(Visit.ProductPurchased, "v", long_ago, visitor="v", product_id=each)
        for each in ("charger", "cable", "case")
    ]
    await api.shop.journal.record(OPERATOR, bought)
    after = await looks(api.shop, "v", "phone-1")
    items, _ = await shown(shopping, "visitor=v&count=30", after)
    assert "charger" in items
    assert not {"cable", "case"} & set(items)
    after = await looks(api.shop, "w", "phone-1")
    items, _ = await shown(shopping, "visitor=w&count=30", after)
    assert {"charger", "cable", "case"} <= set(items)


async def test_after_how_long_something_is_bought_again_is_learnt_from_orders(
    shopping: Client, api: Api
) -> None:
    admin = await shopping.as_role("admin")
    patch = {"attributes": {"replenishable": "true"}}
    await admin.call("PATCH", "/v1/products/cable", patch)

    async def buys(visitor: str, *days_ago: int) -> int:
        times = [datetime.now(UTC) - timedelta(days=days) for days in days_ago]
        told = {"visitor": visitor, "product_id": "cable"}
        bought = [fact(Visit.ProductPurchased, visitor, at, **told) for at in times]
        return (await api.shop.journal.record(OPERATOR, bought)).last_position

    after = await buys("v", 20)
    items, _ = await shown(shopping, "visitor=v&count=30", after)
    assert "cable" not in items  # a month, as long as nobody knows better
    for n in range(5):
        after = await buys(f"again-{n}", 100, 100 - 14)
    items, _ = await shown(shopping, "visitor=v&count=30", after)
    assert "cable" in items


async def test_a_list_drawn_by_chance_says_how_probable_each_place_was(
    shop: Shop, tmp_path: Path
) -> None:
    settings = ApiSettings(drain_seconds=1, explored_share=1)
    await trained(shop, tmp_path)
    async with projecting(shop), running_api(shop, settings) as api, recommending(shop, tmp_path):
        after = await looks(shop, "v", "phone-1")
        lists = [(await shown(api.client, "visitor=v&count=3", after))[0] for _ in range(12)]
        assert len({tuple(items) for items in lists}) > 1
        async with asyncio.timeout(5), aclosing(shop.journal.follow(after)) as pages:
            [recorded, *_] = await anext(pages)
    served: Any = recorded.event
    assert [each.product_id for each in served.items] == lists[0]
    of_17 = [each.propensity for each in served.items]  # all that is sold but what was seen
    assert of_17 == pytest.approx([1 / 17] * 3)


async def test_what_is_served_is_recorded_with_its_chances(shopping: Client, api: Api) -> None:
    after = await looks(api.shop, "v", "phone-1")
    asked = "visitor=v&count=3&exclude=case,stand&category="
    _, answer = await shown(shopping, asked, after)
    async with asyncio.timeout(5), aclosing(api.shop.journal.follow(after)) as pages:
        [recorded] = await anext(pages)
    served: Any = recorded.event
    assert served.recommendation_id == answer["recommendation_id"]
    assert (served.visitor, served.placement, served.as_of) == ("v", "home", after)
    assert [each.product_id for each in served.items] == [
        item["product_id"] for item in answer["items"]
    ]
    assert all(0 < each.propensity <= 1 for each in served.items)
    assert (served.count, served.exclude, served.shows_seen) == (3, ("case", "stand"), False)


async def test_a_page_of_another_host_may_ask(shopping: Client) -> None:
    answer = await shopping.get("/v1/recommendations", Origin="https://shop.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    lacking = await shopping.get("/v1/recommendations?placement=product")
    assert (lacking.status, lacking.json["errors"][0]["field"]) == (400, "product_id")


async def test_nobody_asks_what_was_chosen_for_a_shopper(shopping: Client, api: Api) -> None:
    await looks(api.shop, "shopper:7", "phone-1")
    refused = await shopping.get("/v1/recommendations?visitor=shopper:7")
    assert (refused.status, refused.json["code"]) == (403, "not_yours")
    shopper = await a_shopper(shopping)
    own = (await shopper.get("/v1/shoppers/me")).json["shopper_id"]
    assert (await shopper.get(f"/v1/recommendations?visitor=shopper:{own}")).status == 200
    assert (await shopper.get("/v1/recommendations?visitor=shopper:7")).status == 403


async def test_a_damaged_model_does_not_serve(api: Api, tmp_path: Path) -> None:
    outcome = await trained(api.shop, tmp_path)
    path = artifact_path(tmp_path, RECOMMENDER, outcome.version)
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(bytes(raw))
    async with recommending(api.shop, tmp_path):
        after = await looks(api.shop, "v", "phone-1")
        _, answer = await shown(api.client, "visitor=v&count=3", after)
    assert answer["model"] == "popularity"


async def test_a_model_rolled_back_gives_way_to_the_one_before(
    api: Api, shopping: Client, tmp_path: Path
) -> None:
    line = await api.shop.journal.load(Model, RECOMMENDER)
    assert line is not None
    learnt: dict[str, Any] = {"artifact": "9f", "until": 1, "settings": {}, "scores": {}}
    await models.note_trained(api.shop.journal, OPERATOR, RECOMMENDER, "next", **learnt)
    copy_artifacts(tmp_path, line.champion, "next")
    await models.promote(api.shop.journal, OPERATOR, RECOMMENDER, "next")
    after = await looks(api.shop, "v", "phone-1")
    _, answer = await shown(shopping, "visitor=v", after)
    assert answer["model"] == "next"
    admin = await shopping.as_role("admin")
    back = await admin.post("/v1/admin/models/recommender/rollback", {"reason": "fewer clicks"})
    assert back.json["champion"] == line.champion
    after = await looks(api.shop, "v", "phone-2")
    _, answer = await shown(shopping, "visitor=v", after)
    assert answer["model"] == line.champion
    rows = (await admin.get("/v1/insights/models", Footfall_After=str(after))).json["items"]
    assert [row["version"] for row in rows if row["is_champion"]] == [line.champion]
    card = await admin.get(f"/v1/insights/models/recommender/{line.champion}/card")
    assert card.headers["Content-Type"].startswith("text/markdown")
    assert "rolled back" not in card.raw.decode()
    assert "serves again: fewer clicks" in card.raw.decode()
    unknown = await admin.get("/v1/insights/models/recommender/1999/card")
    assert (unknown.status, unknown.json["code"]) == (404, "model_not_found")


async def test_a_challenger_answers_beside_the_champion_and_is_never_seen(
    api: Api, shopping: Client, tmp_path: Path
) -> None:
    line = await api.shop.journal.load(Model, RECOMMENDER)
    assert line is not None
    learnt: dict[str, Any] = {"artifact": "9f", "until": 1, "settings": {}, "scores": {}}
    await models.note_trained(api.shop.journal, OPERATOR, RECOMMENDER, "next", **learnt)
    copy_artifacts(tmp_path, line.champion, "next")
    admin = await shopping.as_role("admin")
    told = await admin.post("/v1/admin/models/recommender/next/shadow", {"reason": "curious"})
    assert told.json == {"kind": "recommender", "champion": line.champion, "shadow": "next"}
    after = await looks(api.shop, "v", "phone-1", "phone-2")
    unseen: Any = None
    async with asyncio.timeout(10):
        while unseen is None:  # it takes its time: the champion comes first
            _, answer = await shown(shopping, "visitor=v&count=3", after)
            assert answer["model"] == line.champion
            unseen = (await served_as(api.shop, answer["recommendation_id"])).shadow
    assert unseen.model == "next"
    assert set(unseen.products[:5]) <= {*PHONES, *ACCESSORIES}
    rows = (await admin.get("/v1/insights/models", Footfall_After=str(after))).json["items"]
    assert [row["version"] for row in rows if row["is_shadow"]] == ["next"]
    await admin.post("/v1/admin/models/recommender/unshadow")
    after = await looks(api.shop, "v", "phone-3")
    _, answer = await shown(shopping, "visitor=v&count=3", after)
    assert (await served_as(api.shop, answer["recommendation_id"])).shadow is None


async def served_as(shop: Shop, recommendation_id: str) -> Any:
    """Return the event of a served list, once it is recorded."""
    async with asyncio.timeout(5), aclosing(shop.journal.follow(0, page_size=5_000)) as pages:
        async for page in pages:
            for recorded in page:
                if getattr(recorded.event, "recommendation_id", "") == recommendation_id:
                    return recorded.event
    raise AssertionError


async def test_too_little_to_learn_from_is_said(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match="0 sessions"):
        await train_recommender(shop.journal, tmp_path, QUICK)
    await a_past(shop)
    await train_recommender(shop.journal, tmp_path, QUICK)
    with pytest.raises(NotEnoughData, match="after the serving model had learnt"):
        await train_recommender(shop.journal, tmp_path, QUICK)


def copy_artifacts(directory: Path, version: str, copy: str) -> None:
    for kind in (RECOMMENDER, NEIGHBOURS):
        source = artifact_path(directory, kind, version)
        artifact_path(directory, kind, copy).write_bytes(source.read_bytes())
