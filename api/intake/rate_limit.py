"""Limits what comes in under one write key: a token bucket in Redis, for all processes together.

Packages for this (limits, throttled-py) refuse the redis client that we use (8) or count by whole
seconds; pyrate-limiter keeps an entry for each event.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from api.problems import busy

if TYPE_CHECKING:
    from redis.asyncio import Redis

BURST_SECONDS = 10
"""A key that was quiet for so long may send as much at once."""
LEAST_BURST = 10_000
"""Four of the largest batches, however low the rate."""

# KEYS[1]: the bucket. ARGV: events a second, size of the bucket, events that want to come in.
# Returns 0 and takes them, or after how many milliseconds they may come.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local rate, size, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(size, (kept[1] or size) + (now - (kept[2] or now)) * rate)
if tokens < wanted then
    return math.ceil((wanted - tokens) / rate * 1000)
end
redis.call('HSET', KEYS[1], 'tokens', tokens - wanted, 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000))
return 0
"""


class RateLimit:
    """So many events a second for each write key. Without Redis nobody is kept out."""

    def __init__(self, redis: Redis, events_per_second: int) -> None:
        self._rate = events_per_second
        self._size = max(events_per_second * BURST_SECONDS, LEAST_BURST)
        self._take = redis.register_script(_TAKE)

    async def take(self, key_id: str, events: int) -> None:
        """Let so many events in, or raise Problem 429 with the time to wait; none are in then."""
        try:
            wait_ms = await self._take(
                keys=[f"intake:rate:{key_id}"], args=[self._rate, self._size, events]
            )
        except (RedisError, OSError):
            return
        if wait_ms:
            seconds = math.ceil(wait_ms / 1_000)
            raise busy(429, "too_many_events", "This key sends more than it may.", seconds)
