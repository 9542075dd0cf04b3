"""Who stands behind a token or key, remembered for a few seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api import cookies
from api.caller import ANONYMOUS, Caller
from api.problems import unauthenticated
from api.roles import expand
from application.keys import PREFIX, find_key, hash_token
from application.sessions import find_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg
    from aiohttp import web

REMEMBER_SECONDS = 5.0
"""How long after a sign-out or a revocation another process may still let the token in."""
_REMEMBERED = 50_000


class KnownCallers:
    """Authenticates requests; one look-up in Postgres for each token and few seconds."""

    def __init__(self, pool: asyncpg.Pool[Any], session_ttl_seconds: int) -> None:
        self._pool = pool
        self._session_ttl_seconds = session_ttl_seconds
        self._remembered: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller_of(self, request: web.Request, kept_in: Sequence[str]) -> Caller:
        """Return who is calling; raise 401 for a proof that does not hold.

        ``kept_in``: the cookies that may be the proof, the first that holds counts.
        A token is taken from headers only, never from the address: addresses end up in logs,
        histories and Referer headers.
        """
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise unauthenticated("Authorization must be: Bearer TOKEN", "invalid_token")
            caller = await self._find(token.strip())
            if caller is None:
                raise unauthenticated("The token is unknown or has expired.", "invalid_token")
            return caller
        if "Cookie" not in request.headers:
            return ANONYMOUS
        for name in kept_in:
            token = request.cookies.get(name, "")
            if token and (caller := await self._find(token, by_cookie=True)) is not None:
                cookies.check_same_origin(request)
                return caller
        return ANONYMOUS  # the person in the browser cannot mend an old cookie

    def forget(self, token_hash: bytes) -> None:
        """Look this token up again next time."""
        self._remembered.pop(token_hash, None)

    def forget_all(self) -> None:
        """Look every token up again next time."""
        self._remembered.clear()

    async def _find(self, token: str, *, by_cookie: bool = False) -> Caller | None:
        token_hash = hash_token(token)
        kept = self._remembered.get(token_hash)
        if kept is not None and kept[0] > time.monotonic() and kept[1].by_cookie == by_cookie:
            return kept[1]
        caller = await self._look_up(token, token_hash, by_cookie=by_cookie)
        if caller is None:
            self.forget(token_hash)
            return None
        self._remembered[token_hash] = (time.monotonic() + REMEMBER_SECONDS, caller)
        self._remembered.move_to_end(token_hash)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return caller

    async def _look_up(self, token: str, token_hash: bytes, *, by_cookie: bool) -> Caller | None:
        if token.startswith(PREFIX):
            key = None if by_cookie else await find_key(self._pool, token)
            if key is None:
                return None
            return Caller(f"key:{key.key_id}", expand(key.roles), token_hash=token_hash)
        session = await find_session(
            self._pool, token_hash, seconds=self._session_ttl_seconds, now=datetime.now(UTC)
        )
        if session is None:
            return None
        kind, _, name = session.actor.partition(":")
        return Caller(
            actor=session.actor,
            roles=expand(session.roles),
            shopper_id=name if kind == "shopper" else "",
            token_hash=token_hash,
            by_cookie=by_cookie,
        )
