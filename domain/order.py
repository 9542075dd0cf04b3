"""Order: what was bought, at the prices of that moment."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Annotated, Self

import msgspec

from domain.errors import Forbidden, NotFound, Rejected
from domain.events import PERSONAL, Aggregate
from domain.shopper import Address  # noqa: TC001


class OrderNotFound(NotFound):
    """There is no such order."""

    code = "order_not_found"


class OrderCancelledAlready(Rejected):
    """This order was cancelled already."""

    code = "order_already_cancelled"


class OrderNotYours(Forbidden):
    """This order belongs to somebody else."""

    code = "order_not_yours"


class OrderLine(msgspec.Struct, frozen=True):
    """Some pieces of one product at the price they were sold for."""

    product_id: str
    name: str
    quantity: int
    unit_price_minor: int

    @property
    def total_minor(self) -> int:
        """What the line comes to."""
        return self.quantity * self.unit_price_minor


class Order(Aggregate):
    """A sale. Imported returns whose sale is unknown are orders that begin with a credit note."""

    CATEGORY = "order"

    class Placed(Aggregate.Created):
        TOPIC = "order.placed"
        SUBJECT_FIELD = "shopper_id"
        shopper_id: str
        lines: tuple[OrderLine, ...]
        currency: str
        goods_minor: int
        total_minor: int
        discount_minor: int = 0
        payment_method: str = ""
        visitor: str = ""
        address: Annotated[Address | None, PERSONAL] = None
        country: str = ""
        source: str = "shop"

        def apply(self, aggregate: Order) -> None:
            aggregate.shopper_id = self.shopper_id
            aggregate.lines = self.lines
            aggregate.currency = self.currency
            aggregate.total_minor = self.total_minor

    class CreditNoted(Aggregate.Created):
        """Goods came back whose sale is not in the log: an imported credit note."""

        TOPIC = "order.credit_noted"
        shopper_id: str
        lines: tuple[OrderLine, ...]
        currency: str
        refund_minor: int
        country: str = ""
        source: str = "shop"

        def apply(self, aggregate: Order) -> None:
            aggregate.shopper_id = self.shopper_id
            aggregate.currency = self.currency

    class Cancelled(Aggregate.Event):
        """The whole sale undone. It repeats what it undoes, for those who only add up."""

        TOPIC = "order.cancelled"
        shopper_id: str
        lines: tuple[OrderLine, ...]
        currency: str
        refund_minor: int
        placed_at: datetime
        reason: str = ""

        def apply(self, aggregate: Order) -> None:
            aggregate.is_cancelled = True

    class Returned(Aggregate.Event):
        """Some of the goods came back."""

        TOPIC = "order.returned"
        shopper_id: str
        lines: tuple[OrderLine, ...]
        currency: str
        refund_minor: int
        placed_at: datetime
        country: str = ""
        source: str = "shop"

        def apply(self, aggregate: Order) -> None:
            aggregate.refunded_minor += self.refund_minor

    def __init__(self) -> None:
        self.shopper_id = ""
        self.lines: tuple[OrderLine, ...] = ()
        self.currency = ""
        self.total_minor = 0
        self.refunded_minor = 0
        self.is_cancelled = False

    @classmethod
    def place(
        cls,
        order_id: str,
        *,
        shopper_id: str,
        visitor: str,
        lines: tuple[OrderLine, ...],
        currency: str,
        payment_method: str,
        address: Address | None,
        now: datetime,
    ) -> Self:
        """Sell the lines at their prices."""
        goods_minor = sum(line.total_minor for line in lines)
        return cls._create(
            cls.Placed,
            id=cls.stream_id(order_id),
            timestamp=now,
            shopper_id=shopper_id,
            visitor=visitor,
            lines=lines,
            currency=currency,
            goods_minor=goods_minor,
            total_minor=goods_minor,
            payment_method=payment_method,
            address=address,
            country=address.country if address else "",
        )

    def cancel(self, reason: str, now: datetime) -> None:
        """Undo the sale; once."""
        if self.is_cancelled:
            raise OrderCancelledAlready
        self.trigger_event(
            self.Cancelled,
            timestamp=now,
            shopper_id=self.shopper_id,
            lines=self.lines,
            currency=self.currency,
            refund_minor=self.total_minor - self.refunded_minor,
            placed_at=self.created_on,
            reason=reason,
        )
