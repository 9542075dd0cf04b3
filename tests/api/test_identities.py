"""Identities over HTTP: a wrong join is seen, undone, and followed by the read models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.conftest import PASSWORD, a_product
from tests.shops import caught_up

if TYPE_CHECKING:
    from footfall.wiring import Shop
    from tests.api.conftest import Client


async def test_an_admin_undoes_a_wrong_join(client: Client, shop: Shop) -> None:
    await a_product(client)
    visitor = client.as_visitor("v-1")
    await visitor.post("/v1/basket/items", {"product_id": "lamp"})
    told = {"name": "Ann Lee", "email": "ann@example.com", "username": "ann"}
    made = await visitor.post("/v1/shoppers", told | {"password": PASSWORD})
    shopper_id = made.json["shopper_id"]
    admin = await client.as_role("admin")
    await caught_up(shop)
    seen = await admin.get("/v1/admin/identities/v-1")
    assert seen.json == {"visitor": "v-1", "person": f"shopper:{shopper_id}"}

    other = await admin.post("/v1/admin/identities/v-1/separate", {"shopper_id": "nobody"})
    assert (other.status, other.json["code"]) == (422, "not_joined")
    undone = await admin.post("/v1/admin/identities/v-1/separate", {"shopper_id": shopper_id})
    assert undone.status == 200
    position = undone.headers["Footfall-Position"]
    after = await admin.get("/v1/admin/identities/v-1", Footfall_After=position)
    assert after.json["person"] == "visitor:v-1"
    again = await admin.post("/v1/admin/identities/v-1/separate", {"shopper_id": shopper_id})
    assert again.status == 422
    cells = await (await client.as_role("ml")).get("/v1/interactions")
    assert {(c["person"], c["product_id"]) for c in cells.json["items"]} == {
        ("visitor:v-1", "lamp")
    }
