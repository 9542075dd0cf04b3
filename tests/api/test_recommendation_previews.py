"""The staff see what somebody would be shown and why, and nothing of it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.api.test_recommendations import looks, recommending, shown, trained

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PREVIEW = "/v1/insights/recommendations/preview"


@pytest_asyncio.fixture
async def shopping(api: Api, tmp_path: Path) -> AsyncIterator[Client]:
    """A shop with a model that serves."""
    await trained(api.shop, tmp_path)
    async with recommending(api.shop, tmp_path):
        yield api.client


async def previewed(client: Client, asked: str, after: object = "0") -> Any:
    answer = await client.get(f"{PREVIEW}?{asked}", Footfall_After=str(after))
    assert answer.status == 200, answer.raw
    return answer.json


async def test_a_preview_is_what_the_visitor_would_be_shown_and_is_not_recorded(
    shopping: Client, api: Api
) -> None:
    analyst = await shopping.as_role("analyst")
    after = await looks(api.shop, "v", "phone-1", "phone-2")
    found = await previewed(analyst, "visitor=v&count=5", after)
    head = await api.shop.journal.head()
    again = await previewed(analyst, "visitor=visitor:v&count=5")
    assert head == await api.shop.journal.head() == after
    assert again["items"] == found["items"]
    items, answer = await shown(shopping, "visitor=v&count=5", after)
    assert [item["product_id"] for item in found["items"]] == items
    assert (found["model"], found["items"]) == (answer["model"], answer["items"])


async def test_a_preview_shows_what_goes_with_a_product_and_asks_which(shopping: Client) -> None:
    expert = await shopping.as_role("ml")
    found = await previewed(expert, "placement=product&product_id=phone-1")
    assert found["items"]
    assert "phone-1" not in [item["product_id"] for item in found["items"]]
    refused = await expert.get(f"{PREVIEW}?placement=product")
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "product_id")


async def test_a_reason_leads_to_its_events(shopping: Client, api: Api) -> None:
    analyst = await shopping.as_role("analyst")
    after = await looks(api.shop, "v", "phone-1", "phone-2")
    found = await previewed(analyst, "visitor=v&count=5", after)
    ids = {each for item in found["items"] for r in item["reasons"] for each in r["event_ids"]}
    answer = await analyst.get(f"/v1/insights/events?ids={','.join(ids)}")
    assert [item["topic"] for item in answer.json["items"]] == ["visit.product_viewed"] * len(ids)
    assert {item["product_id"] for item in answer.json["items"]} <= {"phone-1", "phone-2"}
    assert "v" not in {item["actor"] for item in answer.json["items"]}


@pytest.mark.parametrize("ids", ["", "no-id", ",".join(["0" * 32] * 101)])
async def test_events_are_asked_for_by_up_to_a_hundred_ids(client: Client, ids: str) -> None:
    analyst = await client.as_role("analyst")
    refused = await analyst.get(f"/v1/insights/events?ids={ids}")
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "ids")


async def test_an_id_of_no_event_finds_none(client: Client) -> None:
    analyst = await client.as_role("analyst")
    answer = await analyst.get(f"/v1/insights/events?ids={'0' * 32}")
    assert answer.json["items"] == []


@pytest.mark.parametrize("path", [PREVIEW, "/v1/insights/events?ids=1"])
async def test_only_who_works_with_models_or_numbers_may_ask(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 401
    assert (await (await client.as_role("auditor")).get(path)).status == 403
