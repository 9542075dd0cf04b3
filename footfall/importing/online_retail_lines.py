"""Lines of the UCI Online Retail data sets (I and II), each taken or refused with a reason.

docs/importing.md says the rules to people.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from footfall.importing.not_taken import NotTaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONDON = ZoneInfo("Europe/London")
_PRODUCT = re.compile(r"\d{5}[A-Z]{0,3}|DCGS[A-Z0-9]+")
TIME_FORMS = (
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
)
_NAMES = {
    "invoice": ("InvoiceNo", "Invoice"),
    "stock_code": ("StockCode",),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate",),
    "price": ("UnitPrice", "Price"),
    "customer": ("CustomerID", "Customer ID"),
    "country": ("Country",),
}


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of an invoice that was taken. ``quantity`` is positive, also on a credit note."""

    row: int
    invoice: str
    stock_code: str
    description: str
    quantity: int
    unit_price_minor: int
    occurred_at: datetime
    customer: str
    country: str

    @property
    def is_return(self) -> bool:
        """Whether the line is of a credit note."""
        return self.invoice.startswith("C")


class MissingColumn(Exception):
    """The file lacks a column that the format has."""


def read_lines(rows: Iterable[dict[str, Any]], time_form: str = "") -> Iterator[Line | NotTaken]:
    """Yield a Line or a NotTaken for each row, in order.

    ``time_form``: how times that are text are written, from ``find_time_form``.
    """
    names: dict[str, str] = {}
    for number, values in enumerate(rows, start=1):
        names = names or _columns(values)
        row = {short: values[name] for short, name in names.items()}
        row["time"] = _time(row["time"], time_form or TIME_FORMS[0])
        yield _line(number, row, values)


def find_time_form(rows: Iterable[dict[str, Any]]) -> str:
    """Return the one form that all times of a file have; days and months look alike in most rows.

    Where several fit, the first of TIME_FORMS; where none does, that too, and rows are malformed.
    """
    left = list(TIME_FORMS)
    for text in {str(values.get("InvoiceDate", "")).strip() for values in rows}:
        fitting = [form for form in left if _parsed_time(text, form) is not None]
        left = fitting or left
        if len(left) == 1:
            break
    return left[0]


def _columns(values: dict[str, Any]) -> dict[str, str]:
    found = {}
    for short, candidates in _NAMES.items():
        name = next((c for c in candidates if c in values), None)
        if name is None:
            raise MissingColumn(f"no column {' or '.join(candidates)}; is this Online Retail?")
        found[short] = name
    return found


def _line(number: int, row: dict[str, Any], values: dict[str, Any]) -> Line | NotTaken:  # noqa: PLR0911
    """Refuse by the first rule that applies, in the order of docs/importing.md."""
    invoice = _text(row["invoice"]).upper()
    stock_code = _text(row["stock_code"]).upper()
    occurred_at = row["time"]
    if not invoice or occurred_at is None:
        return NotTaken(number, "malformed", values)
    if invoice.startswith("A"):
        return NotTaken(number, "adjustment", values)
    if not _PRODUCT.fullmatch(stock_code):
        return NotTaken(number, "not_a_product", values)
    try:
        quantity, price = _whole(row["quantity"]), Decimal(str(row["price"]))
        customer, minor = _customer(row["customer"]), round(price * 100)
    except (TypeError, ValueError, OverflowError, InvalidOperation):
        return NotTaken(number, "malformed", values)
    is_return = invoice.startswith("C")
    if quantity == 0 or (quantity < 0) != is_return:
        return NotTaken(number, "stock_movement", values)
    if price < 0:
        return NotTaken(number, "negative_price", values)
    if price == 0:
        return NotTaken(number, "zero_price", values)
    if minor == 0:
        return NotTaken(number, "below_a_penny", values)
    return Line(
        row=number,
        invoice=invoice,
        stock_code=stock_code,
        description=_text(row["description"]),
        quantity=abs(quantity),
        unit_price_minor=minor,
        occurred_at=occurred_at,
        customer=customer,
        country=_text(row["country"]),
    )


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a workbook keeps numbers as floats
    return "" if value is None else str(value).strip()


def _whole(value: Any) -> int:
    number = float(value)
    if not number.is_integer():
        raise ValueError(f"{value} is no whole number")
    return int(number)


def _customer(value: Any) -> str:
    if value in {None, ""} or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return ""
    return str(_whole(value))


def _time(value: Any, form: str) -> datetime | None:
    """Return the moment in UTC: invoices carry London's wall clock."""
    if isinstance(value, str):
        value = _parsed_time(value.strip(), form)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=LONDON).astimezone(UTC)


def _parsed_time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - London's, see _time
    except ValueError:
        return None
