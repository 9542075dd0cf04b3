"""Online Retail lines as events: products, customers, orders, returns."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from domain.events import Created, Event
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import Product
from domain.shopper import Shopper
from footfall.importing.event_writer import Imported
from footfall.importing.not_taken import NotTaken
from footfall.importing.online_retail_lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

SOURCE = "online-retail"
CURRENCY = "GBP"
NAMESPACE = UUID("5b1f5b0e-6c1e-5f0a-9d4e-2f6b7a0c9e11")
"""Event ids are made in it from what they stand for, so a second import adds nothing."""


class _Sold:
    """Pieces of one line that have not come back yet."""

    __slots__ = ("left", "order_id", "placed_at")

    def __init__(self, order_id: str, left: int, placed_at: datetime) -> None:
        self.order_id = order_id
        self.left = left
        self.placed_at = placed_at


class OnlineRetail:
    """Turns lines, in the order of the file, into events.

    Lines of one invoice are one order, at the time of its first line. A credit note goes back to
    the customer's latest orders of that product; what finds none stands as a credit note alone.
    """

    def __init__(self) -> None:
        self._products: set[str] = set()
        self._customers: set[str] = set()
        self._invoices: dict[str, int] = {}
        self._sold: dict[tuple[str, str], list[_Sold]] = {}

    def events(self, lines: Iterable[Line | NotTaken]) -> Iterator[Imported | NotTaken]:
        """Yield the events of the lines taken, and the rows that were not."""
        for _, group in groupby(lines, key=_invoice):
            taken: list[Line] = []
            for line in group:
                if isinstance(line, NotTaken):
                    yield line
                else:
                    taken.append(line)
            if taken:
                yield from self._invoice(taken)

    def _invoice(self, lines: list[Line]) -> Iterator[Imported]:
        first = lines[0]
        part = self._invoices[first.invoice] = self._invoices.get(first.invoice, 0) + 1
        # An invoice whose lines stand apart in the file comes in parts; that is rare.
        invoice = first.invoice if part == 1 else f"{first.invoice}.{part}"
        yield from self._newcomers(lines)
        if first.is_return:
            yield from self._credit_note(invoice, lines)
        else:
            yield self._order(invoice, lines)

    def _newcomers(self, lines: list[Line]) -> Iterator[Imported]:
        for line in lines:
            if line.stock_code not in self._products:
                self._products.add(line.stock_code)
                yield _event(
                    f"product/{line.stock_code}",
                    Product.Added,
                    Product.stream_id(line.stock_code),
                    line.occurred_at,
                    name=line.description or line.stock_code,
                    description="",
                    category="",
                    price=Money(line.unit_price_minor, CURRENCY),
                    stock=None,
                    attributes={},
                )
        first = lines[0]
        if first.customer and first.customer not in self._customers:
            self._customers.add(first.customer)
            yield _event(
                f"customer/{first.customer}",
                Shopper.Imported,
                Shopper.stream_id(_shopper(first.customer)),
                first.occurred_at,
                source=SOURCE,
                country=first.country,
            )

    def _order(self, invoice: str, lines: list[Line]) -> Imported:
        first = lines[0]
        order_id = f"{SOURCE}:{invoice}"
        for line in lines:
            sold = _Sold(order_id, line.quantity, first.occurred_at)
            self._sold.setdefault((line.customer, line.stock_code), []).append(sold)
        total_minor = sum(line.quantity * line.unit_price_minor for line in lines)
        return _event(
            f"order/{invoice}",
            Order.Placed,
            Order.stream_id(order_id),
            first.occurred_at,
            shopper_id=_shopper(first.customer),
            lines=tuple(map(_order_line, lines)),
            currency=CURRENCY,
            goods_minor=total_minor,
            total_minor=total_minor,
            country=first.country,
            source=SOURCE,
        )

    def _credit_note(self, invoice: str, lines: list[Line]) -> Iterator[Imported]:
        returned: dict[str, tuple[datetime, list[OrderLine]]] = {}
        unmatched: list[OrderLine] = []
        for line in lines:
            left = line.quantity
            for sold in reversed(self._sold.get((line.customer, line.stock_code), [])):
                pieces = min(left, sold.left)
                if pieces and line.customer:
                    sold.left -= pieces
                    left -= pieces
                    _, part = returned.setdefault(sold.order_id, (sold.placed_at, []))
                    part.append(_order_line(line, pieces))
            if left:
                unmatched.append(_order_line(line, left))
        first = lines[0]
        shared: dict[str, Any] = {
            "shopper_id": _shopper(first.customer),
            "currency": CURRENCY,
            "country": first.country,
            "source": SOURCE,
        }
        for order_id, (placed_at, part) in returned.items():
            yield _event(
                f"return/{invoice}/{order_id}",
                Order.Returned,
                Order.stream_id(order_id),
                first.occurred_at,
                lines=tuple(part),
                refund_minor=sum(line.total_minor for line in part),
                placed_at=placed_at,
                **shared,
            )
        if unmatched:
            yield _event(
                f"credit/{invoice}",
                Order.CreditNoted,
                Order.stream_id(f"{SOURCE}:{invoice}"),
                first.occurred_at,
                lines=tuple(unmatched),
                refund_minor=sum(line.total_minor for line in unmatched),
                **shared,
            )


def _event(
    identity: str,
    event_class: type[Event],
    stream_id: str,
    occurred_at: datetime,
    **fields: object,
) -> Imported:
    if issubclass(event_class, Created):
        fields["originator_topic"] = ""  # not recorded: the topic says it
    make: Callable[..., Event] = event_class
    event = make(originator_id=stream_id, originator_version=0, timestamp=occurred_at, **fields)
    return Imported(uuid5(NAMESPACE, f"{SOURCE}/{identity}"), event)


def _order_line(line: Line, quantity: int | None = None) -> OrderLine:
    return OrderLine(
        product_id=line.stock_code,
        name=line.description,
        quantity=line.quantity if quantity is None else quantity,
        unit_price_minor=line.unit_price_minor,
    )


def _shopper(customer: str) -> str:
    return f"{SOURCE}:{customer}" if customer else ""


def _invoice(line: Line | NotTaken) -> str:
    """Return what lines are grouped by; a row not taken joins the lines it stands among."""
    if isinstance(line, Line):
        return line.invoice
    value = line.values.get("InvoiceNo", line.values.get("Invoice"))
    return str(value).strip().upper().removesuffix(".0")
