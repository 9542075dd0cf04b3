"""Tells which write key a request brings: the user of its basic auth, or a member of its body."""

from __future__ import annotations

import time
from base64 import b64decode
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from api.problems import Problem
from application.keys import find_key

if TYPE_CHECKING:
    import asyncpg
    from aiohttp import web

REMEMBER_SECONDS = 5.0
"""How long after its revocation a key may still let something in."""
_REMEMBERED = 10_000


class WriteKeys:
    """Finds write keys; one look-up in Postgres for each key and few seconds."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._remembered: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def key_id(self, request: web.Request, in_body: object) -> str:
        """Return the id of the request's key. Raises Problem 401."""
        given = _of_basic_auth(request) or (in_body if isinstance(in_body, str) else "")
        found = await self.find(given)
        if not found:
            raise Problem(401, "invalid_write_key", "This takes a write key that counts.")
        return found

    async def find(self, given: str) -> str:
        """Return the id of a key that counts; empty for any other text."""
        kept = self._remembered.get(given)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        key = await find_key(self._pool, given) if given.isprintable() and given else None
        if key is None or key.kind != "write":
            return ""
        self._remembered[given] = (time.monotonic() + REMEMBER_SECONDS, key.key_id)
        self._remembered.move_to_end(given)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return key.key_id


def _of_basic_auth(request: web.Request) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(given, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""
