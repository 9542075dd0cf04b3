"""Baskets: what everybody means to buy, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from domain.basket import Basket, BasketItem
from domain.money import Money
from projections.baskets import (
    abandoned_baskets,
    abandonment,
    filled_baskets,
    find_basket,
    total,
)
from tests.projections.folding import at, euros

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

GUEST, ANN = "visitor:v", "shopper:ann"
IDLE = timedelta(minutes=30)


def puts(log: Log, owner: str, product_id: str, minutes: float, quantity: int = 1) -> None:
    log.add(
        Basket.ItemAdded,
        Basket.stream_id(owner),
        minutes,
        product_id=product_id,
        quantity=quantity,
        unit_price=euros(250),
    )


def happens(log: Log, kind: type[Any], owner: str, minutes: float, **fields: Any) -> None:
    log.add(kind, Basket.stream_id(owner), minutes, **fields)


def hands_over(log: Log, minutes: float) -> None:
    items = (BasketItem("lamp", 2, euros(250)),)
    happens(log, Basket.ItemsTakenOver, ANN, minutes, source=GUEST, items=items)
    happens(log, Basket.HandedOver, GUEST, minutes, heir=ANN)


async def counted(connection: Connection, start: float, end: float, now: float) -> tuple[int, int]:
    return await abandonment(connection, start=at(start), end=at(end), now=at(now), idle=IDLE)


async def test_a_basket_adds_up_what_went_in_and_out(log: Log, reader: Connection) -> None:
    log.add(Basket.Opened, Basket.stream_id(ANN), owner=ANN)
    puts(log, ANN, "lamp", 1, quantity=2)
    puts(log, ANN, "bulb", 2)
    await log.fold()
    puts(log, ANN, "lamp", 3)
    happens(
        log,
        Basket.ItemQuantityChanged,
        ANN,
        4,
        product_id="bulb",
        quantity=4,
        previous_quantity=1,
    )
    await log.fold()

    basket = await find_basket(reader, ANN)

    assert basket is not None
    assert {item.product_id: item.quantity for item in basket.items} == {"lamp": 3, "bulb": 4}
    assert (basket.pieces, basket.version, basket.state) == (7, 5, "open")
    assert total(basket) == Money(1_750, "EUR")
    assert (basket.first_item_at, basket.last_activity_at) == (at(1), at(4))


async def test_an_ordered_basket_is_empty_and_can_be_filled_anew(
    log: Log, reader: Connection
) -> None:
    puts(log, ANN, "lamp", 0)
    happens(log, Basket.CheckedOut, ANN, 1, order_id="o1")
    await log.fold()
    ordered = await find_basket(reader, ANN)
    assert ordered is not None
    assert (ordered.items, ordered.state, total(ordered)) == ((), "checked_out", None)

    puts(log, ANN, "bulb", 2)
    await log.fold()
    again = await find_basket(reader, ANN)
    assert again is not None
    assert (again.pieces, again.state, again.first_item_at) == (1, "open", at(2))


async def test_a_basket_lies_abandoned_once_it_was_idle_for_long(
    log: Log, reader: Connection
) -> None:
    puts(log, GUEST, "lamp", 0)
    puts(log, ANN, "lamp", 20)
    await log.fold()

    active = await filled_baskets(reader, now=at(40), idle=IDLE)
    idle = await abandoned_baskets(reader, now=at(40), idle=IDLE)

    assert [basket.owner for basket in active] == [ANN]
    assert [basket.owner for basket in idle] == [GUEST]


async def test_each_filling_counts_in_the_window_of_its_first_item(
    log: Log, reader: Connection
) -> None:
    puts(log, ANN, "lamp", 0)
    happens(log, Basket.CheckedOut, ANN, 5, order_id="o1")
    await log.fold()
    puts(log, ANN, "lamp", 10)
    happens(log, Basket.ItemRemoved, ANN, 11, product_id="lamp", quantity=1)
    puts(log, ANN, "lamp", 12)
    happens(log, Basket.Cleared, ANN, 13)
    puts(log, ANN, "lamp", 60)
    puts(log, GUEST, "lamp", 61)
    await log.fold()

    outcomes = await reader.fetch(
        "SELECT outcome, order_id FROM basket_fillings ORDER BY begun_position"
    )
    assert [tuple(row) for row in outcomes] == [
        ("ordered", "o1"),
        ("emptied", ""),
        ("cleared", ""),
        ("open", ""),
        ("open", ""),
    ]
    assert await counted(reader, 0, 30, now=200) == (0, 3)
    assert await counted(reader, 30, 70, now=91) == (1, 2)
    assert await counted(reader, 30, 70, now=80) == (0, 2)


async def test_a_basket_handed_over_goes_on_as_the_one_begun_before(
    log: Log, reader: Connection
) -> None:
    puts(log, GUEST, "lamp", 0, quantity=2)
    await log.fold()
    hands_over(log, 20)
    await log.fold()

    ann, guest = await find_basket(reader, ANN), await find_basket(reader, GUEST)

    assert ann is not None
    assert guest is not None
    assert (ann.pieces, ann.first_item_at, ann.last_activity_at) == (2, at(0), at(20))
    assert (guest.pieces, guest.state) == (0, "handed_over")
    assert await counted(reader, 0, 10, now=90) == (1, 1)
    assert await counted(reader, 10, 30, now=90) == (0, 0)


async def test_a_basket_handed_over_to_a_filled_one_adds_its_pieces(
    log: Log, reader: Connection
) -> None:
    puts(log, ANN, "lamp", 0, quantity=998)
    puts(log, GUEST, "lamp", 1, quantity=2)
    hands_over(log, 20)
    await log.fold()

    ann = await find_basket(reader, ANN)

    assert ann is not None
    assert (ann.pieces, ann.first_item_at) == (999, at(0))
    assert await counted(reader, 0, 10, now=90) == (1, 2)
