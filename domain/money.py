"""Money: a whole number of minor units in one currency."""

from __future__ import annotations

import msgspec

from domain.errors import Rejected, require

CURRENCY_LETTERS = 3


class MixedCurrencies(Rejected):
    """Amounts in different currencies cannot be added."""

    code = "mixed_currencies"


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units (cents) of an ISO 4217 currency."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)


def require_price(price: Money, field: str = "price") -> None:
    """Raise InvalidFields unless the price is a plausible one: not negative, a known shape."""
    is_word = price.currency.isascii() and price.currency.isalpha()
    require(
        (price.amount >= 0, f"{field}.amount", "negative", "a price is not negative"),
        (price.amount < 10**12, f"{field}.amount", "too_large", "a price is below 10^12"),
        (
            is_word and price.currency.isupper() and len(price.currency) == CURRENCY_LETTERS,
            f"{field}.currency",
            "invalid",
            "a currency is three capital letters, as in EUR",
        ),
    )
