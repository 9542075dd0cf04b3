"""What is popular now, asked for once in a while and not once a request."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from projections.recommendations import newest, popular

if TYPE_CHECKING:
    from datetime import date

    from projections.projection import Connection
    from projections.recommendations import Entry

KEPT_SECONDS = 5.0
MOST = 300


class PopularProducts:
    """The best of the last days, or the newest where nothing was ever looked at."""

    def __init__(self) -> None:
        self._found: tuple[str, list[Entry]] = ("", [])
        self._asked_at = -KEPT_SECONDS
        self._asking = asyncio.Lock()

    async def of(self, connection: Connection, today: date) -> tuple[str, list[Entry]]:
        """Return (the baseline, its list) as of a few seconds ago; one request asks for all."""
        if self._found[1] and self._asking.locked():
            return self._found
        async with self._asking:
            if not self._found[1] or time.monotonic() - self._asked_at > KEPT_SECONDS:
                if found := await popular(connection, today=today, limit=MOST):
                    self._found = "popularity", found
                else:
                    self._found = "newest", await newest(connection, limit=MOST)
                self._asked_at = time.monotonic()
        return self._found
