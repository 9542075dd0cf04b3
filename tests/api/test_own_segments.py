"""Segments of the shop's own: who orders enters one moments after, who cancels leaves it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from domain.segment import Segment
from domain.visit import Visit, fact
from tests.api.conftest import a_product, a_shopper
from tests.api.sse_client import streaming
from tests.shops import caught_up, context
from tests.workers.test_segment_fitter import customers
from workers.segmenter import run_segmenter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop
    from tests.api.conftest import Answer, Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

SEGMENTS = "/v1/segments"
BUYERS = {"segment_id": "buyers", "name": "Buyers", "rule": {"number": "orders", "at_least": 1}}


@asynccontextmanager
async def segmenting(shop: Shop, **options: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(
        run_segmenter(shop.journal, shop.pool, shop.redis, poll_seconds=0.02, **options)
    )
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def analyst(api: Api) -> AsyncIterator[Client]:
    async with segmenting(api.shop):
        yield await api.client.as_role("analyst")


async def defined(analyst: Client, said: dict[str, Any]) -> Answer:
    answer = await analyst.post(SEGMENTS, said)
    assert answer.status == 201, answer.raw
    return answer


async def live(analyst: Client, segment_id: str, members: int) -> Any:
    """Return a segment once everybody was asked and so many are in."""
    async with asyncio.timeout(15):
        while True:
            answer = await analyst.get(f"{SEGMENTS}/{segment_id}")
            found = answer.json if answer.status == 200 else {}
            if found and found["evaluation"]["status"] == "live" and found["members"] == members:
                return found
            await asyncio.sleep(0.05)


async def until_evaluation(analyst: Client, segment_id: str, status: str) -> None:
    """Return once the evaluation of a segment has come to this."""
    async with asyncio.timeout(15):
        while True:
            answer = await analyst.get(f"{SEGMENTS}/{segment_id}")
            if answer.status == 200 and answer.json["evaluation"]["status"] == status:
                return
            await asyncio.sleep(0.05)


async def told(shop: Shop, segment_id: str = "buyers") -> list[tuple[str, str, int]]:
    """Return the comings and goings of a segment, in order."""
    found = await shop.journal.whole_stream(f"segment-members/{segment_id}")
    return [(e.topic, e.event.person, e.event.change) for e in found]  # type: ignore[attr-defined]


async def until_told(shop: Shop, segment_id: str, count: int) -> None:
    """Return once so many comings and goings of a segment are recorded."""
    async with asyncio.timeout(15):
        while True:
            if len(await told(shop, segment_id)) >= count:
                return
            await asyncio.sleep(0.05)


async def test_a_shopper_who_orders_enters_and_who_cancels_leaves(
    api: Api, analyst: Client
) -> None:
    await a_product(api.client)
    await defined(analyst, BUYERS)
    await live(analyst, "buyers", 0)
    ann = await a_shopper(api.client, visitor="her-phone")
    me = (await ann.get("/v1/shoppers/me")).json["shopper_id"]
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    async with streaming(analyst, "/v1/live?topics=segments") as stream:
        assert (await stream.next()).data["items"] == []
        placed = await ann.post("/v1/orders", {"payment": {"method": "card"}})
        assert placed.status == 201, placed.raw
        entered = await asyncio.wait_for(stream.next(), 10)
        assert entered.data["item"]["person"] == f"shopper:{me}"
        assert entered.data["item"]["is_member"] is True
        found = await live(analyst, "buyers", 1)
        assert found["evaluation"]["total"] == 0
        [member] = (await analyst.get(f"{SEGMENTS}/buyers/members")).json["items"]
        assert member["person"] == f"shopper:{me}"
        assert member["position"] > int(placed.position)

        cancelled = await ann.post(f"/v1/orders/{placed.json['order_id']}/cancel", {})
        assert cancelled.status == 200, cancelled.raw
        left = await asyncio.wait_for(stream.next(), 10)
        assert left.data["item"]["is_member"] is False
    await live(analyst, "buyers", 0)
    assert await told(api.shop) == [
        ("segment.entered", f"shopper:{me}", 1),
        ("segment.left", f"shopper:{me}", 2),
    ]
    machine = await api.client.as_role("ml")
    feed = (await machine.get("/v1/feeds/segment_members")).raw.decode().splitlines()
    assert len(feed) == 1
    assert '"is_member":false' in feed[0]


async def test_a_segment_is_asked_of_all_history_and_shows_how_far_it_is(
    api: Api, analyst: Client
) -> None:
    await customers(api.shop, 90)  # a third orders seven times
    await caught_up(api.shop)
    rule = {"all": [{"number": "orders", "at_least": 2}, {"known": True}]}
    tried = (await analyst.post(f"{SEGMENTS}/preview", {"rule": rule})).json
    assert (tried["size"], tried["of"], len(tried["sample"])) == (30, 90, 10)
    await defined(analyst, {"segment_id": "keen", "name": "Keen", "rule": rule})
    found = await live(analyst, "keen", 30)
    assert found["evaluation"] == {"status": "live", "done": 30, "total": 30, "error": ""}
    assert found["rule"] == rule
    seen: list[str] = []
    token = ""
    while True:
        page = (await analyst.get(f"{SEGMENTS}/keen/members?page_size=7&page_token={token}")).json
        seen += [each["person"] for each in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == sorted(f"shopper:{n}" for n in range(0, 90, 3))

    changed = await analyst.call(
        "PATCH", f"{SEGMENTS}/keen", {"rule": {"number": "orders", "at_least": 1}}
    )
    assert changed.status == 200, changed.raw
    await live(analyst, "keen", 90)
    gone = await analyst.call("DELETE", f"{SEGMENTS}/keen")
    assert gone.status == 204
    await until_told(api.shop, "keen", 180)
    assert (await analyst.get(f"{SEGMENTS}/keen", Footfall_After=gone.position)).status == 404
    comings = await told(api.shop, "keen")
    assert [topic for topic, _, _ in comings].count("segment.left") == 90
    await defined(analyst, {"segment_id": "keen", "name": "Again", "rule": rule})
    await live(analyst, "keen", 30)
    assert {change for _, _, change in (await told(api.shop, "keen"))[180:]} == {3}


async def test_a_visitor_who_registers_takes_along_their_place(api: Api, analyst: Client) -> None:
    await a_product(api.client)
    rule = {"did": "added", "product_id": "lamp", "within_days": 1}
    await defined(analyst, {"segment_id": "keen", "name": "Keen", "rule": rule})
    await api.client.as_visitor("v").post("/v1/basket/items", {"product_id": "lamp"})
    await live(analyst, "keen", 1)
    ann = await a_shopper(api.client, visitor="v")
    me = (await ann.get("/v1/shoppers/me")).json["shopper_id"]
    await until_told(api.shop, "keen", 3)
    await live(analyst, "keen", 1)
    assert sorted(await told(api.shop, "keen")) == [
        ("segment.entered", f"shopper:{me}", 1),
        ("segment.entered", "visitor:v", 1),
        ("segment.left", "visitor:v", 2),
    ]
    await caught_up(api.shop)
    shown = (await analyst.get("/v1/insights/visitors/v")).json
    assert shown["place"]["person"] == shown["person"] == f"shopper:{me}"
    assert shown["place"]["segment"] == "window shopper"
    assert [each["segment_id"] for each in shown["segments"]] == ["keen"]


async def test_who_does_nothing_leaves_when_their_time_is_over(api: Api, client: Client) -> None:
    lately = {"number": "days_since_seen", "at_most": 4 / 86_400}
    async with segmenting(api.shop, recheck_seconds=0.2):
        analyst = await client.as_role("analyst")
        await defined(analyst, {"segment_id": "lately", "name": "Lately", "rule": lately})
        looked = fact(Visit.ProductViewed, "v", datetime.now(UTC), visitor="v", product_id="lamp")
        await api.shop.journal.record(context(actor="visitor:v"), [looked])
        await until_told(api.shop, "lately", 2)
    assert await told(api.shop, "lately") == [
        ("segment.entered", "visitor:v", 1),
        ("segment.left", "visitor:v", 2),
    ]


async def test_each_coming_is_told_once_though_segmenters_are_killed(
    api: Api, client: Client
) -> None:
    analyst = await client.as_role("analyst")
    await defined(analyst, BUYERS)
    for n in range(4):
        await customers(api.shop, 40, first=40 * n)
        for _ in range(3):
            async with segmenting(api.shop):
                await asyncio.sleep(0.05 * n + 0.03)
    async with segmenting(api.shop), segmenting(api.shop):
        await live(analyst, "buyers", 160)
    comings = await told(api.shop)
    assert len(comings) == len(set(comings)) == 160
    assert {change for _, _, change in comings} == {1}


async def test_who_is_erased_leaves(api: Api, analyst: Client) -> None:
    rule = {"all": [{"known": True}, {"number": "days_known", "at_most": 1}]}
    await defined(analyst, {"segment_id": "known", "name": "Known", "rule": rule})
    ann = await a_shopper(api.client)
    me = (await ann.get("/v1/shoppers/me")).json["shopper_id"]
    await live(analyst, "known", 1)
    assert (await ann.call("DELETE", "/v1/shoppers/me")).status == 202
    await live(analyst, "known", 0)
    assert [topic for topic, _, _ in await told(api.shop, "known")] == [
        "segment.entered",
        "segment.left",
    ]
    assert (await analyst.get(f"/v1/insights/shoppers/{me}/segments")).status == 404


async def test_a_rule_that_takes_too_long_is_given_up_and_holds_up_no_other(
    api: Api, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.segmenter.STATEMENT_SECONDS", 0.5)
    monkeypatch.setattr("workers.segmenter.FAILED", timedelta(seconds=1))
    monkeypatch.setattr("api.segments.PREVIEW_SECONDS", 1)
    await customers(api.shop, 2)
    await caught_up(api.shop)
    analyst = await client.as_role("analyst")
    raters = {"number": "mean_rating", "at_least": 4}
    async with segmenting(api.shop), api.shop.pool.acquire() as owner:
        async with owner.transaction():
            await owner.execute("LOCK TABLE interactions_g1.interactions")  # whoever reads it waits
            await defined(analyst, {"segment_id": "a", "name": "Raters", "rule": raters})
            await until_evaluation(analyst, "a", "failed")
            await defined(analyst, BUYERS)
            await live(analyst, "buyers", 2)
            tried = await analyst.post(f"{SEGMENTS}/preview", {"rule": raters})
            assert (tried.status, tried.json["code"]) == (422, "preview_takes_too_long")
        found = await live(analyst, "a", 0)
    assert found["evaluation"]["error"] == ""


@pytest.mark.parametrize(
    "rule, field, code",
    [
        ({"number": "shoe_size", "at_least": 1}, "rule.number", "unknown_number"),
        (
            {"all": [{"segment": "loyal"}, {"number": "orders", "at_least": "many"}]},
            "rule.all[1].at_least",
            "not_a_number",
        ),
        ({"did": "ate"}, "rule.did", "unknown_deed"),
        ({}, "rule", "unknown_kind"),
    ],
)
async def test_a_bad_rule_is_refused_with_the_part_that_is_wrong(
    client: Client, rule: dict[str, Any], field: str, code: str
) -> None:
    analyst = await client.as_role("analyst")
    for path, said in (
        (SEGMENTS, {"name": "Bad", "rule": rule}),
        (f"{SEGMENTS}/preview", {"rule": rule}),
    ):
        answer = await analyst.post(path, said)
        assert (answer.status, answer.json["code"]) == (422, "invalid_fields")
        assert (field, code) in [(each["field"], each["code"]) for each in answer.json["errors"]]
    bodies: list[dict[str, Any]] = [
        {"name": "Bad", "rule": [1]},
        {"name": "", "rule": {}},
        {"rule": {}},
    ]
    for bad in bodies:
        answer = await analyst.post(SEGMENTS, bad)
        assert (answer.status, answer.json["code"]) == (400, "invalid_request")


async def test_a_segment_has_a_version_an_address_and_an_answer_for_each_key(
    api: Api, client: Client
) -> None:
    analyst = await client.as_role("analyst")
    made = await analyst.post(SEGMENTS, BUYERS, Idempotency_Key="k")
    again = await analyst.post(SEGMENTS, BUYERS, Idempotency_Key="k")
    assert (made.status, made.json) == (201, again.json)
    assert made.headers["Location"] == f"{SEGMENTS}/buyers"
    assert (await analyst.post(SEGMENTS, BUYERS)).json["code"] == "segment_exists"
    read = await analyst.get(f"{SEGMENTS}/buyers", Footfall_After=made.position)
    assert read.headers["ETag"] == made.headers["ETag"]
    assert read.json["evaluation"]["status"] == "waiting"
    old = await analyst.call("PATCH", f"{SEGMENTS}/buyers", {"name": "B"}, If_Match='"9"')
    assert old.status == 412
    changed = await analyst.call(
        "PATCH", f"{SEGMENTS}/buyers", {"name": "B"}, If_Match=read.headers["ETag"]
    )
    assert (changed.status, changed.json["name"]) == (200, "B")
    listed = await analyst.get(SEGMENTS, Footfall_After=changed.position)
    assert [each["name"] for each in listed.json["items"]] == ["B"]
    assert (await analyst.get(f"{SEGMENTS}/none")).json["code"] == "segment_not_found"
    assert (await analyst.call("DELETE", f"{SEGMENTS}/none")).status == 404
    for somebody, status in ((client, 401), (await client.as_role("auditor"), 403)):
        assert (await somebody.post(SEGMENTS, BUYERS)).status == status
    recorded = await api.shop.journal.whole_stream(Segment.stream_id("buyers"))
    assert [each.topic for each in recorded] == ["segment.defined", "segment.changed"]
    assert recorded[0].actor == "user:analyst"
