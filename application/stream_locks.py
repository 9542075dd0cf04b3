"""One command at a time on each stream, within this process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from application.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable


class StreamLocks:
    """Makes commands on one stream queue up here, where they would only conflict in the log.

    They are taken in the order of their names, so two commands never wait for each other.
    """

    def __init__(self, *, patience_seconds: float = 10.0) -> None:
        self._patience = patience_seconds
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, stream_ids: Iterable[str]) -> AsyncIterator[None]:
        """Hold the streams for the length of the block; Overloaded where that takes too long."""
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._patience):
                    for stream_id in sorted(set(stream_ids)):
                        await held.enter_async_context(self._one(stream_id))
            except TimeoutError as error:
                raise Overloaded from error
            yield

    @asynccontextmanager
    async def _one(self, stream_id: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(stream_id) or (asyncio.Lock(), 0)
        self._locks[stream_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[stream_id]
            if users == 1:
                del self._locks[stream_id]
            else:
                self._locks[stream_id] = (lock, users - 1)
