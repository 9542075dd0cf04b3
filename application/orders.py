"""Placing and cancelling orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.basket import Basket, BasketEmpty
from domain.money import MixedCurrencies, Money
from domain.order import Order, OrderLine, OrderNotFound, OrderNotYours
from domain.product import Product, ProductNotFound
from domain.purchase import Purchase, purchase_key
from domain.shopper import Shopper, ShopperNotFound

if TYPE_CHECKING:
    from application.context import Context, Outcome
    from application.journal import Journal, Loaded
    from domain.events import Aggregate


class OrderAnswer(msgspec.Struct, frozen=True):
    """An order as it is after a command."""

    order_id: str
    status: str
    lines: tuple[OrderLine, ...]
    total: Money


class BasketChanged(Exception):
    """The basket was filled with something else between looking and ordering."""


async def place_order(  # noqa: C901 - one decision over many streams, read top to bottom
    journal: Journal,
    context: Context,
    order_id: str,
    shopper_id: str,
    *,
    payment_method: str,
    address_id: str = "",
    visitor: str = "",
) -> Outcome[OrderAnswer]:
    """Order everything in the shopper's basket: all of it, or a refusal and nothing.

    One append empties the basket, takes the pieces out of each product's stock, fixes the prices
    as they are now and notes what was bought, each stream on condition of its version.
    """
    owner = f"shopper:{shopper_id}"
    while True:
        seen = await journal.load(Basket, owner)
        products = sorted(seen.items) if seen else []
        if not products:
            raise BasketEmpty

        def decide(
            loaded: Loaded, products: list[str] = products
        ) -> tuple[OrderAnswer, list[Aggregate]]:
            shopper = loaded.get(Shopper, shopper_id)
            if shopper is None:
                raise ShopperNotFound
            shopper.check_is_there()
            address = shopper.address(address_id) if address_id else None
            basket = loaded.get(Basket, owner)
            if basket is None or not basket.items:
                raise BasketEmpty
            if sorted(basket.items) != products:
                raise BasketChanged
            changed: list[Aggregate] = [basket]
            lines: list[OrderLine] = []
            currencies: set[str] = set()
            for item in basket.items.values():
                product = loaded.get(Product, item.product_id)
                if product is None:
                    raise ProductNotFound(f"there is no product {item.product_id}")
                product.reserve(order_id, item.quantity, context.now)
                bought = loaded.get(Purchase, purchase_key(shopper_id, item.product_id))
                purchase = Purchase.of(bought, shopper_id, item.product_id, order_id, context.now)
                changed += [product, purchase]
                currencies.add(product.price.currency)
                lines.append(
                    OrderLine(
                        item.product_id, product.details.name, item.quantity, product.price.amount
                    )
                )
            if len(currencies) > 1:
                raise MixedCurrencies
            basket.check_out(order_id, context.now)
            order = Order.place(
                order_id,
                shopper_id=shopper_id,
                visitor=visitor,
                lines=tuple(lines),
                currency=currencies.pop(),
                payment_method=payment_method,
                address=address,
                now=context.now,
            )
            return answer(order), [order, *changed]

        try:
            return await journal.execute(
                context,
                decide,
                writes=[
                    (Basket, owner),
                    *((Product, product_id) for product_id in products),
                    *((Purchase, purchase_key(shopper_id, p)) for p in products),
                ],
                reads=[(Shopper, shopper_id)],
            )
        except BasketChanged:
            continue


async def cancel_order(
    journal: Journal, context: Context, order_id: str, *, shopper_id: str | None, reason: str = ""
) -> Outcome[OrderAnswer]:
    """Cancel an order and put its pieces back into stock.

    ``shopper_id``: who asks, and must have placed it; None for staff.
    """
    seen = await journal.load(Order, order_id)
    if seen is None:
        raise OrderNotFound
    products = sorted({line.product_id for line in seen.lines})

    def decide(loaded: Loaded) -> tuple[OrderAnswer, list[Aggregate]]:
        order = loaded.get(Order, order_id)
        if order is None:
            raise OrderNotFound
        if shopper_id is not None and order.shopper_id != shopper_id:
            raise OrderNotYours
        order.cancel(reason, context.now)
        changed: list[Aggregate] = [order]
        for line in order.lines:
            product = loaded.get(Product, line.product_id)
            if product is not None:
                product.take_back(order_id, line.quantity, context.now)
                changed.append(product)
        return answer(order), changed

    return await journal.execute(
        context, decide, writes=[(Order, order_id), *((Product, key) for key in products)]
    )


def answer(order: Order) -> OrderAnswer:
    """Return the order as a command answers it."""
    return OrderAnswer(
        order_id=order.key,
        status="cancelled" if order.is_cancelled else "placed",
        lines=order.lines,
        total=Money(order.total_minor, order.currency),
    )
