"""A shop's day over HTTP: every route that shoppers and admins use, where all goes well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api import idempotency
from tests.api.conftest import Client, a_product, a_shopper

if TYPE_CHECKING:
    import pytest

ADDRESS = {
    "recipient": "Ann Lee",
    "street": "Main Street 1",
    "city": "Berlin",
    "postcode": "10115",
    "country": "DE",
}


async def test_a_visitor_becomes_a_shopper_who_orders_and_reviews(client: Client) -> None:
    admin = await client.as_role("admin")
    created = await admin.post("/v1/categories", {"category_id": "lamps", "name": "Lamps"})
    assert created.status == 201
    answer = await admin.post(
        "/v1/products",
        {
            "product_id": "lamp",
            "name": "A lamp",
            "description": "It shines",
            "category": "lamps",
            "price": {"amount": 5000, "currency": "EUR"},
            "stock": 3,
            "attributes": {"colour": "red"},
        },
    )
    assert (answer.status, answer.headers["ETag"]) == (201, '"1"')
    after = {"Footfall_After": answer.position}

    visitor = client.as_visitor("v-1")
    found = await visitor.get("/v1/products?q=lam&category=lamps&in_stock=true", **after)
    assert [p["product_id"] for p in found.json["items"]] == ["lamp"]
    shown = await visitor.get("/v1/products/lamp")
    assert shown.json["price"] == {"amount": 5000, "currency": "EUR"}
    added = await visitor.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2})
    assert (added.status, added.json["total"]["amount"]) == (201, 10_000)

    ann = await a_shopper(client, visitor="v-1")
    basket = await ann.get("/v1/basket")
    assert basket.json["total"] == {"amount": 10_000, "currency": "EUR"}
    assert basket.json["items"][0]["quantity"] == 2

    address = await ann.post("/v1/shoppers/me/addresses", ADDRESS)
    assert address.status == 201
    order = await ann.post(
        "/v1/orders", {"address_id": address.json["address_id"], "payment": {"method": "card"}}
    )
    assert (order.status, order.json["total"]["amount"]) == (201, 10_000)
    order_id = order.json["order_id"]
    listed = await ann.get("/v1/orders", Footfall_After=order.position)
    assert [o["order_id"] for o in listed.json["items"]] == [order_id]
    one = await ann.get(f"/v1/orders/{order_id}")
    assert one.json["address"]["city"] == "Berlin"
    assert (await ann.get("/v1/basket")).json == {"items": [], "total": None, "pieces": 0}

    review = await ann.post("/v1/products/lamp/reviews", {"rating": 5, "comment": "Bright"})
    assert review.status == 201
    review_id = review.json["review_id"]
    edited = await ann.call("PATCH", f"/v1/reviews/{review_id}", {"rating": 4})
    assert (edited.json["rating"], edited.json["comment"]) == (4, "Bright")
    reviews = await visitor.get("/v1/products/lamp/reviews", Footfall_After=edited.position)
    assert [r["rating"] for r in reviews.json["items"]] == [4]
    assert (await visitor.get(f"/v1/reviews/{review_id}")).json["rating"] == 4
    assert (await ann.call("DELETE", f"/v1/reviews/{review_id}")).status == 204

    cancelled = await ann.post(f"/v1/orders/{order_id}/cancel")
    assert cancelled.json["status"] == "cancelled"
    stocked = await visitor.get("/v1/products/lamp", Footfall_After=cancelled.position)
    assert stocked.json["stock"] == 3


async def test_a_shopper_looks_after_the_account(client: Client) -> None:
    ann = await a_shopper(client)
    me = await ann.get("/v1/shoppers/me")
    assert (me.json["name"], me.json["email"], me.json["username"]) == (
        "ann Lee",
        "ann@example.com",
        "ann",
    )
    changed = await ann.call(
        "PATCH", "/v1/shoppers/me", {"name": "Ann Smith"}, If_Match=me.headers["ETag"]
    )
    assert (changed.status, changed.json["name"]) == (200, "Ann Smith")
    stale = await ann.call(
        "PATCH", "/v1/shoppers/me", {"name": "Ann Other"}, If_Match=me.headers["ETag"]
    )
    assert (stale.status, stale.json["code"]) == (412, "precondition_failed")
    assert stale.json["current_version"] == 3

    added = await ann.post("/v1/shoppers/me/addresses", ADDRESS)
    listed = await ann.get("/v1/shoppers/me/addresses", Footfall_After=added.position)
    assert [a["city"] for a in listed.json["items"]] == ["Berlin"]
    gone = await ann.call("DELETE", f"/v1/shoppers/me/addresses/{added.json['address_id']}")
    assert gone.status == 204

    consent = await ann.call("PUT", "/v1/shoppers/me/consent", {"purposes": {"analytics": True}})
    assert consent.json == {"purposes": {"analytics": True}}
    assert (await ann.get("/v1/shoppers/me/consent")).json["purposes"] == {"analytics": True}

    wanted = {"old_password": "only a shopper", "new_password": "another secret"}
    assert (await ann.post("/v1/shoppers/me/password", wanted)).status == 204
    exported = await ann.get("/v1/shoppers/me/export")
    assert exported.json["profile"]["email"] == "ann@example.com"

    erased = await ann.call("DELETE", "/v1/shoppers/me")
    assert erased.status == 202
    assert (await ann.get("/v1/shoppers/me")).status == 401


async def test_signing_out_ends_the_session(client: Client) -> None:
    ann = await a_shopper(client)
    assert (await ann.call("DELETE", "/v1/sessions/current")).status == 204
    assert (await ann.get("/v1/shoppers/me")).json["code"] == "invalid_token"


async def test_a_basket_changes_line_by_line(client: Client) -> None:
    await a_product(client, "lamp")
    await a_product(client, "bulb", amount=100)
    visitor = client.as_visitor("v-2")
    await visitor.post("/v1/basket/items", {"product_id": "lamp"})
    await visitor.post("/v1/basket/items", {"product_id": "bulb", "quantity": 3})
    more = await visitor.call("PATCH", "/v1/basket/items/bulb", {"quantity": 5})
    assert more.json["total"]["amount"] == 5_500
    fewer = await visitor.call("DELETE", "/v1/basket/items/lamp", If_Match=more.headers["ETag"])
    assert [item["product_id"] for item in fewer.json["items"]] == ["bulb"]
    empty = await visitor.call("DELETE", "/v1/basket")
    assert empty.json["items"] == []


async def test_a_browser_without_a_visitor_id_is_given_one(client: Client) -> None:
    await a_product(client)
    answer = await client.post("/v1/basket/items", {"product_id": "lamp"})
    cookie = answer.headers["Set-Cookie"]
    assert "footfall_visitor=" in cookie
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" not in cookie  # the tracker tells things under the same id
    visitor = client.as_visitor(answer.headers["Footfall-Visitor"])
    assert (await visitor.get("/v1/basket")).json["pieces"] == 1


async def test_a_withdrawn_product_is_gone_for_good(client: Client) -> None:
    await a_product(client)
    admin = await client.as_role("admin")
    changed = await admin.call(
        "PATCH", "/v1/products/lamp", {"price": {"amount": 1, "currency": "EUR"}, "stock": 7}
    )
    assert (changed.json["price"]["amount"], changed.json["stock"]) == (1, 7)
    withdrawn = await admin.call("DELETE", "/v1/products/lamp")
    assert withdrawn.status == 204
    answer = await client.get("/v1/products/lamp", Footfall_After=withdrawn.position)
    assert (answer.status, answer.json["code"]) == (410, "product_withdrawn")


async def test_lists_come_in_pages_that_make_up_the_whole(client: Client) -> None:
    position = "0"
    for number in range(5):
        position = await a_product(client, f"p{number}")
    seen: list[str] = []
    token = ""
    while True:
        page = await client.get(
            f"/v1/products?page_size=2&page_token={token}", Footfall_After=position
        )
        seen += [p["product_id"] for p in page.json["items"]]
        token = page.json["next_page_token"]
        if not token:
            break
    assert seen == [f"p{number}" for number in range(5)]


async def test_products_come_in_the_order_that_is_asked_for(client: Client) -> None:
    prices = {"bulb": 300, "lamp": 100, "mirror": 200}
    position = "0"
    for product_id, amount in prices.items():
        position = await a_product(client, product_id, amount=amount)
    orders = {
        "price": ["lamp", "mirror", "bulb"],
        "price_down": ["bulb", "mirror", "lamp"],
        "name": ["bulb", "lamp", "mirror"],
        "newest": ["mirror", "lamp", "bulb"],
    }
    for sort, expected in orders.items():
        seen: list[str] = []
        token = ""
        while not seen or token:
            page = await client.get(
                f"/v1/products?sort={sort}&page_size=2&page_token={token}", Footfall_After=position
            )
            seen += [p["product_id"] for p in page.json["items"]]
            token = page.json["next_page_token"]
        assert seen == expected, sort
    assert (await client.get("/v1/products?sort=colour")).status == 400


async def test_products_are_found_by_their_ids(client: Client) -> None:
    position = "0"
    for product_id in ("bulb", "lamp", "mirror"):
        position = await a_product(client, product_id)
    found = await client.get("/v1/products?ids=mirror,lamp,unknown", Footfall_After=position)
    assert [p["product_id"] for p in found.json["items"]] == ["lamp", "mirror"]


async def test_shoppers_see_what_they_themselves_have_written(client: Client) -> None:
    for product_id in ("bulb", "lamp"):
        await a_product(client, product_id)
    ann, eve = await a_shopper(client), await a_shopper(client, "eve")
    assert (await ann.get("/v1/shoppers/me/reviews")).json["items"] == []
    position = ""
    for shopper, product_id in ((ann, "lamp"), (ann, "bulb"), (eve, "lamp")):
        await shopper.post("/v1/basket/items", {"product_id": product_id})
        await shopper.post("/v1/orders", {"payment": "invoice"})
        written = await shopper.post(f"/v1/products/{product_id}/reviews", {"rating": 4})
        position = written.position
    first = await ann.get("/v1/shoppers/me/reviews?page_size=1", Footfall_After=position)
    assert [review["product_id"] for review in first.json["items"]] == ["bulb"]
    token = first.json["next_page_token"]
    second = await ann.get(f"/v1/shoppers/me/reviews?page_token={token}")
    assert [review["product_id"] for review in second.json["items"]] == ["lamp"]
    gone = await ann.call("DELETE", f"/v1/reviews/{second.json['items'][0]['review_id']}")
    left = await ann.get("/v1/shoppers/me/reviews", Footfall_After=gone.position)
    assert [review["product_id"] for review in left.json["items"]] == ["bulb"]
    assert (await client.get("/v1/shoppers/me/reviews")).status == 401


async def test_without_redis_a_hundred_identical_orders_are_still_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_redis(*_: object) -> bool:
        return True  # as after a failed call

    monkeypatch.setattr(idempotency, "_mark", no_redis)
    await test_a_hundred_identical_orders_at_once_are_one_order(client)


async def test_a_hundred_identical_orders_at_once_are_one_order(client: Client) -> None:
    await a_product(client, stock=100)
    ann = await a_shopper(client)
    await ann.post("/v1/basket/items", {"product_id": "lamp"})

    async def order() -> tuple[int, str]:
        while True:
            answer = await ann.post("/v1/orders", {"payment": "card"}, Idempotency_Key="k-1")
            if answer.status == 409:
                assert answer.json["code"] == "still_running"
                assert answer.headers["Retry-After"] == "1"
                await asyncio.sleep(0.05)
                continue
            assert answer.status == 201, answer.raw
            return answer.status, answer.json["order_id"]

    answers = await asyncio.gather(*(order() for _ in range(100)))
    assert len(set(answers)) == 1
    assert answers[0][0] == 201

    again = await ann.post("/v1/orders", {"payment": "card"}, Idempotency_Key="k-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await ann.post("/v1/orders", {"payment": "cash"}, Idempotency_Key="k-1")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    orders = await ann.get("/v1/orders", Footfall_After=again.position)
    assert len(orders.json["items"]) == 1
