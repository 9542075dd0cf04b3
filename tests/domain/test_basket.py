"""A basket: its lines, their bounds, and where they go when its owner becomes known."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.basket import (
    Basket,
    BasketEmpty,
    BasketFull,
    BasketItem,
    BasketNotFound,
    ItemNotInBasket,
)
from domain.errors import InvalidFields, Rejected
from domain.money import MixedCurrencies, Money

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PRICE = Money(4_000, "EUR")


def a_basket(owner: str = "visitor:v1", /, **quantities: int) -> Basket:
    basket = Basket.open(owner, NOW)
    for product_id, quantity in quantities.items():
        basket.add_item(product_id, quantity, PRICE, NOW)
    return basket


def quantities(basket: Basket) -> dict[str, int]:
    return {item.product_id: item.quantity for item in basket.items.values()}


def test_a_new_basket_is_empty() -> None:
    basket = a_basket()

    assert (basket.key, basket.items, basket.total) == ("visitor:v1", {}, None)


def test_pieces_of_one_product_add_up() -> None:
    basket = a_basket(lamp=2)

    basket.add_item("lamp", 3, PRICE, NOW)

    assert quantities(basket) == {"lamp": 5}


def test_a_line_has_the_price_of_its_last_addition() -> None:
    basket = a_basket(lamp=2)

    basket.add_item("lamp", 1, Money(5_000, "EUR"), NOW)

    assert basket.total == Money(15_000, "EUR")


@pytest.mark.parametrize(
    "quantity,code", [(0, "too_small"), (-1, "too_small"), (1_000, "too_large")]
)
def test_a_quantity_is_one_to_999(quantity: int, code: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        a_basket().add_item("lamp", quantity, PRICE, NOW)

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("quantity", code)


def test_the_bound_is_on_what_is_held_not_on_what_is_added() -> None:
    basket = a_basket(lamp=998)
    basket.add_item("lamp", 1, PRICE, NOW)

    with pytest.raises(InvalidFields) as refusal:
        basket.add_item("lamp", 1, PRICE, NOW)

    assert [error.code for error in refusal.value.errors] == ["too_large"]
    assert quantities(basket) == {"lamp": 999}


def test_a_basket_holds_a_hundred_products() -> None:
    basket = a_basket(**{f"p{n}": 1 for n in range(100)})
    basket.add_item("p0", 1, PRICE, NOW)

    with pytest.raises(BasketFull) as refusal:
        basket.add_item("p100", 1, PRICE, NOW)

    assert refusal.value.code == "basket_full"


def test_a_basket_is_in_one_currency() -> None:
    with pytest.raises(MixedCurrencies) as refusal:
        a_basket(lamp=1).add_item("bulb", 1, Money(1, "USD"), NOW)

    assert refusal.value.code == "mixed_currencies"


def test_an_emptied_basket_may_be_filled_in_another_currency() -> None:
    basket = a_basket(lamp=1)
    basket.clear(NOW)

    basket.add_item("bulb", 1, Money(1, "USD"), NOW)

    assert basket.total == Money(1, "USD")


def test_a_quantity_changes_to_exactly_what_is_asked() -> None:
    basket = a_basket(lamp=2)

    basket.change_quantity("lamp", 7, NOW)

    assert quantities(basket) == {"lamp": 7}


def test_a_quantity_of_nothing_removes_the_line() -> None:
    basket = a_basket(lamp=2)

    basket.change_quantity("lamp", 0, NOW)

    assert basket.items == {}


def test_the_same_quantity_again_is_no_event() -> None:
    basket = a_basket(lamp=2)

    basket.change_quantity("lamp", 2, NOW)

    assert basket.version == 2


@pytest.mark.parametrize("quantity", [-1, 1_000])
def test_a_quantity_does_not_change_beyond_its_bounds(quantity: int) -> None:
    with pytest.raises(InvalidFields):
        a_basket(lamp=2).change_quantity("lamp", quantity, NOW)


def test_what_is_not_in_the_basket_is_neither_changed_nor_removed() -> None:
    basket = a_basket(lamp=2)

    with pytest.raises(ItemNotInBasket) as changed:
        basket.change_quantity("bulb", 1, NOW)
    with pytest.raises(ItemNotInBasket) as removed:
        basket.remove_item("bulb", NOW)

    assert {changed.value.code, removed.value.code} == {"item_not_in_basket"}


def test_clearing_an_empty_basket_is_no_event() -> None:
    basket = a_basket()

    basket.clear(NOW)

    assert basket.version == 1


def test_an_empty_basket_is_not_checked_out() -> None:
    with pytest.raises(BasketEmpty) as refusal:
        a_basket().check_out("o1", NOW)

    assert refusal.value.code == "basket_empty"


def test_a_checked_out_basket_is_empty_and_filled_anew() -> None:
    basket = a_basket(lamp=2)
    basket.check_out("o1", NOW)

    basket.add_item("bulb", 1, PRICE, NOW)

    assert quantities(basket) == {"bulb": 1}


def test_an_addition_says_whether_it_begins_the_basket() -> None:
    basket = a_basket(lamp=2, bulb=1)
    basket.check_out("o1", NOW)
    basket.add_item("lamp", 1, PRICE, NOW)

    begins = [e.begins for e in basket.collect_events() if isinstance(e, Basket.ItemAdded)]

    assert begins == [True, False, True]


def test_a_handed_over_basket_adds_to_the_heirs() -> None:
    left, heir = a_basket(lamp=2, bulb=1), a_basket("shopper:1", lamp=3)

    left.hand_over(heir, NOW)

    assert quantities(heir) == {"lamp": 5, "bulb": 1}
    assert (left.items, left.heir) == ({}, "shopper:1")


def test_pieces_beyond_999_are_not_inherited() -> None:
    left, heir = a_basket(lamp=900), a_basket("shopper:1", lamp=900)

    left.hand_over(heir, NOW)

    assert quantities(heir) == {"lamp": 999}


def test_lines_beyond_the_hundredth_are_not_inherited() -> None:
    left = a_basket(lamp=1, bulb=1, p0=1)
    heir = a_basket("shopper:1", **{f"p{n}": 1 for n in range(99)})

    left.hand_over(heir, NOW)

    assert len(heir.items) == 100
    assert "lamp" in heir.items
    assert heir.items["p0"].quantity == 2


def test_another_currency_is_not_inherited() -> None:
    left, heir = a_basket(lamp=1), Basket.open("shopper:1", NOW)
    heir.add_item("bulb", 1, Money(1, "USD"), NOW)

    left.hand_over(heir, NOW)

    assert quantities(heir) == {"bulb": 1}


def test_an_empty_basket_leaves_nothing() -> None:
    left, heir = a_basket(), a_basket("shopper:1", lamp=1)

    left.hand_over(heir, NOW)

    assert (left.version, heir.version) == (1, 2)


def test_there_is_a_code_for_no_basket() -> None:
    assert BasketNotFound.code == "basket_not_found"


commands = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "remove", "clear", "check_out", "inherit"]),
        st.sampled_from(["lamp", "bulb", "vase"]),
        st.integers(-1, 600),
        st.builds(Money, st.integers(0, 10**6), st.sampled_from(["EUR", "EUR", "USD"])),
    ),
    max_size=25,
)


def follow(basket: Basket, command: tuple[str, str, int, Money]) -> None:
    name, product_id, quantity, price = command
    match name:
        case "add":
            basket.add_item(product_id, quantity, price, NOW)
        case "change":
            basket.change_quantity(product_id, quantity, NOW)
        case "remove":
            basket.remove_item(product_id, NOW)
        case "clear":
            basket.clear(NOW)
        case "check_out":
            basket.check_out("o1", NOW)
        case _:
            left = Basket.open("visitor:v9", NOW)
            left.add_item(product_id, quantity, price, NOW)
            left.hand_over(basket, NOW)


@given(commands)
def test_whatever_is_done_the_total_is_the_sum_of_the_lines(
    done: list[tuple[str, str, int, Money]],
) -> None:
    basket = a_basket("shopper:1")

    for command in done:
        with suppress(Rejected):
            follow(basket, command)
        lines: list[BasketItem] = list(basket.items.values())
        assert all(1 <= line.quantity <= 999 for line in lines)
        assert len({line.unit_price.currency for line in lines}) <= 1
        if lines:
            expected = sum(line.quantity * line.unit_price.amount for line in lines)
            assert basket.total == Money(expected, lines[0].unit_price.currency)
        else:
            assert basket.total is None


@given(commands)
def test_whatever_is_done_the_events_make_the_basket(
    done: list[tuple[str, str, int, Money]],
) -> None:
    basket = a_basket("shopper:1")
    for command in done:
        with suppress(Rejected):
            follow(basket, command)

    again: Basket | None = None
    for event in basket.collect_events():
        again = event.mutate(again)

    assert again == basket
