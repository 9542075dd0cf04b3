"""Products as the staff see them: found, sorted by what they did, and one day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.conftest import a_product
from tests.api.test_people import ann_orders, looks
from tests.shops import caught_up

if TYPE_CHECKING:
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

ASSORTMENT = "/v1/insights/assortment"


async def test_products_are_sorted_by_what_they_did(api: Api, client: Client) -> None:
    await ann_orders(api)
    await a_product(client, "chair", amount=9_000, stock=3)
    await a_product(client, "desk_100")
    await looks(api, "browser-5", "chair", "chair", "chair")
    await caught_up(api.shop)
    analyst = await client.as_role("analyst")

    async def ids(query: str) -> list[str]:
        answer = await analyst.get(f"{ASSORTMENT}?{query}")
        assert answer.status == 200, answer.raw
        return [each["product_id"] for each in answer.json["items"]]

    assert (await ids("sort=revenue"))[0] == "lamp"
    assert (await ids("sort=views"))[0] == "chair"
    assert (await ids("sort=price&order=up"))[-1] == "chair"
    assert (await ids("sort=stock"))[0] == "chair"
    assert await ids("q=A%20ch") == ["chair"]
    assert await ids("q=k_1") == ["desk_100"]
    first = (await analyst.get(f"{ASSORTMENT}?sort=name&order=up&page_size=2")).json
    token = first["next_page_token"]
    second = (
        await analyst.get(f"{ASSORTMENT}?sort=name&order=up&page_size=2&page_token={token}")
    ).json
    assert first["found"] == second["found"] == 3
    assert second["next_page_token"] == ""
    assert len({each["product_id"] for each in first["items"] + second["items"]}) == 3

    [lamp] = (await analyst.get(f"{ASSORTMENT}?q=lamp")).json["items"]
    assert lamp["revenue"] == {"amount": 10_000, "currency": "EUR"}
    assert (lamp["orders"], lamp["units"], lamp["views"], lamp["conversion"]) == (1, 2, 1, 1.0)
    assert (lamp["rating"], lamp["ratings"], lamp["stock"]) == (4.0, 1, None)
    assert (await client.get(ASSORTMENT)).status == 401


async def test_a_product_is_shown_day_by_day_and_still_when_it_is_no_longer_sold(
    api: Api, client: Client
) -> None:
    await ann_orders(api)
    analyst, admin = await client.as_role("analyst"), await client.as_role("admin")
    path = "/v1/insights/products/lamp"
    shown = (await analyst.get(path)).json
    [day] = shown["days"]
    assert (day["units"], day["views"], day["revenue"]["amount"]) == (2, 1, 10_000)
    assert shown["now"]["units"] == 2
    assert shown["before"]["units"] == 0
    assert shown["ratings"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    assert shown["advice"] is None
    assert (await admin.call("DELETE", "/v1/products/lamp")).status == 204
    await caught_up(api.shop)
    assert (await analyst.get(path)).json["now"]["is_withdrawn"] is True
    assert (await analyst.get(f"{ASSORTMENT}?q=lamp")).json["items"] == []
    [gone] = (await analyst.get(f"{ASSORTMENT}?withdrawn=true")).json["items"]
    assert gone["product_id"] == "lamp"
    missing = await analyst.get("/v1/insights/products/nothing")
    assert (missing.status, missing.json["code"]) == (404, "product_not_found")
