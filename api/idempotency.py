"""Idempotency-Key: a request that is repeated is done once.

What is recorded keeps its answer in the same transaction (see Context.idempotency), so a finished
request is always recognised. The mark in Redis only tells a second copy that the first still
runs; it is a short lease, renewed as long as the request runs, so that a killed process keeps
nobody waiting. Without Redis the log itself lets one of the two win.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from api.problems import busy
from application.context import Idempotency
from projections.runner import heed_cancellation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.call import Call

LEASE_SECONDS = 6
_RENEW = """if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('EXPIRE', KEYS[1], ARGV[2]) end"""
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
    renewing = asyncio.create_task(_renew(call, name, mark)) if is_ours else None
    try:
        yield
    finally:
        if renewing is not None:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            await _release(call, name, mark)


def _fingerprint(call: Call[Any, Any], body: bytes) -> bytes:
    """Return a hash of what is asked; keyed, for the body may hold a password."""
    plain = sha256(f"{call.request.method} {call.request.path}\n".encode() + body).hexdigest()
    return bytes.fromhex(call.journal.hashes.username(f"request {plain}"))


async def _mark(call: Call[Any, Any], name: str, mark: str) -> bool:
    try:
        return bool(await call.services.redis.set(name, mark, nx=True, ex=LEASE_SECONDS))
    except (RedisError, OSError):
        return True


async def _renew(call: Call[Any, Any], name: str, mark: str) -> None:
    while True:
        heed_cancellation()
        await asyncio.sleep(LEASE_SECONDS / 3)
        with suppress(RedisError, OSError):
            await call.services.redis.eval(_RENEW, 1, name, mark, LEASE_SECONDS)


async def _release(call: Call[Any, Any], name: str, mark: str) -> None:
    try:
        await call.services.redis.eval(_RELEASE, 1, name, mark)
    except (RedisError, OSError):
        return  # it expires
