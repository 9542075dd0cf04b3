"""People over HTTP: found by those who may, and one of them with all that they did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.visit import Visit, fact
from tests.api.conftest import a_product, a_shopper
from tests.shops import caught_up, context

if TYPE_CHECKING:
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PEOPLE = "/v1/insights/people"


async def looks(api: Api, visitor: str, *product_ids: str, shopper_id: str = "") -> None:
    """Record looks at products in a visit of today."""
    now = datetime.now(UTC)
    events = [
        fact(
            Visit.ProductViewed,
            f"{visitor}:{now:%Y-%m-%d}",
            now,
            visitor=visitor,
            product_id=each,
            shopper_id=shopper_id,
        )
        for each in product_ids
    ]
    await api.shop.journal.record(context(actor=f"visitor:{visitor}"), events)


async def ann_orders(api: Api) -> tuple[Client, str]:
    """Let a visitor look, fill a basket, open an account and order; return who it is and its id."""
    await a_product(api.client)
    await looks(api, "browser-1", "lamp")
    anonymous = api.client.as_visitor("browser-1")
    await anonymous.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2})
    ann = await a_shopper(api.client, "ann", "browser-1")
    ordered = await ann.post("/v1/orders", {"payment": "card"})
    assert ordered.status == 201, ordered.raw
    await ann.post("/v1/products/lamp/reviews", {"rating": 4, "comment": "Mine, all mine"})
    await caught_up(api.shop)
    shopper_id: str = (await ann.get("/v1/shoppers/me")).json["shopper_id"]
    return ann, shopper_id


async def test_admins_find_people_by_name_and_analysts_by_id(api: Api, client: Client) -> None:
    _, shopper_id = await ann_orders(api)
    await looks(api, "browser-2", "lamp")
    await caught_up(api.shop)
    admin, analyst = await client.as_role("admin"), await client.as_role("analyst")

    async def found(by: Client, query: str) -> list[dict[str, Any]]:
        answer = await by.get(f"{PEOPLE}?{query}")
        assert answer.status == 200, answer.raw
        return list(answer.json["items"])

    for text in ("ann lee", "ANN@example", "browser-1", shopper_id):
        [ann] = await found(admin, f"q={text.replace(' ', '%20')}")
        assert ann["person"] == f"shopper:{shopper_id}"
        assert ann["account"] == {"name": "ann Lee", "email": "ann@example.com", "username": "ann"}
        assert (ann["presence"], ann["place"]["orders"]) == ("active", 1)
    assert await found(analyst, "q=ann@example") == []
    [seen] = await found(analyst, f"q={shopper_id}")
    assert "account" not in seen
    assert [each["person"] for each in await found(analyst, "kind=visitor&presence=here")] == [
        "visitor:browser-2"
    ]
    assert {each["person"] for each in await found(analyst, "segment=window%20shopper")} == set()
    assert (await analyst.get(f"{PEOPLE}?segment=nobody")).status == 400
    assert (await client.get(PEOPLE)).status == 401
    assert (await (await client.as_role("auditor")).get(PEOPLE)).status == 403


async def test_pages_of_people_are_the_whole_list_in_any_order(api: Api, client: Client) -> None:
    for n in range(7):
        await looks(api, f"v{n}", "lamp")
    await caught_up(api.shop)
    analyst = await client.as_role("analyst")
    for sort in ("seen", "orders", "revenue", "value"):
        seen: list[str] = []
        token = ""
        while True:
            page = await analyst.get(f"{PEOPLE}?sort={sort}&page_size=3&page_token={token}")
            seen += [each["person"] for each in page.json["items"]]
            token = page.json["next_page_token"]
            if not token:
                break
        assert sorted(seen) == [f"visitor:v{n}" for n in range(7)], sort


async def test_a_person_is_shown_with_what_is_known(api: Api, client: Client) -> None:
    ann, shopper_id = await ann_orders(api)
    await ann.post("/v1/basket/items", {"product_id": "lamp", "quantity": 1})
    segment = await (analyst := await client.as_role("analyst")).post(
        "/v1/segments", {"name": "Buyers", "rule": {"number": "orders", "at_least": 1}}
    )
    assert segment.status == 201
    admin = await client.as_role("admin")
    await caught_up(api.shop)
    for asked in (f"shopper:{shopper_id}", "visitor:browser-1"):  # the visitor turned out to be ann
        shown = (await admin.get(f"{PEOPLE}/{asked}")).json
        assert shown["person"] == f"shopper:{shopper_id}"
        assert shown["account"]["name"] == "ann Lee"
        assert shown["visitors"] == ["browser-1"]
        assert shown["known"]["source"] == "shop"
        [basket] = shown["baskets"]
        assert basket["total"] == {"amount": 5_000, "currency": "EUR"}
        assert shown["place"]["orders"] == 1
        assert shown["visits"][0]["outcome"] == "ordered"
    assert "account" not in (await analyst.get(f"{PEOPLE}/shopper:{shopper_id}")).json
    for wrong, status in (("shopper:nobody", 404), ("visitor:nobody", 404), ("nobody", 400)):
        assert (await analyst.get(f"{PEOPLE}/{wrong}")).status == status


async def test_a_timeline_has_what_a_person_did_and_nothing_of_others(
    api: Api, client: Client
) -> None:
    _, shopper_id = await ann_orders(api)
    # A visit of the day before, in a stream that is named by neither visitor nor day.
    yesterday = datetime.now(UTC) - timedelta(days=1)
    searched = fact(Visit.Searched, "s-1", yesterday, visitor="browser-1", query="a lamp")
    await api.shop.journal.record(context(actor="visitor:browser-1"), [searched])
    # Somebody else signs in on the same computer.
    await looks(api, "browser-1", "chair", shopper_id="another")
    await caught_up(api.shop)
    analyst = await client.as_role("analyst")
    path = f"{PEOPLE}/shopper:{shopper_id}/events"
    whole = (await analyst.get(path)).json["items"]
    positions = [each["position"] for each in whole]
    assert positions == sorted(positions, reverse=True)
    topics = {each["topic"] for each in whole}
    assert topics >= {
        "visit.product_viewed",
        "visit.searched",
        "basket.item_added",
        "shopper.registered",
        "order.placed",
        "review.submitted",
    }
    assert "chair" not in {each.get("product_id") for each in whole}
    ordered = next(each for each in whole if each["topic"] == "order.placed")
    assert (ordered["total_minor"], ordered["currency"]) == (10_000, "EUR")
    raw = (await analyst.get(path)).raw
    assert b"all mine" not in raw
    assert b"ann@" not in raw
    seen: list[int] = []
    token = ""
    while True:
        page = (await analyst.get(f"{path}?page_size=2&page_token={token}")).json
        seen += [each["position"] for each in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == positions
    [other] = (await analyst.get(f"{PEOPLE}/shopper:another/events")).json["items"]
    assert other["product_id"] == "chair"
