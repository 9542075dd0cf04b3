"""What the shop wants of its recommendations: set by admins, heeded by the next answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.api.test_recommendations import (
    PHONES,
    a_past,
    looks,
    recommending,
    shown,
    trained,
)
from tests.shops import caught_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.api.conftest import Answer, Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

RULES = "/v1/admin/recommendation-rules"
READ = ("catalogue", "product_sales", "rules")
PIN = {"rule_id": "pin", "action": "pin", "product_id": "lamp-3", "place": 2}


@pytest_asyncio.fixture
async def shopping(api: Api, tmp_path: Path) -> AsyncIterator[Client]:
    """A shop with a model that serves."""
    await trained(api.shop, tmp_path)
    async with recommending(api.shop, tmp_path):
        yield api.client


@pytest_asyncio.fixture
async def admin(client: Client) -> Client:
    return await client.as_role("admin")


async def accepted(answer: Answer) -> Answer:
    assert answer.status in {200, 201, 204}, answer.raw
    return answer


async def event_of(api: Api, position: str) -> str:
    [recorded] = (await api.shop.journal.read(int(position) - 1))[:1]
    return str(recorded.event_id)


async def test_admins_pin_boost_and_bury_and_take_it_back(shopping: Client, api: Api) -> None:
    admin = await shopping.as_role("admin")
    after: object = await looks(api.shop, "v", "phone-1", "phone-2")
    asked = "visitor=v&count=4"
    before, answer = await shown(shopping, asked, after)
    assert "lamp-3" not in before
    assert all(r["text"] != "Chosen by the shop" for i in answer["items"] for r in i["reasons"])

    pinned = await accepted(await admin.post(RULES, PIN))
    items, answer = await shown(shopping, asked, pinned.position)
    assert items == [before[0], "lamp-3", *before[1:3]]
    assert answer["items"][1]["reasons"] == [
        {"text": "Chosen by the shop", "event_ids": [await event_of(api, pinned.position)]}
    ]

    boost = {"rule_id": "b", "action": "boost", "category": "lamp", "factor": 1_000}
    boosted = await accepted(await admin.post(RULES, boost))
    items, answer = await shown(shopping, asked, boosted.position)
    assert all(item.startswith("lamp-") for item in items)
    assert items[1] == "lamp-3"
    assert answer["items"][0]["reasons"][-1]["event_ids"] == [await event_of(api, boosted.position)]

    burial = {"rule_id": "c", "action": "bury", "product_id": items[0], "factor": 0}
    buried = await accepted(await admin.post(RULES, burial))
    without, _ = await shown(shopping, asked, buried.position)
    assert items[0] not in without

    for rule_id in ("pin", "b"):
        await accepted(await admin.call("DELETE", f"{RULES}/{rule_id}"))
    gone = await accepted(await admin.call("DELETE", f"{RULES}/c"))
    items, _ = await shown(shopping, asked, gone.position)
    assert items == before
    assert (await admin.get(RULES, Footfall_After=gone.position)).json["items"] == []
    again = await accepted(await admin.post(RULES, PIN))
    items, _ = await shown(shopping, asked, again.position)
    assert items[1] == "lamp-3"


async def test_a_rule_holds_where_and_when_it_says(shopping: Client, api: Api) -> None:
    admin = await shopping.as_role("admin")
    now = datetime.now(UTC)
    later = {**PIN, "starts_at": (now + timedelta(hours=1)).isoformat()}
    made = await accepted(await admin.post(RULES, later))
    await looks(api.shop, "v", "phone-1")
    items, _ = await shown(shopping, "visitor=v", made.position)
    assert "lamp-3" not in items[:2]
    patch: dict[str, Any] = {"starts_at": None, "placement": "email"}
    changed = await accepted(await admin.call("PATCH", f"{RULES}/pin", patch))
    assert changed.json["starts_at"] is None
    items, _ = await shown(shopping, "visitor=v", changed.position)
    assert items[1] != "lamp-3"
    items, _ = await shown(shopping, "visitor=v&placement=email", changed.position)
    assert items[1] == "lamp-3"


async def test_a_pin_that_is_sold_out_or_unwanted_is_not_shown(shopping: Client, api: Api) -> None:
    admin = await shopping.as_role("admin")
    made = await accepted(await admin.post(RULES, PIN))
    await looks(api.shop, "v", "phone-1", "lamp-3")
    items, _ = await shown(shopping, "visitor=v", await api.shop.journal.head())
    assert items[1] == "lamp-3"
    items, _ = await shown(shopping, "visitor=v&exclude=lamp-3", made.position)
    assert "lamp-3" not in items
    items, _ = await shown(shopping, "visitor=v&category=phone", made.position)
    assert set(items) <= set(PHONES)
    sold = await accepted(await admin.call("PATCH", "/v1/products/lamp-3", {"stock": 0}))
    items, _ = await shown(shopping, "visitor=v", sold.position)
    assert "lamp-3" not in items


async def test_rules_are_heeded_without_a_model_too(api: Api, admin: Client) -> None:
    await a_past(api.shop)
    await accepted(await admin.post(RULES, PIN))
    await caught_up(api.shop, READ)
    items, answer = await shown(api.client, "visitor=nobody&count=3", 0)
    assert items[1] == "lamp-3"
    assert answer["degraded"] == "no_model"


async def test_a_rule_has_a_version_and_an_address(api: Api, admin: Client) -> None:
    made = await accepted(await admin.post(RULES, PIN, Idempotency_Key="k"))
    again = await accepted(await admin.post(RULES, PIN, Idempotency_Key="k"))
    assert (made.status, again.json) == (201, made.json)
    assert made.headers["Location"] == f"{RULES}/pin"
    await caught_up(api.shop, ["rules"])
    read = await accepted(await admin.get(f"{RULES}/pin"))
    assert read.headers["ETag"] == made.headers["ETag"]
    assert (read.json["place"], read.json["placement"], read.json["ends_at"]) == (2, "", None)
    taken = await admin.post(RULES, PIN)
    assert (taken.status, taken.json["code"]) == (422, "rule_exists")
    changed = await admin.call("PATCH", f"{RULES}/pin", {"place": 3}, If_Match='"1"')
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    stale = await admin.call("PATCH", f"{RULES}/pin", {"place": 4}, If_Match='"1"')
    assert stale.status == 412
    stale = await admin.call("DELETE", f"{RULES}/pin", If_Match='"1"')
    assert stale.status == 412
    gone = await accepted(await admin.call("DELETE", f"{RULES}/pin", If_Match='"2"'))
    for method in ("GET", "DELETE"):
        missing = await admin.call(method, f"{RULES}/pin", Footfall_After=gone.position)
        assert (missing.status, missing.json["code"]) == (404, "rule_not_found")


async def test_a_rule_that_means_nothing_is_refused(admin: Client) -> None:
    refused = await admin.post(RULES, {"action": "pin", "place": 0})
    assert (refused.status, refused.json["code"]) == (422, "invalid_fields")
    assert [error["field"] for error in refused.json["errors"]] == ["product_id", "place"]
    unknown = await admin.post(RULES, {"action": "promote"})
    assert (unknown.status, unknown.json["errors"][0]["field"]) == (400, "action")
    naive = await admin.post(RULES, {**PIN, "starts_at": "2026-03-01T00:00:00"})
    assert naive.status == 400


async def test_only_admins_set_rules(client: Client, admin: Client) -> None:
    analyst = await client.as_role("analyst")
    assert (await analyst.post(RULES, PIN)).status == 403
    assert (await client.post(RULES, PIN)).status == 401
    made = await accepted(await admin.post(RULES, PIN))
    listed = await analyst.get(RULES, Footfall_After=made.position)
    assert [rule["rule_id"] for rule in listed.json["items"]] == ["pin"]
