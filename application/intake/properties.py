"""Reads single properties of a message, as shops send them: missing, as text, in major units."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from application.intake.bad_message import BadMessage
from application.intake.privacy import clean_url, without_emails

Properties = dict[str, Any]

LONGEST_ID = 200
LONGEST_TEXT = 500
LONGEST_URL = 2_000
LARGEST_QUANTITY = 1_000_000
LARGEST_AMOUNT = 10**12
CURRENCY_LETTERS = 3

# ISO 4217 minor units, where they are not two digits.
_SCALES = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    1,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 1_000)


def identifier(given: Properties, *names: str) -> str:
    """Return the first of these that is given, as an id; empty where none is."""
    for name in names:
        value = given.get(name)
        if value is not None and value != "":
            return as_id(value, name)
    return ""


def required(given: Properties, *names: str) -> str:
    """Return the first of these that is given, as an id. Raises BadMessage where none is."""
    for name in names:
        value = given.get(name)
        if value is not None and value != "":
            return as_id(value, name)
    raise BadMessage("missing_property", f"{names[0]} is missing")


def as_id(value: object, name: str) -> str:
    """Return a text or whole number as an id."""
    if type(value) is str:
        found = value.strip()
        if len(found) <= LONGEST_ID and found.isprintable() and found:
            return without_emails(found)
    elif type(value) is int and -(2**63) <= value < 2**63:
        return str(value)
    elif type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    raise BadMessage("invalid_property", f"{name} cannot be an id")


def text(given: Properties, *names: str) -> str:
    """Return the first of these that is a text, shortened and without e-mail-like parts."""
    for name in names:
        value = given.get(name)
        if type(value) is str and value:
            return without_emails(value[:LONGEST_TEXT])
        if type(value) is int:
            return str(value)[:LONGEST_TEXT] if abs(value) < LARGEST_AMOUNT else ""
    return ""


def url(value: object) -> str:
    """Return an address, shortened and cleaned; empty for what is none."""
    return clean_url(value[:LONGEST_URL]) if type(value) is str else ""


def whole(given: Properties, name: str, *, default: int, least: int = 0, most: int) -> int:
    """Return a whole number within limits. Raises BadMessage for another value."""
    value = given.get(name)
    if value is None or value == "":
        return default
    number = _number(value, name)
    if not least <= number <= most:
        raise BadMessage("invalid_property", f"{name} is not between {least} and {most}")
    return round(number)


def quantity(given: Properties) -> int:
    """Return how many pieces; 1 where nothing is said."""
    value = given.get("quantity")
    if value is None or value == 1:
        return 1
    return whole(given, "quantity", default=1, least=1, most=LARGEST_QUANTITY)


def currency(*givens: Properties) -> str:
    """Return the first currency that is given, in capitals; empty where none is."""
    for given in givens:
        value = given.get("currency")
        if value is None or value == "":
            continue
        if type(value) is str:
            code = value.strip().upper()
            if len(code) == CURRENCY_LETTERS and code.isascii() and code.isalpha():
                return code
        raise BadMessage("invalid_property", "currency is no code such as EUR")
    return ""


def minor_units(given: Properties, currency: str, *names: str) -> int | None:
    """Return an amount of money, given in major units; None where none is given."""
    for name in names:
        value = given.get(name)
        if value is None or value == "":
            continue
        number = _number(value, name)
        scale = _SCALES.get(currency, 100)
        if not 0 <= number < LARGEST_AMOUNT / scale:
            raise BadMessage("invalid_property", f"{name} is no amount of money")
        return round(number * scale)
    return None


def _number(value: object, name: str) -> float | Decimal:
    if type(value) is int or type(value) is float:
        if math.isfinite(value) if type(value) is float else abs(value) < LARGEST_AMOUNT:
            return value
    elif type(value) is str and len(value) < LONGEST_TEXT:
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and abs(number) < LARGEST_AMOUNT:
            return number
    raise BadMessage("invalid_property", f"{name} is no number")
