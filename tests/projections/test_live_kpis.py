"""Live KPIs: the shop's numbers by the time of what happened, in totals, and explained."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket
from domain.order import Order
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit
from projections.kpi_explanation import explain, made_by
from projections.kpi_totals import today_so_far, totals
from projections.live_kpis import BUCKETS, NUMBERS, kpis
from tests.projections.folding import at, euros, line

if TYPE_CHECKING:
    from projections.live_kpis import BucketSize, KpiRow
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

HOUR, DAY = 60, 24 * 60


def looks(log: Log, visitor: str, minutes: float) -> None:
    log.add(Visit.ProductViewed, f"visit-{visitor}", minutes, visitor=visitor, product_id="lamp")


def buys(log: Log, order_id: str, minutes: float, currency: str = "EUR", **fields: Any) -> None:
    log.add(
        Order.Placed,
        Order.stream_id(order_id),
        minutes,
        shopper_id="1",
        lines=(line("lamp", 2, 1_000),),
        currency=currency,
        goods_minor=2_000,
        **{"total_minor": 2_000, **fields},
    )


async def of(
    connection: Connection, bucket: BucketSize, start: float = -12 * HOUR, end: float = 9 * DAY
) -> list[KpiRow]:
    return await kpis(connection, start=at(start), end=at(end), bucket=bucket)


def numbers(row: KpiRow) -> dict[str, int]:
    return {name: getattr(row, name) for name in NUMBERS if getattr(row, name)}


async def test_what_happens_counts_in_its_minute_hour_and_day(log: Log, reader: Connection) -> None:
    log.add(Visit.PageViewed, "visit-v", 0, visitor="v", url="/")
    looks(log, "v", 1)
    log.add(Visit.ProductClicked, "visit-v", 61, visitor="v", product_id="lamp")
    log.add(Visit.Searched, "visit-v", 61, visitor="v", query="lamp")
    item: dict[str, Any] = {"product_id": "lamp", "quantity": 1}
    log.add(Basket.ItemAdded, "basket-visitor:v", 62, **item, unit_price=euros(1), begins=True)
    log.add(Basket.ItemAdded, "basket-visitor:v", 62, **item, unit_price=euros(1))
    log.add(Basket.ItemRemoved, "basket-visitor:v", 62, **item)
    log.add(
        Shopper.Registered,
        "shopper-1",
        62,
        name="",
        email="",
        username="",
        password_hash="",
        email_hash="",
        username_hash="",
    )
    log.add(
        Review.Submitted,
        "review-1:lamp",
        62,
        shopper_id="1",
        product_id="lamp",
        rating=4,
        comment="",
    )
    await log.fold()

    [day] = await of(reader, "day")
    first, second = await of(reader, "hour")

    assert numbers(first) == {"visitors": 1, "page_views": 1, "product_views": 1}
    assert numbers(day) == {
        "visitors": 1,
        "page_views": 1,
        "product_views": 1,
        "clicks": 1,
        "searches": 1,
        "baskets_started": 1,
        "items_added": 2,
        "items_removed": 1,
        "registrations": 1,
        "reviews": 1,
    }
    assert (second.clicks, len(await of(reader, "minute"))) == (1, 4)


async def test_a_visitor_counts_once_in_each_bucket(log: Log, reader: Connection) -> None:
    for minutes, visitor in ((0, "v"), (0, "w"), (1, "v")):
        looks(log, visitor, minutes)
        await log.fold()
    looks(log, "v", 0)
    looks(log, "v", HOUR)
    await log.fold()

    assert [row.visitors for row in await of(reader, "minute")] == [2, 1, 1]
    assert [row.visitors for row in await of(reader, "hour")] == [2, 1]
    assert [row.visitors for row in await of(reader, "day")] == [2]


async def test_a_late_event_corrects_its_old_bucket(log: Log, reader: Connection) -> None:
    looks(log, "v", 2 * DAY)
    await log.fold()
    looks(log, "w", 0)
    await log.fold()

    assert [(row.product_views, row.visitors) for row in await of(reader, "day")] == [
        (1, 1),
        (1, 1),
    ]


async def test_revenue_is_goods_less_discount_by_currency_and_refunds_stand_apart(
    log: Log, reader: Connection
) -> None:
    buys(log, "1", 0, discount_minor=200, total_minor=2_500)  # with shipping and tax
    buys(log, "2", 0, currency="USD")
    back: dict[str, Any] = {
        "shopper_id": "1",
        "lines": (line("lamp", 1, 1_000),),
        "currency": "EUR",
        "refund_minor": 900,
        "placed_at": at(0),
    }
    log.add(Order.Returned, "order-1", DAY, **back)
    log.add(Order.Cancelled, "order-1", 2 * DAY, **back)
    await log.fold()

    rows = {(row.bucket_start.day, row.currency): numbers(row) for row in await of(reader, "day")}
    whole = await totals(reader, start=at(-DAY), end=at(9 * DAY))

    assert rows == {
        (1, "EUR"): {"orders": 1, "units": 2, "revenue_minor": 1_800},
        (1, "USD"): {"orders": 1, "units": 2, "revenue_minor": 2_000},
        (2, "EUR"): {"units_returned": 1, "refund_minor": 900},
        (3, "EUR"): {"orders_cancelled": 1, "units_returned": 1, "refund_minor": 900},
    }
    assert whole.revenue_minor == {"EUR": 1_800, "USD": 2_000}
    assert whole.refund_minor == {"EUR": 1_800, "USD": 0}
    assert whole.net_minor == {"EUR": 0, "USD": 2_000}


async def test_lines_of_an_imported_order_are_one_order(log: Log, reader: Connection) -> None:
    def bought(product_id: str, minutes: float, order: str, actor: str = "import:a") -> None:
        log.add(
            Visit.ProductPurchased,
            "visit-v",
            minutes,
            actor=actor,
            visitor="v",
            product_id=product_id,
            order=order,
        )

    bought("lamp", 0, "1")
    bought("bulb", 0, "1")
    await log.fold()
    bought("vase", DAY, "1")
    bought("lamp", DAY, "1", actor="import:b")
    bought("lamp", DAY, "")
    bought("lamp", DAY, "")
    await log.fold()

    first, second = await of(reader, "day")
    assert (first.orders, first.units) == (1, 2)
    assert (second.orders, second.units) == (3, 4)
    where = await explain(reader, "orders", bucket="day", start=at(DAY))
    assert [p.recorded.position for p in await made_by(reader, where, log.events)] == [4, 5, 6]


async def test_quiet_buckets_are_zeros_where_asked_for(log: Log, reader: Connection) -> None:
    looks(log, "v", 65)
    buys(log, "1", 65)
    await log.fold()

    rows = await kpis(reader, start=at(5), end=at(180), bucket="hour", with_gaps=False)

    assert [(row.bucket_start.hour, row.currency, row.product_views) for row in rows] == [
        (12, "", 0),
        (13, "", 1),
        (13, "EUR", 0),
        (14, "", 0),
    ]


async def test_totals_of_any_time_are_the_sum_of_its_minutes(log: Log, reader: Connection) -> None:
    for minutes in range(0, 4 * DAY, 97):
        looks(log, f"v{minutes % 5}", minutes)
    await log.fold()
    times = [event.occurred_at for event in log.events]

    for start, end in ((0, 1), (30, 95), (13, 5 * HOUR), (700, 3 * DAY + 7), (-DAY, 5 * DAY)):
        inside = [n for n, when in enumerate(times) if at(start) <= when < at(end)]
        whole = await totals(reader, start=at(start), end=at(end))
        assert whole.counts["product_views"] == len(inside)
        assert whole.counts["visitors"] == len({n * 97 % 5 for n in inside})
    nothing = await totals(reader, start=at(5), end=at(5))
    assert (nothing.counts["visitors"], nothing.revenue_minor) == (0, {})


async def test_today_so_far_begins_at_midnight_and_holds_this_minute(
    log: Log, reader: Connection
) -> None:
    for minutes in (-12 * HOUR - 1, -12 * HOUR, 0, 0.5, 1):
        looks(log, "v", minutes)
    await log.fold()

    today = await today_so_far(reader, now=at(0.7))

    assert (today.counts["product_views"], today.counts["visitors"]) == (3, 1)
    assert today.end - today.start == timedelta(hours=12, minutes=1)


async def test_every_number_is_explained_by_its_events(log: Log, reader: Connection) -> None:
    for minutes in (0, 1, HOUR):
        looks(log, "v", minutes)
        looks(log, "w", minutes)
    buys(log, "1", 3)
    buys(log, "2", 2 * HOUR)
    await log.fold()

    for bucket in BUCKETS:
        for row in await of(reader, bucket):
            for metric, count in numbers(row).items():
                where = await explain(reader, metric, bucket=bucket, start=row.bucket_start)
                seen = log.events[where.first_position - 1 : where.last_position]
                parts = await made_by(reader, where, seen)
                assert sum(p.adds for p in parts if p.currency == row.currency) == count
