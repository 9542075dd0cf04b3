"""Behaviour through its doors: durable at the answer, once, no batch lost for one message."""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import pytest_asyncio

from api.services import ApiSettings
from application.keys import create_key, revoke_key
from tests.api.conftest import running_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop
    from tests.api.conftest import Api

VIEW = {"type": "track", "event": "Product Viewed", "properties": {"product_id": "lamp"}}
GA4_VIEW = {"name": "view_item", "params": {"items": [{"item_id": "lamp"}]}}


@dataclass
class Sender:
    """Sends behaviour as a page or an SDK does."""

    api: Api
    key: str

    async def post(
        self, path: str, body: object, status: int = 200, *, signed: bool = True, **headers: str
    ) -> Any:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if signed:
            sent["Authorization"] = "Basic " + b64encode(f"{self.key}:".encode()).decode()
        url = self.api.base + path
        async with self.api.client.session.post(url, data=data, headers=sent) as answer:
            text = await answer.read()
            assert answer.status == status, (answer.status, text)
            self.headers = answer.headers
            return msgspec.json.decode(text) if text else None

    async def recorded(self) -> list[Any]:
        return await self.api.shop.journal.read(0)

    async def bad_rows(self, status: str = "open") -> list[Any]:
        admin = await self.api.client.as_role("admin")
        answer = await admin.get(f"/v1/admin/bad-rows?status={status}")
        assert answer.status == 200, answer.raw
        items: list[Any] = answer.json["items"]
        return items


@pytest_asyncio.fixture
async def sender(shop: Shop) -> AsyncIterator[Sender]:
    made = await create_key(shop.pool, "write", name="a shop")
    async with running_api(shop) as api:
        yield Sender(api, made.key)


def message(**more: object) -> dict[str, object]:
    return {"messageId": "m-1", "anonymousId": "v-1", **VIEW, **more}


async def test_a_batch_is_recorded_when_it_is_answered(sender: Sender) -> None:
    page = {"type": "page", "anonymousId": "v-1", "properties": {"url": "https://shop.example/"}}
    answer = await sender.post("/v1/batch", {"batch": [message(), page]})
    assert answer == {"success": True}
    viewed, page_viewed = await sender.recorded()
    assert (viewed.topic, viewed.event.product_id) == ("visit.product_viewed", "lamp")
    assert viewed.actor.startswith("key:")
    assert (page_viewed.topic, page_viewed.event.visitor) == ("visit.page_viewed", "v-1")


@pytest.mark.parametrize(
    "path, topic",
    [
        ("/v1/track", "visit.product_viewed"),
        ("/v1/t", "visit.product_viewed"),
        ("/v1/page", "visit.page_viewed"),
        ("/v1/p", "visit.page_viewed"),
        ("/v1/screen", "visit.page_viewed"),
        ("/v1/identify", "identity.joined"),
        ("/v1/i", "identity.joined"),
        ("/v1/alias", "identity.joined"),
        ("/v1/a", "identity.joined"),
        ("/v1/group", "visit.custom_tracked"),
        ("/v1/g", "visit.custom_tracked"),
    ],
)
async def test_each_call_has_a_door_of_its_own(sender: Sender, path: str, topic: str) -> None:
    body = message(userId="7", previousId="v-1", groupId="g", type=None)
    del body["type"]
    await sender.post(path, body)
    assert [recorded.topic for recorded in await sender.recorded()] == [topic]


async def test_a_beacon_brings_its_key_in_a_body_of_plain_text(sender: Sender) -> None:
    body = {"batch": [message()], "writeKey": sender.key}
    await sender.post("/v1/b", body, signed=False, Content_Type="text/plain;charset=UTF-8")
    assert len(await sender.recorded()) == 1
    assert sender.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_compressed_body_is_taken(sender: Sender) -> None:
    body = gzip.compress(msgspec.json.encode({"batch": [message()]}))
    await sender.post("/v1/batch", body, Content_Encoding="gzip")
    assert len(await sender.recorded()) == 1


async def test_a_repeated_message_is_recorded_once(sender: Sender) -> None:
    for _ in range(3):
        await sender.post("/v1/batch", {"batch": [message(), message()]})
    assert len(await sender.recorded()) == 1


async def test_a_wrong_clock_is_set_right(sender: Sender) -> None:
    now = datetime.now(UTC)
    behind = now - timedelta(hours=5)
    happened = message(timestamp=(behind - timedelta(minutes=1)).isoformat())
    await sender.post("/v1/batch", {"batch": [happened], "sentAt": behind.isoformat()})
    (viewed,) = await sender.recorded()
    assert abs(viewed.occurred_at - (now - timedelta(minutes=1))) < timedelta(seconds=20)


