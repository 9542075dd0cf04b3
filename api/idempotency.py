"""Idempotency-Key: a request that is repeated is done once.

What is recorded keeps its answer in the same transaction (see Context.idempotency), so a finished
request is always recognised. The mark in Redis only tells a second copy that the first still
runs; without Redis the log itself lets one of the two win.
"""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from api.problems import busy
from application.context import Idempotency

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.call import Call

RUNNING_SECONDS = 60
_RELEASE = """if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"""


@asynccontextmanager
async def claim(call: Call[Any, Any], key: str) -> AsyncIterator[None]:
    """Let one request under this key run at a time; keys of different callers never meet.

    Raises Problem 409 ``still_running`` while another one runs.
    """
    request = call.request
    scoped = sha256(f"{call.actor}\n{key}".encode()).hexdigest()
    call.idempotency = Idempotency(scoped, _fingerprint(call, await request.read()))
    name, mark = f"idempotency:{scoped}", secrets.token_hex(8)
    is_ours = await _mark(call, name, mark)
    if not is_ours and await call.journal.idempotent_result(scoped) is None:
        raise busy(409, "still_running", "The first request under this key still runs.", 1)
    try:
        yield
    finally:
        if is_ours:
            await _release(call, name, mark)


def _fingerprint(call: Call[Any, Any], body: bytes) -> bytes:
    """Return a hash of what is asked; keyed, for the body may hold a password."""
    plain = sha256(f"{call.request.method} {call.request.path}\n".encode() + body).hexdigest()
    return bytes.fromhex(call.journal.hashes.username(f"request {plain}"))


async def _mark(call: Call[Any, Any], name: str, mark: str) -> bool:
    try:
        return bool(await call.services.redis.set(name, mark, nx=True, ex=RUNNING_SECONDS))
    except (RedisError, OSError):
        return True


async def _release(call: Call[Any, Any], name: str, mark: str) -> None:
    try:
        await call.services.redis.eval(_RELEASE, 1, name, mark)
    except (RedisError, OSError):
        return  # it expires
