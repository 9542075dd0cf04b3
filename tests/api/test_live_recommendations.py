"""Lists as they change: a visitor's own for the visitor, all of them for staff and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import pytest_asyncio

from api.services import ApiSettings
from tests.api.conftest import a_shopper, running_api
from tests.api.sse_client import streaming
from tests.api.test_recommendations import looks, recommending, shown, trained
from tests.shops import projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from footfall.wiring import Shop
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest_asyncio.fixture
async def shopping(api: Api, tmp_path: Path) -> AsyncIterator[Client]:
    """A shop with a model that serves."""
    await trained(api.shop, tmp_path)
    async with recommending(api.shop, tmp_path):
        yield api.client


async def test_a_visitor_follows_their_own_list_and_nobody_elses(
    shopping: Client, api: Api
) -> None:
    async with streaming(shopping, "/v1/recommendations/live?visitor=v") as stream:
        first = await stream.next()
        assert (first.kind, first.data["items"]) == ("snapshot", [])
        await looks(api.shop, "other", "lamp-1")
        position = await looks(api.shop, "v", "phone-1")
        change = await stream.next()
    assert (change.kind, change.data["topic"]) == ("change", "recommendations")
    assert (change.data["position"], change.data["item"]["visitor"]) == (position, "v")
    items, _ = await shown(shopping, "visitor=v&count=3&seen=include", position)
    assert items[0] in [item["product_id"] for item in change.data["item"]["items"]]
    async with streaming(shopping, "/v1/recommendations/live?visitor=v", Last_Event_ID="1") as s:
        again = await s.next()
    assert [item["visitor"] for item in again.data["items"]] == ["v"]


async def test_staff_follow_all_lists_when_they_ask_for_them(shopping: Client, api: Api) -> None:
    await shown(shopping, "visitor=v", await looks(api.shop, "v", "phone-1"))
    analyst = await shopping.as_role("analyst")
    async with streaming(analyst, "/v1/live?topics=recommendations") as stream:
        snapshot = await stream.next()
        assert snapshot.data["items"][-1]["visitor"] == "v"
        position = await looks(api.shop, "w", "lamp-1")
        change = await stream.next()
    assert (change.data["item"]["visitor"], change.last_id) == ("w", str(position))


async def test_a_shoppers_list_is_followed_by_the_shopper_alone(client: Client) -> None:
    refused = await client.get("/v1/recommendations/live?visitor=shopper:7")
    assert (refused.status, refused.json["code"]) == (403, "not_yours")
    nobody = await client.get("/v1/recommendations/live")
    assert (nobody.status, nobody.json["errors"][0]["field"]) == (400, "visitor")
    ann = await a_shopper(client)
    async with streaming(ann, "/v1/recommendations/live") as stream:
        assert (await stream.next()).kind == "snapshot"
    assert (await ann.get("/v1/live?topics=recommendations")).status == 403


async def test_visitors_leave_room_for_staff(shop: Shop) -> None:
    settings = ApiSettings(live_clients_limit=2, drain_seconds=1)
    async with projecting(shop), running_api(shop, settings) as api:
        path = "/v1/recommendations/live?visitor=v"
        analyst = await api.client.as_role("analyst")
        async with streaming(api.client, path):
            refused = await api.client.get(path)
            assert (refused.status, refused.json["code"]) == (503, "too_many_clients")
            async with streaming(analyst, "/v1/live?topics=feed") as stream:
                assert (await stream.next()).kind == "snapshot"


async def test_machines_read_the_lists_in_pages_and_follow_them(shopping: Client, api: Api) -> None:
    worker = await shopping.as_role("ml")
    before = await api.shop.journal.head()
    await looks(api.shop, "v", "phone-1")
    await shown(shopping, "visitor=w", await looks(api.shop, "w", "phone-1"))
    page = await worker.get(f"/v1/feeds/recommendations?after={before}&limit=1")
    [row] = [msgspec.json.decode(line) for line in page.raw.splitlines()]
    assert (row["key"], row["row"]["visitor"]) == ("v", "v")
    assert 0 < len(row["row"]["items"]) <= 20
    after_v = page.headers["Footfall-Next-After"]
    async with streaming(worker, f"/v1/feeds/recommendations?after={after_v}") as stream:
        assert (await stream.next()).data["key"] == "w"
        position = await looks(api.shop, "v", "phone-2")
        change = await stream.next()
    assert (change.data["key"], change.data["position"]) == ("v", position)
