"""Slows down guessing of passwords: failures are counted in Redis.

The ``limits`` package would do, but its Redis storage refuses the redis client that we use (8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from api.problems import busy

if TYPE_CHECKING:
    from redis.asyncio import Redis

WINDOW_SECONDS = 300
PER_USERNAME = 10
PER_ADDRESS = 100


class SignInLimits:
    """Failures in the last minutes from one address, and for one username."""

    def __init__(self, redis: Redis, address: str, username_hash: str) -> None:
        self._redis = redis
        self._username = f"sign-in:username:{username_hash}"
        self._address = f"sign-in:address:{address}"

    async def check(self) -> None:
        """Raise 429 after too many failures. Without Redis nobody is kept out."""
        try:
            by_name, by_address = await self._redis.mget(self._username, self._address)
            if int(by_name or 0) < PER_USERNAME and int(by_address or 0) < PER_ADDRESS:
                return
            left = await self._redis.ttl(
                self._username if int(by_name or 0) >= PER_USERNAME else self._address
            )
        except (RedisError, OSError):
            return
        raise busy(429, "too_many_attempts", "Too many failed sign-ins.", max(int(left), 1))

    async def failed(self) -> None:
        """Count a failure; the window begins with the first one."""
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for key in (self._username, self._address):
                    pipeline.incr(key)
                    pipeline.expire(key, WINDOW_SECONDS, nx=True)
                await pipeline.execute()
        except (RedisError, OSError):
            return

    async def succeeded(self) -> None:
        """Forget the failures of this username: its owner is here."""
        try:
            await self._redis.delete(self._username)
        except (RedisError, OSError):
            return
