"""Bad input for each route: problem+json, nothing recorded. A new route is covered by itself."""

from __future__ import annotations

import asyncio
import io
import re
from typing import TYPE_CHECKING, Any

import msgspec

from api.roles import SIGNED_IN
from api.routes import ROUTES
from tests.api.conftest import Api, Client, a_product, a_shopper

if TYPE_CHECKING:
    from api.route import Route

WITH_BODY = [route for route in ROUTES if route.body is not None]
# What SDKs put into an address is theirs: the doors for behaviour read what they know of it.
WITH_QUERY = [
    route for route in ROUTES if msgspec.structs.fields(route.query) and not route.takes_write_key
]
GUARDED = [route for route in ROUTES if route.roles and route.roles != SIGNED_IN]
WITH_PATH = [route for route in ROUTES if "{" in route.path]
JSON = {"Content-Type": "application/json"}


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route, value: str = "unknown") -> str:
    return re.sub(r"\{\w+\}", value, route.path)


class People:
    """One of each role; somebody who may call a route, or may not."""

    def __init__(self, api: Api) -> None:
        self._client = api.client
        self._known: dict[str, Client] = {"": api.client.as_visitor("v-bad")}

    async def of(self, role: str) -> Client:
        if role not in self._known:
            self._known[role] = (
                await a_shopper(self._client)
                if role == "shopper"
                else await self._client.as_role(role)
            )
        return self._known[role]

    async def allowed(self, route: Route) -> Client:
        return await self.of(
            "shopper" if "shopper" in route.roles else min(route.roles, default="")
        )

    async def refused(self, route: Route) -> Client:
        return await self.of(min({"analyst", "auditor", "ml", "shopper"} - route.roles))


class Raw:
    """An answer to bytes sent as they are."""

    def __init__(self, about: str, status: int, content_type: str, body: bytes) -> None:
        self.about = about
        self.status = status
        self.content_type = content_type
        self.json: Any = msgspec.json.decode(body)


async def send(client: Client, route: Route, body: bytes, **headers: str) -> Raw:
    sent = {**JSON, **{key.replace("_", "-"): value for key, value in headers.items()}}
    if client.token:
        sent["Authorization"] = f"Bearer {client.token}"
    if client.visitor:
        sent["Footfall-Visitor"] = client.visitor
    url = client.base + path_of(route)
    data = io.BytesIO(body)  # as bytes, a large one would make the client warn
    async with client.session.request(route.method, url, data=data, headers=sent) as response:
        return Raw(name(route), response.status, response.content_type, await response.read())


def assert_problem(answer: Raw, status: int) -> None:
    assert answer.status == status, (answer.about, answer.json)
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["code"]
    assert "Traceback" not in str(answer.json)


async def test_a_body_that_does_not_fit_is_refused_and_recorded_nowhere(api: Api) -> None:
    people = People(api)
    for route in WITH_BODY:
        client = await people.allowed(route)
        before = await api.shop.journal.head()
        await refuses_bad_bodies(client, route)
        assert await api.shop.journal.head() == before, name(route)


async def refuses_bad_bodies(client: Client, route: Route) -> None:

    for broken in (b"{", b"", b"\xff\xfe", b"[" * 100_000, b'{"a": "\\u0000"}'):
        if not broken and route.is_body_optional:
            continue
        answer = await send(client, route, broken)
        assert_problem(answer, 400)

    for wrong in (b"[]", b"7", b'"text"', b"null"):
        assert_problem(await send(client, route, wrong), 400)

    assert route.body is not None
    fields = msgspec.structs.fields(route.body)
    wrong_types = {field.encode_name: [{"not": ["this"]}] for field in fields}
    answer = await send(client, route, msgspec.json.encode(wrong_types))
    assert_problem(answer, 400)
    named = {error["field"].partition("[")[0].partition(".")[0] for error in answer.json["errors"]}
    assert named == set(wrong_types)

    answer = await send(client, route, b'{"surprise": 1}')
    assert_problem(answer, 400)
    named = {error["field"] for error in answer.json["errors"]}
    assert named == {"surprise"} | {f.encode_name for f in fields if f.required}

    assert_problem(await send(client, route, b" " * 1_100_000), 413)
    assert_problem(await send(client, route, b"a=b", Content_Type="text/csv"), 415)


async def test_a_wrong_role_is_refused_and_recorded_nowhere(api: Api) -> None:
    people = People(api)
    liar = Client(api.base, api.client.session, token="made-up")
    for route in GUARDED:
        other = await people.refused(route)
        before = await api.shop.journal.head()
        assert_problem(await send(api.client, route, b"{}"), 401)
        assert_problem(await send(liar, route, b"{}"), 401)
        assert_problem(await send(other, route, b"{}"), 403)
        assert await api.shop.journal.head() == before, name(route)


async def test_a_query_that_does_not_fit_is_refused(api: Api) -> None:
    people = People(api)
    for route in WITH_QUERY:
        await refuses_bad_queries(await people.allowed(route), route)


async def refuses_bad_queries(client: Client, route: Route) -> None:
    answer = await client.get(f"{path_of(route)}?surprise=1")
    assert answer.status == 400
    assert "surprise" in {error["field"] for error in answer.json["errors"]}
    names = {field.encode_name for field in msgspec.structs.fields(route.query)}
    for field in names & {"page_size", "after", "limit"}:
        for value in ("many", "-1", "99999999999999999999", "1.5"):
            if field == "page_size" and value.startswith("9"):
                continue  # capped, not refused
            answer = await client.get(f"{path_of(route)}?{field}={value}")
            assert answer.status == 400, (field, value, answer.raw)
            assert answer.json["errors"][0]["field"] == field
    if "page_token" in names:
        for token in ("x", "bm90IGpzb24=", "eyJhIjoxfQ=="):
            answer = await client.get(f"{path_of(route)}?page_token={token}")
            assert answer.json["errors"][0]["field"] == "page_token", answer.raw
    for field in names & {"from", "to"}:
        answer = await client.get(f"{path_of(route)}?{field}=yesterday")
        assert answer.json["errors"][0]["field"] == field


