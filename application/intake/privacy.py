"""What must not come through the door: addresses of people and of their machines."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from application.intake.bad_message import BadMessage

if TYPE_CHECKING:
    from datetime import date

MASK = "(e-mail)"
ADDRESS_MASK = "(address)"
DEEPEST = 20
_LARGEST_INTEGER = 2**53
_EMAIL = re.compile(
    r"[^\s/?&=#;:,\"'<>()@]{1,64}(?:@|%40)[^\s/?&=#;:,\"'<>()@]{1,253}\.[^\s/?&=#;:,\"'<>()@.]{2,63}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])"
)
_CREDENTIALS = re.compile(r"//[^/@?#]*@")


def without_emails(text: str) -> str:
    """Return the text with a mark where something like an e-mail address was."""
    if "@" not in text and "%40" not in text:
        return text
    return _EMAIL.sub(MASK, text)


def without_addresses(text: str) -> str:
    """Return the text with a mark where something like a machine's address was: IPv4, IPv6, MAC."""
    return _ADDRESS.sub(ADDRESS_MASK, text)


def clean_url(url: str) -> str:
    """Return an address without e-mail-like values, names or passwords in it."""
    if "@" not in url and "%40" not in url:
        return url
    return _EMAIL.sub(MASK, _CREDENTIALS.sub("//", url, count=1))


def clean_properties(given: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return properties of any shape as they may be kept. Raises BadMessage where too deep."""
    return {without_emails(name): _clean(value, depth + 1) for name, value in given.items()}


def visitor_of_the_day(salt: bytes, key_id: str, day: date, address: str, user_agent: str) -> str:
    """Return an id that nobody can trace once the day's salt is gone."""
    text = f"{key_id}\0{day}\0{address}\0{user_agent}".encode("utf-8", "replace")
    return f"day-{blake2b(text, digest_size=12, key=salt).hexdigest()}"


def _clean(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return without_addresses(without_emails(value))
    if kind is dict or kind is list:
        if depth > DEEPEST:
            raise BadMessage("too_deep", f"properties are nested more than {DEEPEST} deep")
        if kind is dict:
            return clean_properties(value, depth)
        return [_clean(item, depth + 1) for item in value]
    if kind is int and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        return str(value)[:100] if abs(value) < 10**100 else "(a huge number)"
    return value
