"""Outcomes: what came of the visits that are over, and what of it models foresee."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ml.intent.open_visits import PAUSE_SECONDS

if TYPE_CHECKING:
    from ml.intent.open_visits import OpenVisit, OpenVisits

INTENT = "intent"
"""Whether a visit orders, asked until its first order."""
ABANDONMENT = "abandonment"
"""Whether the basket of a visit is left behind, asked while it holds something."""
TARGETS = (INTENT, ABANDONMENT)
ABANDON_AFTER_SECONDS = 30 * 60


class Outcome(NamedTuple):
    """What came of a visit. ``abandoned``: its basket holds something, lay idle for longer than
    the shop waits, and nothing of it was ordered.
    """

    visit: OpenVisit
    ordered: bool
    abandoned: bool


class Outcomes:
    """Waits for what is over until its outcome is certain.

    A basket is idle at least since its visit's last event, so with up to 30 minutes to wait the end
    of the visit settles it. With more, a basket that was ordered or emptied meanwhile is not
    abandoned.
    """

    def __init__(self, abandon_after_seconds: float = ABANDON_AFTER_SECONDS) -> None:
        self._wait_seconds = abandon_after_seconds
        self.waiting: deque[OpenVisit] = deque()

    def settle(self, fold: OpenVisits) -> list[Outcome]:
        """Return the outcomes that the fold's latest event made certain."""
        if not self.waiting and not fold.over:
            return []
        self.waiting += fold.over
        settled = []
        while self.waiting:
            visit = self.waiting[0]
            waits_on = self._wait_seconds > PAUSE_SECONDS and bool(visit.basket)
            if waits_on and fold.now - visit.touched_at < self._wait_seconds:
                break
            self.waiting.popleft()
            settled.append(outcome_of(visit))
        return settled


def outcome_of(visit: OpenVisit) -> Outcome:
    """Return what came of a visit if nothing more comes."""
    ordered = visit.orders > 0
    return Outcome(visit, ordered, bool(visit.basket) and not ordered)
