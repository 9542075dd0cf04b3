"""Who is let in: cookies, CSRF, guessing, roles, keys."""

from __future__ import annotations

from tests.api.conftest import PASSWORD, STAFF_PASSWORD, Answer, Client, a_product, a_shopper

SAME = {"Sec_Fetch_Site": "same-origin"}


async def test_a_browser_is_signed_in_by_a_cookie_that_other_sites_cannot_use(
    client: Client,
) -> None:
    await a_shopper(client)
    answer = await client.post("/v1/sessions", {"username": "ann", "password": PASSWORD}, **SAME)
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie  # loopback
    browser = {"Cookie": cookie.partition(";")[0]}
    assert (await client.get("/v1/shoppers/me", **browser)).json["username"] == "ann"

    async def change(origin: dict[str, str]) -> Answer:
        body = {"name": "Ann Smith"}
        return await client.call("PATCH", "/v1/shoppers/me", body, **browser, **origin)

    for origin in (
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": client.base},
        {"Origin": "null"},
    ):
        answer = await change(origin)
        assert (answer.status, answer.json["code"]) == (403, "csrf_failed"), origin
    for origin in ({"Origin": client.base}, SAME):
        assert (await change(origin)).status == 200
    elsewhere = await client.post(
        "/v1/sessions", {"username": "ann", "password": PASSWORD}, Host="shop.example"
    )
    assert "Secure" in elsewhere.headers["Set-Cookie"]


async def test_one_browser_has_a_shopper_and_a_member_of_the_staff_at_once(
    client: Client,
) -> None:
    await a_product(client)
    await a_shopper(client)
    kept = {}
    for name, password in (("ann", PASSWORD), ("admin", STAFF_PASSWORD)):
        answer = await client.post("/v1/sessions", {"username": name, "password": password}, **SAME)
        kept[name] = answer.headers["Set-Cookie"].partition(";")[0]
    both = {"Cookie": "; ".join(kept.values()), **SAME}

    async def present(whose: str = "", **sent: str) -> tuple[str, bool]:
        shown = (await client.get(f"/v1/sessions/current{whose}", **sent)).json
        return shown["username"], bool(shown["shopper_id"])

    assert (await client.get("/v1/shoppers/me", **both)).json["username"] == "ann"
    assert (await client.get("/v1/admin/users", **both)).status == 200
    assert (await client.get("/v1/orders", **both)).json["items"] == []
    assert await present(**both) == ("", True)
    assert await present("?whose=staff", **both) == ("admin", False)
    assert await present() == ("", False)

    left = await client.call("DELETE", "/v1/sessions/current?whose=staff", **both)
    assert left.status == 204
    assert left.headers["Set-Cookie"].startswith('footfall_staff="";')
    assert (await client.get("/v1/admin/users", **both)).status == 403  # ann may not
    assert (await client.get("/v1/shoppers/me", **both)).status == 200
    again = await client.call("DELETE", "/v1/sessions/current?whose=staff", **both)
    assert (again.status, again.json["code"]) == (401, "unauthenticated")


async def test_the_basket_of_staff_in_the_storefront_is_a_visitors(client: Client) -> None:
    await a_product(client)
    answer = await client.post(
        "/v1/sessions", {"username": "admin", "password": STAFF_PASSWORD}, **SAME
    )
    staff = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0], **SAME}
    added = await client.post("/v1/basket/items", {"product_id": "lamp", "quantity": 2}, **staff)
    assert added.status == 201, added.raw
    assert added.headers["Footfall-Visitor"]
    (kept,) = [c for c in added.headers.getall("Set-Cookie") if c.startswith("footfall_visitor")]
    mine = await client.get("/v1/basket", Cookie=f"{staff['Cookie']}; {kept.partition(';')[0]}")
    assert mine.json["items"][0]["quantity"] == 2


async def test_guessing_a_password_is_slowed_down(client: Client) -> None:
    wrong = {"username": "admin", "password": "a guess"}
    for _ in range(10):
        answer = await client.post("/v1/sessions", wrong)
        assert (answer.status, answer.json["code"]) == (401, "wrong_credentials")
        assert "Bearer" in answer.headers["WWW-Authenticate"]
    answer = await client.post("/v1/sessions", {"username": "admin", "password": STAFF_PASSWORD})
    assert (answer.status, answer.json["code"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= 300


async def test_an_admin_lets_people_in_and_out(client: Client) -> None:
    admin = await client.as_role("admin")
    wanted = {"username": "Eve", "password": STAFF_PASSWORD, "roles": ["auditor"]}
    created = await admin.post("/v1/admin/users", wanted)
    assert (created.status, created.json["username"]) == (201, "eve")
    again = await admin.post("/v1/admin/users", wanted)
    assert (again.status, again.json["code"]) == (422, "user_exists")
    listed = (await admin.get("/v1/admin/users")).json["items"]
    assert "eve" in [user["username"] for user in listed]
    assert "password" not in str(listed)

    eve = await client.signed_in("eve", STAFF_PASSWORD)
    assert (await eve.get("/v1/audit/head")).status == 200
    assert (await eve.get("/v1/admin/users")).status == 403
    assert (await admin.call("DELETE", "/v1/admin/users/eve")).status == 204
    assert (await eve.get("/v1/audit/head")).status == 401
    last = await admin.call("DELETE", "/v1/admin/users/admin")
    assert (last.status, last.json["code"]) == (422, "last_admin")


async def test_a_key_opens_what_its_roles_allow_until_it_is_revoked(client: Client) -> None:
    admin = await client.as_role("admin")
    made = await admin.post("/v1/admin/keys", {"kind": "api", "name": "etl", "roles": ["ml"]})
    assert made.status == 201
    assert made.json["key"].startswith("ff_api_")
    program = Client(client.base, client.session, token=made.json["key"])
    assert (await program.get("/v1/interactions")).status == 200
    assert (await program.get("/v1/audit/head")).status == 403
    key_id = made.json["about"]["key_id"]
    assert made.json["key"] not in (await admin.get("/v1/admin/keys")).raw.decode()
    assert (await admin.call("DELETE", f"/v1/admin/keys/{key_id}")).status == 204
    assert (await program.get("/v1/interactions")).status == 401

    write = await admin.post("/v1/admin/keys", {"kind": "write"})
    assert write.json["key"].startswith("ff_write_")
    tracker = Client(client.base, client.session, token=write.json["key"])
    assert (await tracker.get("/v1/interactions")).status == 403


async def test_one_shopper_cannot_see_or_cancel_the_order_of_another(client: Client) -> None:
    await a_product(client)
    ann, ben = await a_shopper(client), await a_shopper(client, "ben")
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    order = await ann.post("/v1/orders", {"payment": "card"})
    path = f"/v1/orders/{order.json['order_id']}"
    seen = await ben.get(path, Footfall_After=order.position)
    assert (seen.status, seen.json["code"]) == (403, "order_not_yours")
    assert (await ben.post(f"{path}/cancel")).status == 403
    admin = await client.as_role("admin")
    assert (await admin.get(path)).status == 200
