"""What shoppers and visitors do with their baskets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.basket import Basket, BasketItem, BasketNotFound
from domain.money import Money
from domain.product import Product, ProductNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class BasketAnswer(msgspec.Struct, frozen=True):
    """A basket as it is after a command."""

    owner: str
    items: tuple[BasketItem, ...]
    total: Money | None


async def add_item(
    journal: Journal,
    context: Context,
    owner: str,
    product_id: str,
    quantity: int,
    *,
    if_match: int | None = None,
) -> Outcome[BasketAnswer]:
    """Put pieces of a product into the owner's basket, at its price of this moment."""

    def decide(loaded: Loaded) -> tuple[BasketAnswer, list[Basket]]:
        product = loaded.get(Product, product_id)
        if product is None:
            raise ProductNotFound(f"there is no product {product_id}")
        basket = loaded.get(Basket, owner) or Basket.open(owner, context.now)
        product.check_is_sold()
        product.check_available(basket.pieces(product_id) + quantity)
        basket.add_item(product_id, quantity, product.price, context.now)
        return answer(basket), [basket]

    return await journal.execute(
        context,
        decide,
        writes=[(Basket, owner)],
        reads=[(Product, product_id)],
        if_match={(Basket, owner): if_match} if if_match is not None else None,
    )


async def change_quantity(
    journal: Journal,
    context: Context,
    owner: str,
    product_id: str,
    quantity: int,
    *,
    if_match: int | None = None,
) -> Outcome[BasketAnswer]:
    """Hold exactly ``quantity`` pieces of a product; 0 removes it."""

    def decide(loaded: Loaded) -> tuple[BasketAnswer, list[Basket]]:
        basket = _require(loaded, owner)
        product = loaded.get(Product, product_id)
        held = basket.item(product_id)
        if product is not None and quantity > held.quantity:
            product.check_is_sold()
            product.check_available(quantity)
        basket.change_quantity(product_id, quantity, context.now)
        return answer(basket), [basket]

    return await journal.execute(
        context,
        decide,
        writes=[(Basket, owner)],
        reads=[(Product, product_id)],
        if_match={(Basket, owner): if_match} if if_match is not None else None,
    )


async def remove_item(
    journal: Journal,
    context: Context,
    owner: str,
    product_id: str,
    *,
    if_match: int | None = None,
) -> Outcome[BasketAnswer]:
    """Take a product out of the owner's basket."""
    return await _change(
        journal, context, owner, lambda b: b.remove_item(product_id, context.now), if_match
    )


async def clear(
    journal: Journal, context: Context, owner: str, *, if_match: int | None = None
) -> Outcome[BasketAnswer]:
    """Take everything out of the owner's basket."""
    return await _change(journal, context, owner, lambda b: b.clear(context.now), if_match)


def answer(basket: Basket) -> BasketAnswer:
    """Return the basket as a command answers it."""
    return BasketAnswer(basket.owner, tuple(basket.items.values()), basket.total)


async def _change(
    journal: Journal,
    context: Context,
    owner: str,
    change: Callable[[Basket], None],
    if_match: int | None,
) -> Outcome[BasketAnswer]:
    def decide(loaded: Loaded) -> tuple[BasketAnswer, list[Basket]]:
        basket = _require(loaded, owner)
        change(basket)
        return answer(basket), [basket]

    return await journal.execute(
        context,
        decide,
        writes=[(Basket, owner)],
        if_match={(Basket, owner): if_match} if if_match is not None else None,
    )


def _require(loaded: Loaded, owner: str) -> Basket:
    basket = loaded.get(Basket, owner)
    if basket is None:
        raise BasketNotFound
    return basket
