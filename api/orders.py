"""The door to orders."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.resource_ids import new_id
from api.roles import ADMIN, SHOPPER
from api.route import Reply, Route
from application import orders
from application.orders import OrderAnswer
from domain.money import Money
from domain.order import Order, OrderLine, OrderNotYours
from domain.shopper import Address
from projections.orders import OrderRow, find_order, orders_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call

READS = ("orders",)


class Payment(msgspec.Struct):
    """How it is paid. Anything beside the method is ignored and never recorded."""

    method: Annotated[str, Meta(min_length=1, max_length=100)]


class NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Everything in the basket, ordered. ``payment``: a method, or an object with one."""

    payment: Annotated[str, Meta(min_length=1, max_length=100)] | Payment
    address_id: str = ""
    discount_code: str = ""


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class LineBody(msgspec.Struct):
    """Pieces of one product at the price they were sold for."""

    product_id: str
    name: str
    quantity: int
    unit_price: Money
    total: Money


class OrderBody(msgspec.Struct, kw_only=True):
    """An order."""

    order_id: str
    status: str
    lines: list[LineBody]
    total: Money


class OrderDetails(OrderBody, kw_only=True):
    """An order as it stands in the list."""

    goods: Money
    discount: Money
    refunded: Money
    payment: str
    address: Address | None
    placed_at: datetime


async def place(call: Call[NewOrder, None]) -> Reply:
    """Order everything in the basket: all of it, or a refusal and nothing."""
    body, shopper_id = call.body, call.shopper_id
    if body.discount_code:
        raise Problem(422, "discount_code_unknown", "This code is not valid.")
    method = body.payment if isinstance(body.payment, str) else body.payment.method
    outcome = await call.run(
        OrderAnswer,
        lambda journal, context: orders.place_order(
            journal,
            context,
            new_id(),
            shopper_id,
            payment_method=method,
            address_id=body.address_id,
            visitor=call.visitor,
        ),
    )
    order_id = outcome.answer.order_id
    reply = await call.reply(outcome, _of_answer(outcome.answer), stream_id=f"order-{order_id}")
    reply.headers["Location"] = f"/v1/orders/{order_id}"
    return reply


async def show_all(call: Call[None, Paged]) -> Reply:
    """Return the caller's orders, the latest first."""
    start = call.query.cursor(tuple[datetime, str] | None, None)  # type: ignore[arg-type]
    async with call.services.pool.acquire() as connection:
        rows = await orders_of(
            connection, call.shopper_id, before=start, limit=call.query.limit + 1
        )
    page = page_of(rows, call.query.limit, lambda row: (row.placed_at, row.order_id))
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show(call: Call[None, None]) -> Reply:
    """Return an order of the caller's own; an admin sees any."""
    async with call.services.pool.acquire() as connection:
        row = await find_order(connection, call.key("order_id"))
    if row is None:
        raise Problem(404, "order_not_found", "There is no such order.")
    if "admin" not in call.caller.roles and row.shopper_id != call.shopper_id:
        raise OrderNotYours
    return Reply(_of_row(row), version=row.version)


async def cancel(call: Call[Cancellation | None, None]) -> Reply:
    """Cancel an order; its pieces go back into stock."""
    order_id = call.key("order_id")
    await call.check_version(Order.stream_id(order_id))
    asking = None if "admin" in call.caller.roles else call.shopper_id
    reason = call.body.reason if call.body else ""
    outcome = await call.run(
        OrderAnswer,
        lambda journal, context: orders.cancel_order(
            journal, context, order_id, shopper_id=asking, reason=reason
        ),
    )
    return await call.reply(
        outcome, _of_answer(outcome.answer), stream_id=Order.stream_id(order_id)
    )


def _of_answer(answer: OrderAnswer) -> OrderBody:
    return OrderBody(
        order_id=answer.order_id,
        status=answer.status,
        lines=_lines(answer.lines, answer.total.currency),
        total=answer.total,
    )


def _of_row(row: OrderRow) -> OrderDetails:
    def money(amount: int) -> Money:
        return Money(amount, row.currency)

    return OrderDetails(
        order_id=row.order_id,
        status=row.status,
        lines=_lines(row.lines, row.currency),
        total=money(row.total_minor),
        goods=money(row.goods_minor),
        discount=money(row.discount_minor),
        refunded=money(row.refunded_minor),
        payment=row.payment_method,
        address=row.address,
        placed_at=row.placed_at,
    )


def _lines(lines: Iterable[OrderLine], currency: str) -> list[LineBody]:
    return [
        LineBody(
            line.product_id,
            line.name,
            line.quantity,
            Money(line.unit_price_minor, currency),
            Money(line.total_minor, currency),
        )
        for line in lines
    ]


ROUTES = (
    Route(
        method="POST",
        path="/v1/orders",
        handler=place,
        summary="Order what is in my basket",
        tag="Shop",
        body=NewOrder,
        answer=OrderBody,
        status=201,
        roles=SHOPPER,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="GET",
        path="/v1/orders",
        handler=show_all,
        summary="My orders, the latest first",
        tag="Shop",
        query=Paged,
        answer=Page[OrderDetails],
        roles=SHOPPER,
        reads=READS,
    ),
    Route(
        method="GET",
        path="/v1/orders/{order_id}",
        handler=show,
        summary="An order",
        tag="Shop",
        answer=OrderDetails,
        roles=SHOPPER | ADMIN,
        reads=READS,
        is_versioned=True,
        refusals=(404,),
    ),
    Route(
        method="POST",
        path="/v1/orders/{order_id}/cancel",
        handler=cancel,
        summary="Cancel an order",
        tag="Shop",
        body=Cancellation,
        is_body_optional=True,
        answer=OrderBody,
        roles=SHOPPER | ADMIN,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
)
