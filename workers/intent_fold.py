"""Keeps what the intent worker knows of visits and people, for its next start."""

from __future__ import annotations

import asyncio
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from ml.intent.fold_state import StateRefused, encode, restore
from projections.runner import TRANSIENT

if TYPE_CHECKING:
    import asyncpg

    from ml.intent.scoring import Scorer

logger = structlog.get_logger(__name__)

EVERY_EVENTS = 50_000
"""That many are folded again at a start, at most about: two seconds."""
EVERY_SECONDS = 60.0


class KeptFold:
    """Writes the state of a scorer now and then, beside what the worker does."""

    def __init__(self, pool: asyncpg.Pool[Any], scorer: Scorer) -> None:
        self._pool = pool
        self._scorer = scorer
        self._position = 0
        self._at = time.monotonic()
        self._writing: asyncio.Task[None] | None = None

    async def restore(self, until: int) -> int:
        """Bring the scorer to the state that was kept; return its position, or 0 without one.

        One from beyond ``until`` is of another log; it is left out as one of another version is.
        """
        row = await self._pool.fetchrow("SELECT position, state FROM app.intent_fold")
        if row is None or row["position"] > until:
            return 0
        try:
            restore(self._scorer, zlib.decompress(row["state"]))
        except (StateRefused, zlib.error) as error:
            logger.warning("intent_folds_anew", reason=str(error))
            return 0
        self._position = row["position"]
        return self._position

    def offer(self, position: int) -> None:
        """Write the state down, if the last time is long ago; rows up to here are written."""
        is_early = time.monotonic() - self._at < EVERY_SECONDS
        if is_early or position - self._position < EVERY_EVENTS or self._writing is not None:
            return
        self._begin(position)

    def _begin(self, position: int) -> None:
        self._position, self._at = position, time.monotonic()
        encoded = encode(self._scorer)  # here: nothing may change it meanwhile
        self._writing = asyncio.create_task(self._write(position, encoded), name="intent-fold")
        self._writing.add_done_callback(self._written)

    async def _write(self, position: int, encoded: bytes) -> None:
        state = await asyncio.to_thread(zlib.compress, encoded, 1)
        try:
            await self._pool.execute(_WRITE, position, state)
        except TRANSIENT as error:
            logger.warning("intent_fold_not_kept", reason=repr(error))

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        if not task.cancelled():
            task.result()

    async def close(self) -> None:
        """End what is being written."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing


_WRITE = """
    INSERT INTO app.intent_fold (position, state) VALUES ($1, $2)
    ON CONFLICT (only_row) DO UPDATE SET
        position = excluded.position, state = excluded.state, updated_at = now()"""
