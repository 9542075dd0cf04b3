"""Waits until a read model has come as far as a position: how a reader sees its own writes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

import structlog
from redis.exceptions import RedisError

from projections.checkpoints import live_positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    import asyncpg
    import redis.asyncio as aioredis

logger = structlog.get_logger(__name__)

CHANNEL = "footfall:progress"


class StillBehind(Exception):
    """A read model has not come as far as was asked for."""

    def __init__(self, name: str, position: int, wanted: int) -> None:
        super().__init__(f"{name} stands at {position}, {wanted - position} events before {wanted}")
        self.name = name
        self.position = position
        self.lag_events = wanted - position


async def tell_progress(client: aioredis.Redis, positions: Mapping[str, int]) -> None:
    """Tell every process how far read models have come. May be lost: who waits also polls."""
    text = " ".join(f"{name}:{position}" for name, position in positions.items())
    await client.publish(CHANNEL, text)


class PositionWaiter:
    """Knows how far the read models are, from Redis; from Postgres while somebody waits."""

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        client: aioredis.Redis,
        *,
        poll_seconds: float = 0.25,
    ) -> None:
        self._pool = pool
        self._client = client
        self._poll_seconds = poll_seconds
        self._positions: dict[str, int] = defaultdict(int)
        self._moved = asyncio.Event()
        self._waiting = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._listen(), name="progress-listener"),
            asyncio.create_task(self._poll(), name="progress-poll"),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # More than once: the Redis client may take a first cancellation for its own.
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=0.1)

    async def wait_for(
        self,
        names: Iterable[str],
        position: int,
        timeout: float,  # noqa: ASYNC109 - part of the question
    ) -> None:
        """Return once all the named read models stand at ``position`` or beyond.

        Raises StillBehind after ``timeout`` seconds, naming one that does not.
        """
        names = list(names)
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout):
                while any(self._positions[name] < position for name in names):
                    await self._moved.wait()
        except TimeoutError:
            name = min(names, key=self._positions.__getitem__)
            raise StillBehind(name, self._positions[name], position) from None
        finally:
            self._waiting -= 1

    def saw(self, positions: Mapping[str, int]) -> None:
        """Take note of positions and wake whoever waits."""
        for name, position in positions.items():
            self._positions[name] = max(self._positions[name], position)
        self._moved.set()
        self._moved = asyncio.Event()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        self.saw(_positions(message["data"]))
            except (RedisError, OSError) as error:
                logger.warning("progress_listener_reconnects", reason=repr(error))
            await asyncio.sleep(0.5)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            if not self._waiting:
                continue
            try:
                async with self._pool.acquire() as connection:
                    self.saw(await live_positions(connection))
            except Exception as error:  # noqa: BLE001 - this loop must live on
                logger.warning("progress_poll_failed", reason=repr(error))


def _positions(text: bytes) -> dict[str, int]:
    pairs = (pair.rpartition(":") for pair in text.decode().split())
    return {name: int(position) for name, _, position in pairs}
