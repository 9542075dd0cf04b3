"""What of the catalogue decides about lists, remembered, and checked against it at each use."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog

from ml.recommendation.chance import Goods
from projections.goods import Known, Seen, goods_after, goods_of
from projections.runner import TRANSIENT, patiently

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import asyncpg

    from projections.goods import Changes
    from projections.projection import Connection

MOST = 100_000
"""Products remembered: about 40 MB."""
KEPT_SECONDS = 300.0
"""A parked event that is retried changes a product behind the position; this bounds how long."""
PAGE = 200
"""Products read at once ahead of being asked for: a millisecond of the loop."""
PAUSE_SECONDS = 0.01
"""Between two pages, for those who wait."""

logger = structlog.get_logger(__name__)

_NEVER_ASKED = Known("", Goods())


class KnownGoods:
    """Goods as of ``seen``. Who asks for some has told it the changes by then, of one snapshot.

    A list names a hundred products: looking all of them up was most of what an answer cost.
    """

    def __init__(self) -> None:
        self.seen = Seen()
        self._known: dict[str, Known | None] = {}
        self._began_at = time.monotonic()
        self._forgotten = asyncio.Event()

    def __len__(self) -> int:
        return len(self._known)

    async def learn_ahead(self, pool: asyncpg.Pool[Any]) -> None:
        """Read the catalogue whenever it was forgotten, page by page, until cancelled.

        A visitor's list names what few others' do: without this most answers would ask for some.
        """
        attempt = 0
        while True:
            await self._forgotten.wait()
            self._forgotten.clear()
            try:
                await self._learn_all(pool)
            except TRANSIENT as error:
                logger.warning("catalogue_not_learnt", reason=repr(error))
                self._forgotten.set()
                await patiently(attempt)
                attempt += 1
            else:
                attempt = 0

    def heed(self, changes: Changes) -> None:
        """Forget what has changed."""
        if changes.products is None or time.monotonic() - self._began_at > KEPT_SECONDS:
            self._known = {}
            self._began_at = time.monotonic()
            self._forgotten.set()
        else:
            for product_id in changes.products:
                self._known.pop(product_id, None)
        if changes.products is None or changes.until > self.seen:
            self.seen = changes.until

    async def of(self, connection: Connection, products: Collection[str]) -> dict[str, Known]:
        """Return what is known of these products, by id."""
        known, seen = self._known, self.seen
        there: dict[str, Known] = {}
        missing = []
        for each in products:
            goods = known.get(each, _NEVER_ASKED)
            if goods is _NEVER_ASKED:
                missing.append(each)
            elif goods is not None:
                there[each] = goods
        found = await goods_of(connection, missing)
        self._remember(dict.fromkeys(missing) | found, known, seen)
        return there | found

    async def _learn_all(self, pool: asyncpg.Pool[Any]) -> None:
        """Learn all that fits, unless it is forgotten meanwhile: then it is begun anew."""
        last = ""
        while self.seen.position and not self._forgotten.is_set() and len(self._known) < MOST:
            known, seen = self._known, self.seen
            async with pool.acquire() as connection:
                found = await goods_after(connection, last, PAGE)
            if self._remember(found, known, seen):
                if len(found) < PAGE:
                    return
                last = next(reversed(found))
            await asyncio.sleep(PAUSE_SECONDS)

    def _remember(
        self, found: Mapping[str, Known | None], known: dict[str, Known | None], seen: Seen
    ) -> bool:
        """Keep what was found since ``known`` and ``seen`` were all; return whether it was kept.

        Else something has changed meanwhile, perhaps one of these.
        """
        if not seen.position or seen != self.seen or known is not self._known:
            return False
        known |= found
        while len(known) > MOST:
            del known[next(iter(known))]
        return True
