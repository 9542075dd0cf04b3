"""The door to forecasts and stock advice, over the real log and read models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from application import categories, products
from application.context import Context
from domain.money import Money
from domain.product import ProductDetails
from domain.visit import Visit, fact
from ml.forecasts.stock import StockSettings
from workers.forecasting import make_forecasts

if TYPE_CHECKING:
    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

NOW = datetime(2026, 3, 30, 18, tzinfo=UTC)
FORECASTS = "/v1/insights/forecasts"
ADVICE = "/v1/insights/stock-advice"


async def sell(api: Api, days: int) -> None:
    """Sell three lamps a day and a bulb; of lamps eight are left, bulbs are not counted."""
    journal, then = api.shop.journal, Context("test", NOW - timedelta(days=days))
    await categories.create_category(journal, then, "light", "Light")
    for product_id, stock in (("lamp", 8), ("bulb", None)):
        details = ProductDetails(name=f"A {product_id}", category="light")
        price = Money(1_000, "EUR")
        await products.add_product(journal, then, product_id, details, price=price, stock=stock)
    sold = [
        fact(
            Visit.ProductPurchased,
            "v",
            NOW - timedelta(days=back, hours=3),
            visitor="v",
            product_id=product_id,
            quantity=quantity,
            unit_price_minor=1_000,
            currency="EUR",
        )
        for back in range(days)
        for product_id, quantity in (("lamp", 3), ("bulb", 1))
    ]
    await journal.record(Context("test", NOW), sold)
    await make_forecasts(journal, api.shop.pool, StockSettings(), now=NOW, reason="asked")


async def test_an_analyst_sees_what_is_expected_and_what_it_rests_on(
    api: Api, client: Client
) -> None:
    analyst = await client.as_role("analyst")
    nothing = await analyst.get(FORECASTS)
    assert nothing.status == 200
    assert (nothing.json["items"], nothing.json["lacks"]) == ([], "nothing was worked out yet")

    await sell(api, 30)
    lamp = (await analyst.get(f"{FORECASTS}?product_id=lamp&by=day&horizon=7")).json
    assert len(lamp["items"]) == 7
    assert lamp["items"][0]["start"] == "2026-03-31"
    assert lamp["items"][0]["mean"] == pytest.approx(3, abs=0.5)
    assert lamp["lacks"] == ""
    assert lamp["models"]
    assert lamp["position"] > lamp["as_of_position"]
    assert "0.5" in lamp["items"][0]["quantiles"]
    light, whole = [
        (await analyst.get(f"{FORECASTS}{asked}")).json
        for asked in ("?category_id=light", "?by=week")
    ]
    assert light["level"] == "category"
    assert [each["mean"] for each in light["items"]] == [each["mean"] for each in whole["items"]]
    assert whole["items"][0]["end"] == "2026-04-07"
    told = (await analyst.get("/v1/feeds/forecasts?after=0&limit=5")).raw
    assert b'"key":"day:category:light"' in told


async def test_advice_comes_by_urgency_and_in_pages(api: Api, client: Client) -> None:
    await sell(api, 30)
    analyst = await client.as_role("analyst")
    first = (await analyst.get(f"{ADVICE}?page_size=1")).json
    [lamp] = first["items"]
    assert (lamp["product_id"], lamp["name"], lamp["stock"]) == ("lamp", "A lamp", 8)
    assert lamp["shortage"] > 0.99
    assert lamp["days_left"] == pytest.approx(8 / 3, abs=0.5)
    assert lamp["order_quantity"] == lamp["order_up_to"] - 8
    second = (await analyst.get(f"{ADVICE}?page_size=1&page_token={first['next_page_token']}")).json
    assert [each["product_id"] for each in second["items"]] == ["bulb"]
    assert second["next_page_token"] == ""
    due = (await analyst.get(f"{ADVICE}?due=true")).json["items"]
    assert [each["product_id"] for each in due] == ["lamp"]


async def test_what_cannot_be_answered_is_told(api: Api, client: Client) -> None:
    await sell(api, 30)
    analyst = await client.as_role("analyst")
    unknown = await analyst.get(f"{FORECASTS}?product_id=nothing")
    assert (unknown.status, unknown.json["code"]) == (404, "forecast_not_found")
    both = await analyst.get(f"{FORECASTS}?product_id=lamp&category_id=light")
    assert both.status == 400
    assert (await analyst.get(f"{FORECASTS}?horizon=0")).status == 400
    assert (await analyst.get(f"{FORECASTS}?by=year")).status == 400
    assert (await analyst.get(f"{ADVICE}?page_token=nonsense")).status == 400
    assert (await client.get(FORECASTS)).status == 401
    assert (await client.get(ADVICE)).status == 401
