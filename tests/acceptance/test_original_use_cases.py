"""The five use cases of the original report, from the outer door to the stored data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.api.conftest import PASSWORD, Client, a_product, a_shopper, running_api
from tests.shops import an_open_shop, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop


@pytest_asyncio.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def client(shop: Shop) -> AsyncIterator[Client]:
    async with projecting(shop), running_api(shop) as api:
        yield api.client


async def test_registration_saves_the_person_and_only_a_hash_of_the_password(
    client: Client, shop: Shop
) -> None:
    ann = await a_shopper(client)
    me = (await ann.get("/v1/shoppers/me")).json
    assert (me["name"], me["email"], me["username"]) == ("ann Lee", "ann@example.com", "ann")

    [registered] = await shop.journal.read_stream(f"shopper-{me['shopper_id']}", limit=1)
    kept_hash: str = registered.event.password_hash  # type: ignore[attr-defined]
    assert kept_hash.startswith("$argon2id$")
    stored = b"".join(e.payload for e in await shop.journal.store.read(0))
    for personal in (PASSWORD, "ann@example.com", "ann Lee", kept_hash):
        assert personal.encode() not in stored


async def test_signing_in_gives_a_session(client: Client) -> None:
    await a_shopper(client)
    answer = await client.post("/v1/sessions", {"username": "ann", "password": PASSWORD})
    assert answer.status == 201
    assert answer.json["roles"] == ["shopper"]
    assert answer.json["expires_at"]
    ann = Client(client.base, client.session, token=answer.json["token"])
    assert (await ann.get("/v1/shoppers/me")).status == 200
    wrong = await client.post("/v1/sessions", {"username": "ann", "password": "wrong"})
    assert wrong.status == 401


async def test_a_product_added_is_in_the_basket_and_the_total_is_right(client: Client) -> None:
    await a_product(client, "lamp", amount=5_000)
    ann = await a_shopper(client)
    added = await ann.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2})
    basket = await ann.get("/v1/basket", Footfall_After=added.position)
    [item] = basket.json["items"]
    assert (item["product_id"], item["quantity"]) == ("lamp", 2)
    assert basket.json["total"] == {"amount": 100_00, "currency": "EUR"}


async def test_a_product_removed_is_gone(client: Client) -> None:
    await a_product(client)
    ann = await a_shopper(client)
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    removed = await ann.call("DELETE", "/v1/basket/items/lamp")
    basket = await ann.get("/v1/basket", Footfall_After=removed.position)
    assert basket.json == {"items": [], "total": None, "pieces": 0}


async def test_an_order_is_stored_with_its_total_and_the_matrix_shows_the_purchase(
    client: Client,
) -> None:
    await a_product(client, "lamp", amount=5_000)
    ann = await a_shopper(client)
    await ann.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2})
    placed = await ann.post("/v1/orders", {"payment": "card"})
    stored = await ann.get(f"/v1/orders/{placed.json['order_id']}", Footfall_After=placed.position)
    assert stored.json["total"] == {"amount": 100_00, "currency": "EUR"}

    analyst = await client.as_role("analyst")
    matrix = await analyst.get("/v1/interactions", Footfall_After=placed.position)
    [cell] = matrix.json["items"]
    me = (await ann.get("/v1/shoppers/me")).json["shopper_id"]
    assert (cell["person"], cell["product_id"]) == (f"shopper:{me}", "lamp")
    assert (cell["orders"], cell["units"]) == (1, 2)
