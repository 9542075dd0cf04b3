"""Latencies of the last events, for who watches a worker."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT = 20_000


class Latencies:
    """The last ones, in milliseconds."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=KEPT)

    def add(self, milliseconds: Iterable[float]) -> None:
        """Take some."""
        self._last.extend(milliseconds)

    def told(self) -> dict[str, float]:
        """Return the median and the 99th percentile; nothing where there was none."""
        if not self._last:
            return {}
        ordered = sorted(self._last)
        return {
            f"p{percent}": round(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], 3)
            for percent in (50, 99)
        }
