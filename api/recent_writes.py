"""What each caller wrote here a moment ago, so that they see it without asking."""

from __future__ import annotations

import time
from collections import OrderedDict

REMEMBER_SECONDS = 5.0
_REMEMBERED = 50_000


class RecentWrites:
    """Positions by actor. Other processes do not know of them: ``Footfall-After`` is for that."""

    def __init__(self) -> None:
        self._positions: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, actor: str, position: int) -> None:
        """Remember a write."""
        self._positions[actor] = (time.monotonic() + REMEMBER_SECONDS, position)
        self._positions.move_to_end(actor)
        if len(self._positions) > _REMEMBERED:
            self._positions.popitem(last=False)

    def of(self, actor: str) -> int:
        """Return the position of the actor's last write; 0 where there is none of late."""
        kept = self._positions.get(actor)
        if kept is None:
            return 0
        until, position = kept
        if until < time.monotonic():
            del self._positions[actor]
            return 0
        return position