async def test_a_request_without_a_key_that_counts_is_refused(sender: Sender) -> None:
    body = {"batch": [message()]}
    refused = await sender.post("/v1/batch", body, 401, signed=False)
    assert refused["code"] == "invalid_write_key"
    assert sender.headers["Access-Control-Allow-Origin"] == "*"
    shop = sender.api.shop
    secret = await create_key(shop.pool, "api", roles=["admin"])
    await sender.post("/v1/batch", {**body, "writeKey": secret.key}, 401, signed=False)
    gone = await create_key(shop.pool, "write")
    await revoke_key(shop.pool, gone.about.key_id)
    await sender.post("/v1/batch", {**body, "writeKey": gone.key}, 401, signed=False)
    nothing = {"client_id": "v", "events": []}
    await sender.post("/mp/collect?api_secret=made-up", nothing, 401, signed=False)
    assert await shop.journal.head() == 0


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/v1/identify", "/mp/collect"])
async def test_a_body_that_is_no_request_is_refused(sender: Sender, path: str) -> None:
    for body in (b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 100_000):
        problem = await sender.post(path, body, 400)
        assert problem["code"].startswith("malformed")
    large = await sender.post(path, b" " * 520_000, 413)
    assert large["code"] == "body_too_large"
    assert await sender.api.shop.journal.head() == 0


async def test_a_batch_of_too_many_is_refused_whole(sender: Sender) -> None:
    refused = await sender.post("/v1/batch", {"batch": [{}] * 2_501}, 413)
    assert refused["code"] == "too_many_messages"
    assert await sender.bad_rows() == []


async def test_a_bad_message_never_fails_its_batch(sender: Sender) -> None:
    bad: list[object] = [
        {"type": "track", "anonymousId": "v-1", "event": "Product Viewed"},
        {"type": "track", "event": "Product Viewed", "properties": {"product_id": "x"}},
        {"type": "dance", "anonymousId": "v-1"},
        {"type": "track", "anonymousId": "v-1", "event": 7},
        {"anonymousId": "v-1", "event": "x", "properties": {"text": "\0"}},
        {"anonymousId": "v-1", "event": "x", "properties": {"text": "y" * 33_000}},
        7,
        None,
        "text",
    ]
    await sender.post("/v1/batch", {"batch": [*bad, message()]})
    assert len(await sender.recorded()) == 1
    assert sorted(row["code"] for row in await sender.bad_rows()) == sorted(
        [
            "missing_property",
            "no_visitor",
            "unknown_call",
            "invalid_message",
            "nul_character",
            "too_large",
            *["invalid_message"] * 3,
        ]
    )


