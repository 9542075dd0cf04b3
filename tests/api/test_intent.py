"""Intent over HTTP: a visitor's scores with what moved them, who orders most probably, live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import pytest_asyncio

from domain.visit import Visit, fact
from ml.intent.outcomes import ABANDONMENT, INTENT
from tests.api.conftest import a_product
from tests.api.sse_client import streaming
from tests.workers.test_intent import OPERATOR, goods, records, scoring, trained, visits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest_asyncio.fixture
async def scored_shop(api: Api, tmp_path: Path) -> AsyncIterator[Client]:
    """A shop with models that serve, and somebody who looks around."""
    await records(api.shop, [*goods(), *visits(300)])
    await trained(api.shop, tmp_path)
    await a_product(api.client)
    async with scoring(api.shop, tmp_path):
        yield api.client


async def looks(api: Api, visitor: str, *product_ids: str) -> str:
    """Record looks at products; return the position."""
    now = datetime.now(UTC)
    events = [
        fact(Visit.ProductViewed, visitor, now, visitor=visitor, product_id=each)
        for each in product_ids
    ]
    return str((await api.shop.journal.record(OPERATOR, events)).last_position)


async def test_a_visitor_is_shown_with_scores_and_what_moved_them(
    scored_shop: Client, api: Api
) -> None:
    position = await looks(api, "ann", "p1", "p2")
    analyst = await scored_shop.as_role("analyst")
    found = await analyst.get("/v1/insights/visitors/ann", Footfall_After=position)
    first = found.json["intent"]
    assert (first["outcome"], first["abandonment"], first["degraded"]) == ("", None, "")
    assert str(first["as_of_position"]) == position
    assert 0 < first["intent"]["score"] < 1
    assert isinstance(first["intent"]["offer_pays"], bool)
    body = {"product_id": "lamp", "quantity": 1}
    filled = await scored_shop.as_visitor("ann").post("/v1/basket/items", body)
    found = await analyst.get("/v1/insights/visitors/ann", Footfall_After=filled.position)
    second = found.json["intent"]
    assert second["intent"]["score"] > first["intent"]["score"]
    assert 0 < second["abandonment"]["score"] < 1
    factors = second["intent"]["factors"]
    assert 1 <= len(factors) <= 3
    assert set(factors[0]) == {"feature", "value", "effect", "text"}
    assert found.json["visits"][0]["intent"] == second["intent"]["score"]
    person = await analyst.get("/v1/insights/people/visitor:ann")
    [scored] = person.json["intents"]
    assert scored["scores"] == second
    assert [point["intent"] for point in scored["trail"]] == [
        first["intent"]["score"],
        second["intent"]["score"],
    ]


async def test_who_most_probably_orders_comes_first_when_asked_for(
    scored_shop: Client, api: Api
) -> None:
    await looks(api, "ann", "p1")
    body = {"product_id": "lamp", "quantity": 1}
    await scored_shop.as_visitor("ann").post("/v1/basket/items", body)
    position = await looks(api, "bob", "p1")
    analyst = await scored_shop.as_role("analyst")

    async def shown(query: str) -> list[dict[str, Any]]:
        path = f"/v1/insights/visitors?page_size=2{query}"
        found = await analyst.get(path, Footfall_After=position)
        items: list[dict[str, Any]] = found.json["items"]
        return items

    assert [item["visitor"] for item in await shown("")] == ["bob", "ann"]
    scores = [item["intent"] for item in await shown("&sort=intent")]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    first, second = await shown("&sort=abandonment")
    assert (first["visitor"], second["visitor"], second["abandonment"]) == ("ann", "bob", None)
    refused = await analyst.get("/v1/insights/visitors?sort=weather")
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "sort")


async def test_scores_are_followed_live_by_staff_and_as_a_feed_by_machines(
    scored_shop: Client, api: Api
) -> None:
    analyst, worker = await scored_shop.as_role("analyst"), await scored_shop.as_role("ml")
    before = await looks(api, "ann", "p1")
    found = await analyst.get("/v1/insights/visitors/ann", Footfall_After=before)
    async with streaming(analyst, "/v1/live?topics=intent") as stream:
        snapshot = await stream.next()
        assert snapshot.data["items"][-1]["visitor"] == "ann"
        assert snapshot.data["items"][-1]["intent"] == found.json["intent"]["intent"]["score"]
        position = await looks(api, "bob", "p1")
        change = await stream.next()
    assert (change.data["item"]["visitor"], change.last_id) == ("bob", position)
    page = await worker.get(f"/v1/feeds/intent?after={before}", Footfall_After=position)
    [row] = [msgspec.json.decode(line) for line in page.raw.splitlines()]
    assert (row["key"], row["row"]["visitor"]) == ("bob", "bob")
    assert isinstance(row["row"]["intent_factors"], list)
    assert (await scored_shop.get("/v1/live?topics=intent")).status == 401


async def test_models_of_all_kinds_are_listed_with_their_cards(scored_shop: Client) -> None:
    worker = await scored_shop.as_role("ml")
    head = await worker.get("/v1/insights/models")
    kinds = {row["kind"]: row for row in head.json["items"]}
    assert set(kinds) >= {INTENT, ABANDONMENT}
    assert kinds[INTENT]["is_champion"]
    assert kinds[INTENT]["drift"] is None
    for kind in (INTENT, ABANDONMENT):
        version = kinds[kind]["version"]
        card = await worker.get(f"/v1/insights/models/{kind}/{version}/card")
        assert "## Offers" in card.raw.decode()
        assert "## Scores early in the latest visits" in card.raw.decode()
