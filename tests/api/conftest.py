"""The API on a real socket, with log, read models and a projector behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from api.server import serve
from api.services import ApiSettings, Services
from application import users
from projections.position_waiter import PositionWaiter
from tests.shops import an_open_shop, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop

STAFF_PASSWORD = "correct horse battery"
PASSWORD = "only a shopper"
ROLES = ("analyst", "auditor", "ml", "admin")


@dataclass
class Client:
    """Calls the API; ``token`` and ``visitor`` go along with each call."""

    base: str
    session: aiohttp.ClientSession
    token: str = ""
    visitor: str = ""

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if self.visitor:
            sent.setdefault("Footfall-Visitor", self.visitor)
        async with self.session.request(
            method, self.base + path, json=body, headers=sent, allow_redirects=False
        ) as response:
            raw = await response.read()
            return Answer(response.status, response.headers, raw, response)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self.call("POST", path, body, **headers)

    def as_visitor(self, visitor: str) -> Client:
        return Client(self.base, self.session, visitor=visitor)

    async def signed_in(self, username: str, password: str, visitor: str = "") -> Client:
        known = Client(self.base, self.session, visitor=visitor)
        answer = await known.post("/v1/sessions", {"username": username, "password": password})
        assert answer.status == 201, answer.raw
        return Client(self.base, self.session, token=answer.json["token"])

    async def as_role(self, role: str) -> Client:
        return await self.signed_in(role, STAFF_PASSWORD)


@dataclass
class Answer:
    """A whole answer."""

    status: int
    headers: Any
    raw: bytes
    response: aiohttp.ClientResponse

    @property
    def json(self) -> Any:
        import msgspec  # noqa: PLC0415

        return msgspec.json.decode(self.raw)

    @property
    def position(self) -> str:
        return str(self.headers["Footfall-Position"])


@dataclass
class Api:
    """A running API."""

    shop: Shop
    base: str
    client: Client


@asynccontextmanager
async def running_api(
    shop: Shop, settings: ApiSettings | None = None, *, with_staff: bool = True
) -> AsyncIterator[Api]:
    """Serve the shop; one member of the staff for each role, named like it."""
    if with_staff:
        made = await users.create_user(shop.pool, "admin", STAFF_PASSWORD, ["admin"])
        assert made.roles == ["admin"]
        await shop.pool.execute(
            """INSERT INTO app.users (username, password_hash, roles)
               SELECT role, password_hash, ARRAY[role]
               FROM app.users, unnest($1::text[]) AS role""",
            [role for role in ROLES if role != "admin"],
        )
    async with PositionWaiter(shop.pool, shop.redis) as waiter:
        services = Services(
            journal=shop.journal,
            pool=shop.pool,
            redis=shop.redis,
            waiter=waiter,
            # What is drawn by chance would make tests of lists differ from run to run.
            settings=settings or ApiSettings(drain_seconds=1, explored_share=0),
        )
        jar = aiohttp.DummyCookieJar()
        async with (
            serve(services) as port,
            aiohttp.ClientSession(
                cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0)
            ) as session,
        ):
            base = f"http://127.0.0.1:{port}"
            yield Api(shop, base, Client(base, session))


@pytest_asyncio.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def api(shop: Shop) -> AsyncIterator[Api]:
    """Serve with a projector beside it."""
    async with projecting(shop), running_api(shop) as running:
        yield running


@pytest.fixture
def client(api: Api) -> Client:
    return api.client


async def a_product(
    client: Client, product_id: str = "lamp", *, amount: int = 5_000, stock: int | None = None
) -> str:
    """Put a product up for sale; return the position."""
    admin = await client.as_role("admin")
    answer = await admin.post(
        "/v1/products",
        {
            "product_id": product_id,
            "name": f"A {product_id}",
            "price": {"amount": amount, "currency": "EUR"},
            "stock": stock,
        },
    )
    assert answer.status == 201, answer.raw
    return answer.position


async def a_shopper(client: Client, name: str = "ann", visitor: str = "") -> Client:
    """Register a shopper and sign in."""
    known = Client(client.base, client.session, visitor=visitor)
    answer = await known.post(
        "/v1/shoppers",
        {
            "name": f"{name} Lee",
            "email": f"{name}@example.com",
            "username": name,
            "password": PASSWORD,
        },
    )
    assert answer.status == 201, answer.raw
    return await client.signed_in(name, PASSWORD, visitor)


async def settled() -> None:
    """Let what was started begin."""
    await asyncio.sleep(0)
