"""The demo storefront: there where it was opened, with a write key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from api.services import ApiSettings
from tests.api.conftest import running_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop
    from tests.api.conftest import Api, Client

CONFIG = "/shop/config.json"


@pytest_asyncio.fixture
async def api(shop: Shop) -> AsyncIterator[Api]:
    async with running_api(shop, ApiSettings(drain_seconds=1, storefront=True)) as running:
        yield running


async def test_a_shop_has_no_storefront_unless_it_is_opened(shop: Shop) -> None:
    async with running_api(shop, with_staff=False) as closed:
        answer = await closed.client.get(CONFIG)
    assert (answer.status, answer.json["code"]) == (404, "no_storefront")


async def test_the_storefront_gets_one_write_key_under_which_behaviour_is_taken(
    client: Client,
) -> None:
    answer = await client.get(CONFIG)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await client.get(CONFIG)).json == answer.json
    assert (await _tell(client, answer.json["write_key"])) == 200
    admin = await client.as_role("admin")
    (key,) = (await admin.get("/v1/admin/keys")).json["items"]
    assert (key["kind"], key["name"], key["roles"]) == ("write", "demo storefront", [])


async def test_once_its_key_is_revoked_the_storefront_tells_nothing_more(client: Client) -> None:
    write_key = (await client.get(CONFIG)).json["write_key"]
    admin = await client.as_role("admin")
    (key,) = (await admin.get("/v1/admin/keys")).json["items"]
    assert (await admin.call("DELETE", f"/v1/admin/keys/{key['key_id']}")).status == 204
    assert (await client.get(CONFIG)).json == {"write_key": ""}
    assert (await _tell(client, write_key)) == 401


async def _tell(client: Client, write_key: str) -> int:
    page = {"type": "page", "anonymousId": "v-1", "properties": {"url": "/shop/"}}
    answer = await client.post("/v1/batch", {"writeKey": write_key, "batch": [page]})
    return answer.status
