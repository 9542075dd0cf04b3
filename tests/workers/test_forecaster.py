"""The forecaster on the real log: orders come in, a forecast appears, views jump, another does."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from application import products
from application.context import Context
from domain.forecast import Forecast
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import ProductDetails
from domain.visit import Visit, fact
from ml.forecasts.stock import StockSettings
from projections.feeds import read_feed
from projections.forecasts import FORECASTS, find_forecast, forecast_state, stock_advice
from tests.shops import an_open_shop, caught_up, projecting
from workers.demand import read_demand
from workers.forecaster import Ended, Schedule, run_forecaster
from workers.forecasting import Made, make_forecasts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from domain.events import Event
    from footfall.wiring import Shop

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

NOW = datetime(2026, 3, 30, 18, tzinfo=UTC)
SETTINGS = StockSettings()


@pytest.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        await caught_up(shop)
        yield shop


async def put_up(shop: Shop, *, stock: int | None, days_ago: int) -> None:
    for product_id in ("lamp", "bulb", "mug"):
        await products.add_product(
            shop.journal,
            Context("test", NOW - timedelta(days=days_ago)),
            product_id,
            ProductDetails(name=product_id),
            price=Money(1_000, "EUR"),
            stock=stock,
        )


def order(number: int, product_id: str, quantity: int, at: datetime) -> Event:
    line = OrderLine(product_id, product_id, quantity, 1_000)
    make: Callable[..., Event] = Order.Placed
    return make(
        originator_id=Order.stream_id(f"o{number}"),
        originator_version=1,
        timestamp=at,
        originator_topic="",
        shopper_id="",
        lines=(line,),
        currency="EUR",
        goods_minor=line.total_minor,
        total_minor=line.total_minor,
    )


async def record(shop: Shop, events: Sequence[Event]) -> None:
    await shop.journal.record(Context("test", NOW), events)


async def sell(shop: Shop, *, days: int, pieces: int = 4) -> None:
    """Sell so many lamps a day, half as many bulbs, and a mug now and then."""
    events = []
    for back in range(days):
        at = NOW - timedelta(days=back, hours=3)
        events.append(order(3 * back, "lamp", pieces, at))
        events.append(order(3 * back + 1, "bulb", pieces // 2, at))
        if back % 5 == 0:
            events.append(order(3 * back + 2, "mug", 1, at))
    await record(shop, events)


async def make(shop: Shop, reason: str = "due", drawn: Sequence[str] = ()) -> Made:
    return await make_forecasts(
        shop.journal, shop.pool, SETTINGS, now=NOW, reason=reason, drawn=drawn
    )


async def test_what_was_ordered_is_expected_again_and_adds_up(shop: Shop) -> None:
    await put_up(shop, stock=50, days_ago=40)
    await sell(shop, days=35)
    made = await make(shop)
    assert made.lacks == ""
    assert made.products == 3

    async with shop.pool.acquire() as connection:
        state = await forecast_state(connection)
        lamp = await find_forecast(connection, period="day", level="product", series_id="lamp")
        total = await find_forecast(connection, period="week", level="total")
        advice = {each.product_id: each for each in await stock_advice(connection, limit=10)}
        weekly = [
            await find_forecast(connection, period="week", level="product", series_id=each)
            for each in ("lamp", "bulb", "mug")
        ]
        feed = await read_feed(connection, FORECASTS, 0)
    assert state is not None
    assert lamp is not None
    assert total is not None
    assert len(lamp.mean) == 28
    assert sum(lamp.mean[:14]) / 14 == pytest.approx(4, abs=0.7)
    assert lamp.starts_on == NOW.date() + timedelta(days=1)
    of_products = [sum(each.mean[n] for each in weekly if each) for n in range(len(total.mean))]
    assert of_products == pytest.approx(total.mean, abs=0.01)
    # Two weeks until an order arrives, one more until the next one may.
    assert 56 <= advice["lamp"].reorder_point <= 110
    assert advice["lamp"].order_up_to >= 84
    assert advice["lamp"].order_quantity == advice["lamp"].order_up_to - 50
    assert (advice["lamp"].shortage or 0) > 0.4
    assert {row.key for row in feed} >= {"day:product:lamp", "week:total:"}

    recorded = await shop.journal.whole_stream(Forecast.stream_id(state.forecast_id))
    [event] = [each.event for each in recorded]
    assert isinstance(event, Forecast.Made)
    assert recorded[0].position == state.position == lamp.position
    assert event.until == state.until
    assert event.errors == state.errors
    assert event.errors["day"]["product"]["wape"] < 0.5


async def test_days_without_stock_are_no_days_without_demand(shop: Shop) -> None:
    await put_up(shop, stock=50, days_ago=30)
    await sell(shop, days=30)
    empty_from = NOW - timedelta(days=10)
    lamp = "lamp"
    for at, stock in ((empty_from, 0), (NOW - timedelta(days=4), 50)):
        await products.change_product(
            shop.journal, Context("test", at), lamp, products.ProductChanges(stock=stock)
        )
    demand = await read_demand(shop.journal, shop.pool, NOW)
    row = list(demand.by_day.products).index(lamp)
    share = demand.by_day.open_share[row]
    assert (share[-10:-5] == 0).all()
    assert share[-12] == 1
    assert 0 < share[-1] < 1  # today is not over
    assert demand.by_day.demand[row, -8] > 4  # what is usual stands for what was not there


async def test_too_little_is_said_and_not_made_up(shop: Shop) -> None:
    made = await make(shop)
    assert made.lacks == "nothing was sold yet"
    async with shop.pool.acquire() as connection:
        state = await forecast_state(connection)
        assert state is not None
        assert (state.lacks, state.position) == ("nothing was sold yet", 0)

    await put_up(shop, stock=None, days_ago=0)
    await record(shop, [order(1, "lamp", 3, NOW - timedelta(hours=2))])
    made = await make(shop)
    assert made.lacks == ""
    async with shop.pool.acquire() as connection:
        day = await find_forecast(connection, period="day", level="product", series_id="lamp")
        assert day is not None
        assert await find_forecast(connection, period="week", level="total") is None
        found = await stock_advice(connection, limit=10)
    [advice] = [each for each in found if each.product_id == "lamp"]
    assert advice.stock is None
    assert advice.order_quantity is None
    assert advice.order_up_to > 0


async def test_a_jump_of_views_makes_a_new_forecast_once(shop: Shop) -> None:
    moment = datetime.now(UTC)
    asked: asyncio.Queue[tuple[str, list[str]]] = asyncio.Queue()

    async def work_out(reason: str, drawn: Sequence[str]) -> Ended:
        made = await make_forecasts(
            shop.journal, shop.pool, SETTINGS, now=datetime.now(UTC), reason=reason, drawn=drawn
        )
        asked.put_nowait((reason, list(drawn)))
        return Ended.NOT_ENOUGH_DATA if made.lacks else Ended.MADE

    schedule = Schedule(
        hour=moment.hour, least_views=20, pause=timedelta(seconds=0.2), poll_seconds=0.05
    )
    await shop.journal.record(
        Context("test", moment), [order(1, "lamp", 3, moment - timedelta(hours=1))]
    )
    await caught_up(shop)
    task = asyncio.create_task(run_forecaster(shop.pool, work_out, schedule))
    try:
        assert await asyncio.wait_for(asked.get(), 30) == ("due", [])
        views = [
            fact(Visit.ProductViewed, f"v{n}", moment, visitor=f"v{n}", product_id="lamp")
            for n in range(40)
        ]
        await shop.journal.record(Context("test", moment), views)
        assert await asyncio.wait_for(asked.get(), 30) == ("views", ["lamp"])
        await asyncio.sleep(0.6)
        assert asked.empty()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    async with shop.pool.acquire() as connection:
        state = await forecast_state(connection)
    assert state is not None
    assert state.reason == "views"
