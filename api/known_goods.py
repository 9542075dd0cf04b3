"""What of the catalogue decides about lists, remembered, and checked against it at each use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ml.recommendation.chance import Goods
from projections.goods import Known, Seen, goods_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from projections.goods import Changes
    from projections.projection import Connection

MOST = 100_000
"""Products remembered: about 40 MB."""
KEPT_SECONDS = 300.0
"""A parked event that is retried changes a product behind the position; this bounds how long."""


_NEVER_ASKED = Known("", Goods())


class KnownGoods:
    """Goods as of ``seen``. Who asks for some has told it the changes by then, of one snapshot.

    A list names a hundred products: looking all of them up was most of what an answer cost.
    """

    def __init__(self) -> None:
        self.seen = Seen()
        self._known: dict[str, Known | None] = {}
        self._began_at = time.monotonic()

    def heed(self, changes: Changes) -> None:
        """Forget what has changed."""
        if changes.products is None or time.monotonic() - self._began_at > KEPT_SECONDS:
            self._known = {}
            self._began_at = time.monotonic()
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
        if seen.position and seen == self.seen and known is self._known:
            # Else something changed meanwhile, perhaps one of these.
            known |= dict.fromkeys(missing) | found
            while len(known) > MOST:
                del known[next(iter(known))]
        return there | found
