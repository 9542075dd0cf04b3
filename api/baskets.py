"""The door to the basket: a signed-in shopper's, or the one of an anonymous visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.route import Reply, Route
from application import baskets
from application.baskets import BasketAnswer
from domain.basket import Basket, BasketItem
from domain.money import Money
from projections.baskets import find_basket, total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call

ProductId = Annotated[str, Meta(min_length=1, max_length=300)]
Pieces = Annotated[int, Meta(ge=-(2**31), le=2**31)]
"""Any whole number; the shop itself says which it takes."""


class NewItem(msgspec.Struct, forbid_unknown_fields=True):
    """Pieces of a product, on top of those that are there already."""

    product_id: ProductId
    quantity: Pieces = 1


class Quantity(msgspec.Struct, forbid_unknown_fields=True):
    """How many pieces are to be there; 0 removes them."""

    quantity: Pieces


class ItemBody(msgspec.Struct):
    """A line: pieces of one product at the price seen when it was last added."""

    product_id: str
    quantity: int
    unit_price: Money
    total: Money


class BasketBody(msgspec.Struct):
    """A basket. Its total is null while it is empty."""

    items: list[ItemBody]
    total: Money | None
    pieces: int


async def show(call: Call[None, None]) -> Reply:
    """Return the basket; whoever never had one has an empty one."""
    async with call.services.pool.acquire() as connection:
        row = await find_basket(connection, call.basket_owner)
    if row is None:
        return Reply(_body((), None), version=0)
    return Reply(_body(row.items, total(row)), version=row.version)


async def add_item(call: Call[NewItem, None]) -> Reply:
    """Put pieces of a product in."""
    owner, body = call.basket_owner, call.body
    outcome = await call.run(
        BasketAnswer,
        lambda journal, context: baskets.add_item(
            journal, context, owner, body.product_id, body.quantity, if_match=call.if_match
        ),
    )
    answer = _body(outcome.answer.items, outcome.answer.total)
    return await call.reply(outcome, answer, stream_id=Basket.stream_id(owner))


async def change_quantity(call: Call[Quantity, None]) -> Reply:
    """Hold exactly that many pieces of a product."""
    owner = call.basket_owner
    outcome = await baskets.change_quantity(
        call.journal,
        call.context(),
        owner,
        call.key("product_id"),
        call.body.quantity,
        if_match=call.if_match,
    )
    answer = _body(outcome.answer.items, outcome.answer.total)
    return await call.reply(outcome, answer, stream_id=Basket.stream_id(owner))


async def remove_item(call: Call[None, None]) -> Reply:
    """Take a product out."""
    owner = call.basket_owner
    outcome = await baskets.remove_item(
        call.journal, call.context(), owner, call.key("product_id"), if_match=call.if_match
    )
    answer = _body(outcome.answer.items, outcome.answer.total)
    return await call.reply(outcome, answer, stream_id=Basket.stream_id(owner))


async def clear(call: Call[None, None]) -> Reply:
    """Take everything out."""
    owner = call.basket_owner
    outcome = await baskets.clear(call.journal, call.context(), owner, if_match=call.if_match)
    answer = _body(outcome.answer.items, outcome.answer.total)
    return await call.reply(outcome, answer, stream_id=Basket.stream_id(owner))


def _body(items: Iterable[BasketItem], basket_total: Money | None) -> BasketBody:
    lines = [
        ItemBody(i.product_id, i.quantity, i.unit_price, i.unit_price * i.quantity) for i in items
    ]
    return BasketBody(lines, basket_total, sum(line.quantity for line in lines))


_BASKET = "/v1/basket"
_ITEM = "/v1/basket/items/{product_id}"

ROUTES = (
    Route(
        method="GET",
        path=_BASKET,
        handler=show,
        summary="My basket",
        tag="Shop",
        answer=BasketBody,
        reads=("baskets",),
        is_versioned=True,
        knows_visitor=True,
    ),
    Route(
        method="DELETE",
        path=_BASKET,
        handler=clear,
        summary="Empty my basket",
        tag="Shop",
        answer=BasketBody,
        is_versioned=True,
        is_command=True,
        knows_visitor=True,
        refusals=(404, 409),
    ),
    Route(
        method="POST",
        path=f"{_BASKET}/items",
        handler=add_item,
        summary="Put pieces of a product into my basket",
        tag="Shop",
        body=NewItem,
        answer=BasketBody,
        status=201,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        knows_visitor=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="PATCH",
        path=_ITEM,
        handler=change_quantity,
        summary="Change how many pieces of a product I want",
        tag="Shop",
        body=Quantity,
        answer=BasketBody,
        is_versioned=True,
        is_command=True,
        knows_visitor=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=_ITEM,
        handler=remove_item,
        summary="Take a product out of my basket",
        tag="Shop",
        answer=BasketBody,
        is_versioned=True,
        is_command=True,
        knows_visitor=True,
        refusals=(404, 409),
    ),
)
