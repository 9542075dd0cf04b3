"""The door to what came of recommendations, over the real log and read model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from application.context import Context
from domain.recommendation import Candidate, served
from domain.visit import Visit, fact

if TYPE_CHECKING:
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


async def test_an_analyst_sees_clicks_and_money_by_model_and_day(api: Api, client: Client) -> None:
    items = (Candidate("lamp", 1.0, 1.0), Candidate("bulb", 0.5, 1.0))
    kinds = {"placement": "home", "product_id": "bulb"}
    events = [
        *(
            served(each, "v", NOW, placement="home", model="m", as_of=0, items=items)
            for each in ("r1", "r2")
        ),
        fact(
            Visit.RecommendationClicked,
            "v",
            NOW,
            visitor="v",
            recommendation_id="r1",
            rank=2,
            **kinds,
        ),
        fact(
            Visit.ProductPurchased,
            "v",
            NOW,
            visitor="v",
            product_id="bulb",
            quantity=2,
            unit_price_minor=450,
            currency="EUR",
        ),
    ]
    position = (await api.shop.journal.record(Context("test", NOW), events)).last_position
    analyst = await client.as_role("analyst")
    asked = "/v1/insights/recommendations?from=2026-03-02&to=2026-03-03"
    answer = await analyst.get(asked, Footfall_After=str(position))
    assert answer.status == 200, answer.raw
    [day], [total] = answer.json["items"], answer.json["totals"]
    assert (day.pop("day"), answer.json["to"]) == ("2026-03-02", "2026-03-03")
    assert day == total
    assert total == {
        "model": "m",
        "placement": "home",
        "lists": 2,
        "products": 4,
        "clicked_lists": 1,
        "click_rate": 0.5,
        "clicks": 1,
        "views": 0,
        "basket_adds": 0,
        "orders": 1,
        "revenue": [{"amount": 900, "currency": "EUR"}],
    }
    assert (await analyst.get(asked + "&placement=email")).json["items"] == []
    assert (await client.get(asked)).status == 401