async def test_a_bad_row_is_kept_once_and_without_what_is_personal(sender: Sender) -> None:
    bad = {
        "type": "track",
        "anonymousId": "v-1",
        "event": "Product Viewed",
        "properties": {"note": "ann@example.com"},
        "traits": {"name": "Ann"},
        "context": {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0 (iPhone; Mobile)"},
    }
    for _ in range(2):
        await sender.post("/v1/batch", {"batch": [bad]})
    broken = b'{"batch": [{"type": "track", "event": 7, "x": "ann@example.com 203.0.113.7"}]}'
    await sender.post("/v1/batch", broken)
    rows = await sender.bad_rows()
    assert len(rows) == 2
    for row in rows:
        for personal in ("ann@", "Ann", "203.0.113.7", "Mozilla"):
            assert personal not in row["message"]


async def test_a_bad_row_is_mended_and_recorded_at_its_true_time(sender: Sender) -> None:
    then = datetime.now(UTC) - timedelta(hours=30)
    bad = message(timestamp=then.isoformat(), properties={})
    await sender.post("/v1/batch", {"batch": [bad]})
    (row,) = await sender.bad_rows()
    admin = await sender.api.client.as_role("admin")
    path = f"/v1/admin/bad-rows/{row['bad_row_id']}"
    same = await admin.post(f"{path}/repair")
    assert (same.status, same.json["code"]) == (422, "missing_property")
    mended = await admin.post(f"{path}/repair", {"message": bad | {"properties": {"sku": "lamp"}}})
    assert (mended.status, mended.json) == (200, {"facts": 1})
    (viewed,) = await sender.recorded()
    assert viewed.event.product_id == "lamp"
    assert abs(viewed.occurred_at - then) < timedelta(seconds=1)
    assert mended.position == str(viewed.position)
    assert (await admin.post(f"{path}/repair")).status == 404
    assert [r["bad_row_id"] for r in await sender.bad_rows("repaired")] == [row["bad_row_id"]]


async def test_a_bad_row_of_ga4_is_mended_with_its_visitor(sender: Sender) -> None:
    bad = {"name": "view_item", "params": {"items": [{"price": 3}]}}
    body = {"client_id": "v-9", "events": [bad, GA4_VIEW]}
    await sender.post(f"/mp/collect?api_secret={sender.key}", body, 204)
    (row,) = await sender.bad_rows()
    kept = msgspec.json.decode(row["message"])
    admin = await sender.api.client.as_role("admin")
    kept["events"][0]["params"]["items"][0]["item_id"] = "bulb"
    path = f"/v1/admin/bad-rows/{row['bad_row_id']}/repair"
    mended = await admin.post(path, {"message": kept})
    assert mended.status == 200, mended.raw
    assert [(r.event.visitor, r.event.product_id) for r in await sender.recorded()] == [
        ("v-9", "lamp"),
        ("v-9", "bulb"),
    ]


async def test_bad_rows_are_let_go_and_tried_again_together(sender: Sender) -> None:
    bad = [message(messageId=f"m-{n}", properties={"n": n}) for n in range(3)]
    await sender.post("/v1/batch", {"batch": bad})
    admin = await sender.api.client.as_role("admin")
    rows = await sender.bad_rows()
    gone = await admin.call("DELETE", f"/v1/admin/bad-rows/{rows[0]['bad_row_id']}")
    assert gone.status == 204
    retried = await admin.post("/v1/admin/bad-rows/retry")
    assert retried.json == {"repaired": 0, "still_bad": 2}
    assert len(await sender.bad_rows("discarded")) == 1
    first = (await admin.get("/v1/admin/bad-rows?page_size=1")).json
    token = first["next_page_token"]
    second = (await admin.get(f"/v1/admin/bad-rows?page_size=1&page_token={token}")).json
    assert [r["bad_row_id"] for r in first["items"] + second["items"]] == [
        row["bad_row_id"] for row in rows[1:]
    ]
    assert second["next_page_token"] == ""


async def test_a_key_that_sends_too_much_is_told_when_to_come_back(shop: Shop) -> None:
    made = await create_key(shop.pool, "write")
    slow = ApiSettings(drain_seconds=1, intake_events_per_second=1_000)
    async with running_api(shop, slow) as api:
        sender = Sender(api, made.key)
        batch = [{"anonymousId": "v", "event": "x", "properties": {"n": n}} for n in range(2_000)]
        for _ in range(5):
            await sender.post("/v1/batch", {"batch": batch})
        refused = await sender.post("/v1/batch", {"batch": batch}, 429)
        assert refused["code"] == "too_many_events"
        assert 1 <= int(sender.headers["Retry-After"]) <= 2
        assert sender.headers["Access-Control-Expose-Headers"].startswith("Retry-After")


async def test_ga4_events_are_recorded_without_a_body_in_the_answer(sender: Sender) -> None:
    body = {"client_id": "v-1", "events": [GA4_VIEW]}
    await sender.post(f"/mp/collect?measurement_id=G-1&api_secret={sender.key}", body, 204)
    (viewed,) = await sender.recorded()
    assert (viewed.event.visitor, viewed.event.product_id) == ("v-1", "lamp")


async def test_the_browser_sdk_finds_its_settings(sender: Sender) -> None:
    answer = await sender.api.client.get(f"/v1/projects/{sender.key}/settings")
    own = answer.json["integrations"]["Segment.io"]
    assert own["apiKey"] == sender.key
    assert f"{own['protocol']}://{own['apiHost']}" == f"{sender.api.base}/v1"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    behind = await sender.api.client.call(
        "GET", f"/v1/projects/{sender.key}/settings", X_Forwarded_Proto="https"
    )
    assert behind.json["integrations"]["Segment.io"]["protocol"] == "https"
    unknown = await sender.api.client.get("/v1/projects/made-up/settings")
    assert (unknown.status, unknown.json["code"]) == (404, "no_such_write_key")


async def test_a_page_of_any_origin_may_ask_before_it_sends(sender: Sender) -> None:
    answer = await sender.api.client.call(
        "OPTIONS", "/v1/batch", Origin="https://shop.example", Access_Control_Request_Method="POST"
    )
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_programs_are_marked_and_their_agents_forgotten(sender: Sender) -> None:
    agent = "Mozilla/5.0 (compatible; Somebot/2.1)"
    body = {"batch": [message()], "writeKey": sender.key}
    await sender.post("/v1/batch", body, Origin="https://shop.example", User_Agent=agent)
    (viewed,) = await sender.recorded()
    assert viewed.event.bot == "agent"
    stored = await sender.api.shop.pool.fetchval("SELECT payload FROM log.events")
    assert b"Somebot" not in stored


async def test_no_address_of_a_machine_or_a_person_is_kept(sender: Sender) -> None:
    told = {"seen": "from 203.0.113.7", "by": ["2001:db8::8a2e:370:7334", "ann@example.com"]}
    kept = {"at": "2026-03-01T12:30:45Z", "price": "19.99", "version": "1.2.3"}
    await sender.post("/v1/track", message(event="Printed", properties=told | kept))
    (printed,) = await sender.recorded()
    assert printed.event.properties == kept | {
        "seen": "from (address)",
        "by": ["(address)", "(e-mail)"],
    }
