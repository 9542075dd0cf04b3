"""Orders: what was bought, cancelled and given back, as its shopper sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.order import Order
from domain.shopper import Address, Shopper
from projections.orders import find_order, orders_of
from tests.projections.folding import at, line

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

HOME = Address("Ann", "Main Street 1", "Berlin", "10115", "DE")
LINES = (line("lamp", 2, 1_000), line("bulb", 1, 500))


def buys(log: Log, order_id: str, minutes: float = 0, shopper: str = "ann", **fields: Any) -> None:
    usual: dict[str, Any] = {"shopper_id": shopper, "lines": LINES, "currency": "EUR"}
    usual |= {"goods_minor": 2_500, "total_minor": 2_500, "payment_method": "card"}
    usual |= {"address": HOME, "country": "DE"}
    log.add(
        Order.Placed,
        Order.stream_id(order_id),
        minutes,
        **usual | fields,
    )


def returns(log: Log, order_id: str, refund_minor: int) -> None:
    log.add(
        Order.Returned,
        Order.stream_id(order_id),
        60,
        shopper_id="ann",
        lines=LINES[:1],
        currency="EUR",
        refund_minor=refund_minor,
        placed_at=at(0),
    )


async def test_an_order_shows_its_lines_at_their_prices(log: Log, reader: Connection) -> None:
    buys(log, "1", 3, discount_minor=100, total_minor=2_400, visitor="v")
    await log.fold()

    order = await find_order(reader, "1")

    assert order is not None
    assert order.lines == LINES
    assert (order.goods_minor, order.discount_minor, order.total_minor) == (2_500, 100, 2_400)
    assert (order.status, order.refunded_minor, order.payment_method) == ("placed", 0, "card")
    assert (order.shopper_id, order.visitor, order.country, order.source) == (
        "ann",
        "v",
        "DE",
        "shop",
    )
    assert (order.address, order.placed_at, order.version) == (HOME, at(3), 1)
    assert await find_order(reader, "2") is None


async def test_a_cancelled_order_was_given_back_whole(log: Log, reader: Connection) -> None:
    buys(log, "1")
    await log.fold()
    log.add(
        Order.Cancelled,
        "order-1",
        shopper_id="ann",
        lines=LINES,
        currency="EUR",
        refund_minor=2_500,
        placed_at=at(0),
    )
    await log.fold()

    order = await find_order(reader, "1")

    assert order is not None
    assert (order.status, order.refunded_minor, order.version) == ("cancelled", 2_500, 2)


async def test_an_order_is_partly_returned_until_all_is(log: Log, reader: Connection) -> None:
    buys(log, "1")
    returns(log, "1", 2_000)
    await log.fold()
    order = await find_order(reader, "1")
    assert order is not None
    assert (order.status, order.refunded_minor) == ("partly_returned", 2_000)

    returns(log, "1", 500)
    await log.fold()
    order = await find_order(reader, "1")
    assert order is not None
    assert (order.status, order.refunded_minor) == ("returned", 2_500)


async def test_a_credit_note_is_an_order_that_only_gives_back(log: Log, reader: Connection) -> None:
    log.add(
        Order.CreditNoted,
        "order-c1",
        shopper_id="ann",
        lines=LINES,
        currency="EUR",
        refund_minor=2_500,
        source="history",
    )
    await log.fold()

    order = await find_order(reader, "c1")

    assert order is not None
    assert (order.status, order.total_minor, order.refunded_minor) == ("credit_note", 0, 2_500)
    assert (order.lines, order.source) == (LINES, "history")


async def test_pages_of_a_shoppers_orders_make_up_the_whole_latest_first(
    log: Log, reader: Connection
) -> None:
    for order_id, minutes in (("b", 1), ("c", 1), ("a", 2), ("d", 0)):
        buys(log, order_id, minutes)
    buys(log, "e", 5, shopper="bob")
    await log.fold()

    seen: list[str] = []
    before = None
    while page := await orders_of(reader, "ann", before=before, limit=1):
        seen += [order.order_id for order in page]
        before = (page[-1].placed_at, page[-1].order_id)

    assert seen == ["a", "c", "b", "d"]


async def test_an_erased_shoppers_orders_keep_everything_but_the_address(
    log: Log, reader: Connection
) -> None:
    buys(log, "1")
    buys(log, "2", shopper="bob")
    await log.fold()
    buys(log, "3")
    log.add(Shopper.Erased, "shopper-ann")
    await log.fold()

    rows = {key: await find_order(reader, key) for key in ("1", "2", "3")}

    assert {key: row and row.address for key, row in rows.items()} == {
        "1": None,
        "2": HOME,
        "3": None,
    }
    assert {row and row.total_minor for row in rows.values()} == {2_500}
