"""A product: its description, its price, and a stock that never falls below nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFields, Rejected
from domain.money import Money
from domain.product import (
    OutOfStock,
    Product,
    ProductDetails,
    ProductExists,
    ProductWithdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LAMP = ProductDetails("A lamp", "It shines", "lamps", {"colour": "red"}, "/lamp.png")
PRICE = Money(4_000, "EUR")


def a_lamp(stock: int | None = 10) -> Product:
    return Product.add("lamp", None, LAMP, price=PRICE, stock=stock, now=NOW)


def test_a_new_product_is_as_described() -> None:
    lamp = a_lamp()

    assert lamp.key == "lamp"
    assert (lamp.details, lamp.price, lamp.stock) == (LAMP, PRICE, 10)


def test_a_product_is_added_once() -> None:
    with pytest.raises(ProductExists) as refusal:
        Product.add("lamp", a_lamp(), LAMP, price=PRICE, stock=1, now=NOW)

    assert refusal.value.code == "product_exists"


@pytest.mark.parametrize(
    "details,field",
    [
        (ProductDetails(""), "name"),
        (ProductDetails("   "), "name"),
        (ProductDetails("x" * 301), "name"),
        (ProductDetails("A lamp", "x" * 20_001), "description"),
        (ProductDetails("A lamp", attributes={str(n): "" for n in range(101)}), "attributes"),
    ],
)
def test_a_description_that_cannot_be_is_refused(details: ProductDetails, field: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        Product.add("lamp", None, details, price=PRICE, stock=1, now=NOW)

    assert [error.field for error in refusal.value.errors] == [field]


def test_a_price_is_not_negative() -> None:
    with pytest.raises(InvalidFields) as added:
        Product.add("lamp", None, LAMP, price=Money(-1, "EUR"), stock=1, now=NOW)
    with pytest.raises(InvalidFields) as changed:
        a_lamp().change_price(Money(-1, "EUR"), NOW)

    for refusal in (added, changed):
        assert [error.code for error in refusal.value.errors] == ["negative"]


def test_a_product_may_be_free() -> None:
    lamp = a_lamp()

    lamp.change_price(Money(0, "EUR"), NOW)

    assert lamp.price.amount == 0


@pytest.mark.parametrize("stock,code", [(-1, "negative"), (10**9 + 1, "too_large")])
def test_a_stock_that_cannot_be_is_refused(stock: int, code: str) -> None:
    with pytest.raises(InvalidFields) as added:
        a_lamp(stock)
    with pytest.raises(InvalidFields) as adjusted:
        a_lamp().adjust_stock(stock, "counted", NOW)

    for refusal in (added, adjusted):
        assert [error.code for error in refusal.value.errors] == [code]


def test_what_stays_the_same_is_no_event() -> None:
    lamp = a_lamp()

    lamp.change_details(LAMP, NOW)
    lamp.change_price(PRICE, NOW)
    lamp.adjust_stock(10, "counted", NOW)

    assert lamp.version == 1


def test_an_order_takes_its_pieces_out_of_the_stock() -> None:
    lamp = a_lamp(10)

    lamp.reserve("o1", 4, NOW)

    assert lamp.stock == 6


def test_more_than_is_left_is_out_of_stock() -> None:
    lamp = a_lamp(3)

    with pytest.raises(OutOfStock) as refusal:
        lamp.reserve("o1", 4, NOW)

    assert refusal.value.code == "out_of_stock"
    assert (lamp.stock, lamp.version) == (3, 1)


def test_the_last_piece_can_be_had() -> None:
    lamp = a_lamp(1)

    lamp.reserve("o1", 1, NOW)

    assert lamp.stock == 0


def test_a_product_whose_stock_is_not_counted_is_never_out_of_stock() -> None:
    lamp = a_lamp(None)

    lamp.reserve("o1", 10**6, NOW)
    lamp.take_back("o1", 10**6, NOW)

    assert lamp.stock is None


def test_nothing_but_returns_happens_to_a_withdrawn_product() -> None:
    lamp = a_lamp()
    lamp.withdraw(NOW)

    acts: list[Callable[[], None]] = [
        lambda: lamp.withdraw(NOW),
        lambda: lamp.reserve("o1", 1, NOW),
        lambda: lamp.change_price(Money(1, "EUR"), NOW),
        lambda: lamp.change_details(ProductDetails("Another"), NOW),
        lambda: lamp.adjust_stock(1, "counted", NOW),
    ]

    for act in acts:
        with pytest.raises(ProductWithdrawn) as refusal:
            act()
        assert refusal.value.code == "product_withdrawn"
    lamp.take_back("o1", 2, NOW)
    assert lamp.stock == 12


@given(
    st.integers(0, 20),
    st.lists(
        st.one_of(
            st.tuples(st.just("reserve"), st.integers(1, 12)),
            st.tuples(st.just("return"), st.integers(0, 5)),
            st.tuples(st.just("adjust"), st.integers(-3, 20)),
            st.tuples(st.just("withdraw"), st.just(0)),
        ),
        max_size=25,
    ),
)
def test_a_stock_is_never_negative_and_its_events_say_as_much(
    stock: int, commands: list[tuple[str, int]]
) -> None:
    lamp = a_lamp(stock)
    reserved: list[int] = []

    for command, number in commands:
        with suppress(Rejected):
            if command == "reserve":
                lamp.reserve("o", number, NOW)
                reserved.append(number)
            elif command == "adjust":
                lamp.adjust_stock(number, "counted", NOW)
            elif command == "withdraw":
                lamp.withdraw(NOW)
            elif reserved:
                lamp.take_back("o", reserved.pop(), NOW)
        assert lamp.stock is not None
        assert lamp.stock >= 0

    again: Product | None = None
    for event in lamp.collect_events():
        again = event.mutate(again)
    assert again == lamp
