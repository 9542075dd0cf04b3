"""Reads the headers of our own conventions; what cannot be understood is answered 400."""

from __future__ import annotations

import re
from uuid import UUID

from aiohttp import web

from api.problems import bad_field
from application.uuid7 import uuid7

CORRELATION_ID = web.RequestKey("correlation_id", UUID)

CORRELATION = "Footfall-Correlation-Id"
POSITION = "Footfall-Position"
AFTER = "Footfall-After"
IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_POSITION = 2**63 - 1

_ETAG = re.compile(r'(W/)?"?([0-9]{1,10})"?')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def correlation_id(request: web.Request) -> UUID:
    """Return the caller's correlation id, else the trace it is part of, else a new one."""
    given = request.headers.get(CORRELATION)
    if given:
        try:
            return UUID(given)
        except ValueError:
            return uuid7()  # never a reason to refuse a request
    trace = request.headers.get("traceparent")
    if trace:
        try:
            return UUID(hex=trace.split("-")[1])
        except (IndexError, ValueError):
            return uuid7()
    return uuid7()


def after_position(request: web.Request) -> int:
    """Return the position that the answer must show; 0 where any will do."""
    given = request.headers.get(AFTER)
    return position(given, AFTER) if given else 0


def position(text: str, name: str) -> int:
    """Return a log position."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_POSITION))
    if not is_number or int(text) > MAX_POSITION:
        raise bad_field(name, "a position is a whole number from 0")
    return int(text)


def if_match(request: web.Request) -> int | None:
    """Return the version in If-Match; None where there is none, or any will do (``*``).

    A tag that is none of ours, or a weak one, matches no version: -1.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    found = _ETAG.fullmatch(given.strip())
    return int(found[2]) if found and not found[1] else -1


def idempotency_key(request: web.Request) -> str | None:
    """Return the caller's key for this request."""
    given = request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise bad_field(IDEMPOTENCY_KEY, "a key is 1 to 255 printable characters without spaces")
    return given