async def test_an_unknown_id_is_not_found(api: Api) -> None:
    people = People(api)
    for route in WITH_PATH:
        client = await people.allowed(route)
        before = await api.shop.journal.head()
        await finds_nothing(client, route)
        assert await api.shop.journal.head() == before, name(route)


async def finds_nothing(client: Client, route: Route) -> None:
    fitting: dict[str, bytes] = {
        "ProductPatch": b'{"name": "x"}',
        "Rename": b'{"name": "x"}',
        "SegmentPatch": b'{"name": "x"}',
        "Quantity": b'{"quantity": 1}',
        "NewReview": b'{"rating": 5}',
        "ReviewPatch": b'{"rating": 5}',
        "Cancellation": b"{}",
        "Repair": b'{"message": {}}',
        "WrongShopper": b'{"shopper_id": "x"}',
        "Reason": b'{"reason": ""}',
        "RulePatch": b'{"place": 1}',
    }
    body = fitting[route.body.__name__] if route.body else b""
    # Of a person's id it shows that it is none.
    assert_problem(await send(client, route, body), 400 if "{person}" in route.path else 404)

    url = client.base + path_of(route, "a%00b")
    headers = {**JSON, "Footfall-Visitor": "v-bad"}
    if client.token:
        headers["Authorization"] = f"Bearer {client.token}"
    async with client.session.request(route.method, url, data=body, headers=headers) as response:
        answer = Raw(name(route), response.status, response.content_type, await response.read())
    assert answer.status in {400, 404}, (name(route), answer.json)


async def test_stale_versions_are_refused_and_recorded_nowhere(api: Api) -> None:
    await a_product(api.client)
    ann = await a_shopper(api.client)
    admin = await api.client.as_role("admin")
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    order = await ann.post("/v1/orders", {"payment": "card"})
    await ann.post("/v1/products/lamp/reviews", {"rating": 3})
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    await admin.post("/v1/categories", {"category_id": "lamps", "name": "Lamps"})
    pin = {"rule_id": "pin", "action": "pin", "product_id": "lamp", "place": 1}
    await admin.post("/v1/admin/recommendation-rules", pin)
    review = f"/v1/reviews/{(await ann.get('/v1/shoppers/me')).json['shopper_id']}:lamp"
    address = {
        "recipient": "A",
        "street": "B",
        "city": "C",
        "postcode": "1",
        "country": "DE",
    }
    stale: list[tuple[Client, str, str, object]] = [
        (ann, "PATCH", "/v1/shoppers/me", {"name": "Other"}),
        (ann, "DELETE", "/v1/shoppers/me", None),
        (ann, "PUT", "/v1/shoppers/me/consent", {"purposes": {"analytics": True}}),
        (ann, "POST", "/v1/shoppers/me/addresses", address),
        (ann, "POST", "/v1/basket/items", {"product_id": "lamp"}),
        (ann, "PATCH", "/v1/basket/items/lamp", {"quantity": 2}),
        (ann, "DELETE", "/v1/basket/items/lamp", None),
        (ann, "DELETE", "/v1/basket", None),
        (ann, "PATCH", review, {"rating": 1}),
        (ann, "DELETE", review, None),
        (ann, "POST", f"/v1/orders/{order.json['order_id']}/cancel", None),
        (admin, "PATCH", "/v1/products/lamp", {"name": "Other"}),
        (admin, "DELETE", "/v1/products/lamp", None),
        (admin, "PATCH", "/v1/categories/lamps", {"name": "Other"}),
        (admin, "PATCH", "/v1/admin/recommendation-rules/pin", {"place": 2}),
        (admin, "DELETE", "/v1/admin/recommendation-rules/pin", None),
    ]
    before = await api.shop.journal.head()
    for client, method, path, body in stale:
        for tag in ('"99"', 'W/"1"', '"nonsense"'):
            answer = await client.call(method, path, body, If_Match=tag)
            assert (answer.status, answer.json["code"]) == (412, "precondition_failed"), path
            assert answer.json["current_version"] > 0
    assert await api.shop.journal.head() == before


async def test_what_is_nowhere_or_not_allowed_there_is_a_problem_too(client: Client) -> None:
    nowhere = await client.get("/v2/nothing", Accept="text/html")
    assert (nowhere.status, nowhere.json["code"]) == (404, "no_such_route")
    wrong = await client.call("PUT", "/v1/products")
    assert (wrong.status, wrong.json["code"]) == (405, "method_not_allowed")
    assert set(wrong.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}


async def test_what_is_no_http_is_answered_in_the_same_shape(api: Api) -> None:
    port = int(api.base.rpartition(":")[2])
    for sent in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert msgspec.json.decode(body)["code"] == "malformed_request"
        writer.close()


async def test_headers_that_make_no_sense_are_named(client: Client) -> None:
    for header, value in (
        ("Footfall_After", "soon"),
        ("Footfall_After", "9" * 5_000),
        ("Footfall_Visitor", "not a visitor"),
    ):
        answer = await client.get("/v1/basket", **{header: value})
        assert answer.status == 400
        assert answer.json["errors"][0]["field"] == header.replace("_", "-")
    answer = await client.post("/v1/basket/items", {"product_id": "x"}, Idempotency_Key="a b")
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
