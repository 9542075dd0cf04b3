"""An order: lines at the prices of the moment, undone once at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import (
    Order,
    OrderCancelledAlready,
    OrderLine,
    OrderNotFound,
    OrderNotYours,
)
from domain.purchase import Purchase
from domain.shopper import Address

if TYPE_CHECKING:
    from domain.events import Event

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
HOME = Address("Ann Lee", "Main Street 1", "Berlin", "10115", "DE")
LINES = (OrderLine("lamp", "A lamp", 2, 4_000), OrderLine("bulb", "A bulb", 3, 100))


def an_order(lines: tuple[OrderLine, ...] = LINES, address: Address | None = HOME) -> Order:
    return Order.place(
        "o1",
        shopper_id="1",
        visitor="v1",
        lines=lines,
        currency="EUR",
        payment_method="card",
        address=address,
        now=NOW,
    )


def events_of(order: Order) -> list[Event]:
    return [cast("Event", event) for event in order.collect_events()]


def test_an_order_comes_to_the_sum_of_its_lines() -> None:
    order = an_order()

    assert order.total_minor == 2 * 4_000 + 3 * 100
    assert (order.shopper_id, order.lines, order.currency) == ("1", LINES, "EUR")


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 10**9)), min_size=1, max_size=20))
def test_an_order_of_any_lines_comes_to_their_sum(numbers: list[tuple[int, int]]) -> None:
    lines = tuple(OrderLine(str(n), "", *pair) for n, pair in enumerate(numbers))

    order = an_order(lines)

    assert order.total_minor == sum(line.total_minor for line in lines)


def test_an_order_keeps_the_country_where_it_went() -> None:
    [sent] = events_of(an_order())
    [fetched] = events_of(an_order(address=None))

    assert isinstance(sent, Order.Placed)
    assert isinstance(fetched, Order.Placed)
    assert (sent.country, fetched.country) == ("DE", "")


def test_a_cancellation_repeats_what_it_undoes() -> None:
    order = an_order()

    order.cancel("too late", LATER)

    assert order.is_cancelled
    _, cancelled = events_of(order)
    assert isinstance(cancelled, Order.Cancelled)
    assert (cancelled.lines, cancelled.refund_minor, cancelled.reason) == (LINES, 8_300, "too late")
    assert (cancelled.placed_at, cancelled.timestamp) == (NOW, LATER)


def test_an_order_is_cancelled_once() -> None:
    order = an_order()
    order.cancel("", NOW)

    with pytest.raises(OrderCancelledAlready) as refusal:
        order.cancel("", LATER)

    assert refusal.value.code == "order_already_cancelled"
    assert order.version == 2


def test_what_came_back_before_is_not_refunded_again() -> None:
    order = an_order()
    order.trigger_event(
        order.Returned,
        timestamp=NOW,
        shopper_id="1",
        lines=LINES[1:],
        currency="EUR",
        refund_minor=300,
        placed_at=NOW,
    )

    order.cancel("", LATER)

    *_, cancelled = events_of(order)
    assert isinstance(cancelled, Order.Cancelled)
    assert cancelled.refund_minor == 8_000


def test_the_events_of_an_order_make_the_order() -> None:
    order = an_order()
    order.cancel("", LATER)

    again: Order | None = None
    for event in order.collect_events():
        again = event.mutate(again)

    assert again == order


def test_only_the_first_purchase_of_a_product_is_an_event() -> None:
    first = Purchase.of(None, "1", "lamp", "o1", NOW)

    second = Purchase.of(first, "1", "lamp", "o2", LATER)

    assert second is first
    assert (first.key, first.order_id, first.version) == ("1:lamp", "o1", 1)


def test_refusals_about_orders_have_codes_of_their_own() -> None:
    assert OrderNotFound.code == "order_not_found"
    assert OrderNotYours.code == "order_not_yours"
