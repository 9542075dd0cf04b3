"""Knows how far the log reaches, by LISTEN with a slow poll under it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import asyncpg
import structlog

from application.event_store.lost_connections import LOST_CONNECTION

if TYPE_CHECKING:
    from types import TracebackType

logger = structlog.get_logger(__name__)

CHANNEL = "footfall_log"


class Tail:
    """The newest position that this process has heard of.

    A notification may be lost, late or cut off with its connection: every ``poll_seconds`` the
    head is read as well, and after a lost connection it listens again before it reads.
    """

    def __init__(self, direct_dsn: str, *, poll_seconds: float = 1.0) -> None:
        self._dsn = direct_dsn
        self._poll_seconds = poll_seconds
        self._newest = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="log-tail")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def saw(self, position: int) -> None:
        """Take note of a position and wake whoever waits."""
        if position > self._newest:
            self._newest = position
            self._moved.set()
            self._moved = asyncio.Event()

    async def wait_beyond(self, position: int) -> None:
        """Return once something is recorded above ``position``; may return early."""
        while self._newest <= position:
            await self._moved.wait()

    async def _run(self) -> None:
        delay = 0.05
        while True:
            before = self._newest
            try:
                await self._listen()
            except (*LOST_CONNECTION, asyncpg.PostgresError) as error:
                logger.warning("tail_reconnects", reason=repr(error))
            delay = 0.05 if self._newest > before else min(delay * 2, 2.0)
            await asyncio.sleep(delay)

    async def _listen(self) -> None:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(self._dsn, timeout=5)
        try:
            await connection.add_listener(CHANNEL, self._heard)
            while not connection.is_closed():
                position = await connection.fetchval("SELECT position FROM log.head", timeout=5)
                self.saw(position)
                await asyncio.sleep(self._poll_seconds)
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.saw(int(str(payload)))
