"""The salt of a day: visitors without a cookie are the same all day, and never again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from redis.asyncio import Redis

KEPT_SECONDS = 2 * 24 * 3600


class DailySalt:
    """Shared by all processes in Redis, and gone from there two days later."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._day: date | None = None
        self._salt = b""

    async def of(self, day: date) -> bytes:
        """Return the salt of a day."""
        if day != self._day:
            name = f"intake:salt:{day}"
            await self._redis.set(name, secrets.token_hex(16), nx=True, ex=KEPT_SECONDS)
            kept = await self._redis.get(name)
            self._salt = kept if isinstance(kept, bytes) else str(kept).encode()
            self._day = day
        return self._salt
