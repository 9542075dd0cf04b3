"""The challenger: ranks whom the champion has ranked, when there is time, and is never seen."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from ml.recommendation.ranked_lists import rank
from projections.fold import write_rows
from projections.runner import TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from ml.recommendation.behaviour import Touch
    from workers.serving_model import ServingModel

logger = structlog.get_logger(__name__)

MOST_WAITING = 500
"""Visitors; whoever comes when so many wait is shed, and counted."""
AT_ONCE = 32
RESTS = 2
"""It rests this many times as long as it worked: what it takes of a core stays below a third."""
KEPT = 20
"""Products kept of its lists: what could have been seen."""


class _Visitor(NamedTuple):
    position: int
    history: Sequence[Touch]


class Shadow:
    """Takes the visitors that the champion has ranked, and lists for them on its own."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._waiting: dict[str, _Visitor] = {}
        self._wakes = asyncio.Event()
        self._shed = 0
        self.model: ServingModel | None = None

    def offer(self, visitor: str, position: int, history: Sequence[Touch]) -> None:
        """Take a visitor; one who waits already is listed once, as of the latest event."""
        if self.model is None:
            return
        if visitor not in self._waiting and len(self._waiting) >= MOST_WAITING:
            self._shed += 1
            return
        self._waiting[visitor] = _Visitor(position, history)
        self._wakes.set()

    async def run(self) -> None:
        """List who waits, until cancelled."""
        while True:
            await self._wakes.wait()
            began = time.monotonic()
            try:
                await self._list(self.model)
            except TRANSIENT as error:
                logger.warning("shadow_waits", reason=repr(error))
                await asyncio.sleep(1)
            if not self._waiting:
                self._wakes.clear()
            await asyncio.sleep(RESTS * (time.monotonic() - began))

    async def _list(self, model: ServingModel | None) -> None:
        some = {visitor: self._waiting.pop(visitor) for visitor in list(self._waiting)[:AT_ONCE]}
        if model is None or not some:
            return
        histories = [each.history for each in some.values()]
        lists = await asyncio.to_thread(
            lambda: list(rank(model.model, model.known, model.goes_with.alike, histories))
        )
        rows = [
            (visitor, model.version, each.position, listed.products[:KEPT])
            for (visitor, each), listed in zip(some.items(), lists, strict=True)
        ]
        shed, self._shed = self._shed, 0
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL synchronous_commit = off")
            await write_rows(connection, _WRITE, rows)
            await connection.execute(_COUNT, len(rows), shed)


_WRITE = """
    INSERT INTO app.shadow_lists (visitor, model, position, products)
    SELECT * FROM json_to_recordset($1) AS n (
        visitor text, model text, position bigint, products json)
    ON CONFLICT (visitor) DO UPDATE SET
        model = excluded.model, position = excluded.position, products = excluded.products"""
_COUNT = "UPDATE app.recommender SET shadowed = shadowed + $1, shed = shed + $2"
