"""Money: whole minor units of one currency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFields
from domain.money import MixedCurrencies, Money, require_price

amounts = st.integers(-(10**15), 10**15)


@given(amounts, amounts)
def test_amounts_of_one_currency_add_up(left: int, right: int) -> None:
    assert Money(left, "EUR") + Money(right, "EUR") == Money(left + right, "EUR")


@given(amounts, st.integers(0, 1_000))
def test_a_multiple_is_what_adding_so_often_gives(amount: int, quantity: int) -> None:
    total = Money(0, "EUR")
    for _ in range(quantity % 20):
        total += Money(amount, "EUR")

    assert Money(amount, "EUR") * (quantity % 20) == total


def test_different_currencies_do_not_add_up() -> None:
    with pytest.raises(MixedCurrencies) as refusal:
        _ = Money(1, "EUR") + Money(1, "USD")

    assert refusal.value.code == "mixed_currencies"


@pytest.mark.parametrize("amount", [0, 1, 10**12 - 1])
def test_a_plausible_price_is_taken(amount: int) -> None:
    require_price(Money(amount, "EUR"))


@pytest.mark.parametrize(
    "amount,code", [(-1, "negative"), (-(10**12), "negative"), (10**12, "too_large")]
)
def test_an_implausible_price_is_refused(amount: int, code: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        require_price(Money(amount, "EUR"), "unit_price")

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("unit_price.amount", code)


@pytest.mark.parametrize(
    "currency",
    [
        "",
        "EU",
        "EURO",
        "eur",
        "123",
        "€€€",
        "ÄÖÜ",
        "E R",
    ],
)
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        require_price(Money(1, currency))

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("price.currency", "invalid")
