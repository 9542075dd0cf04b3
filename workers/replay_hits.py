"""What visitors turned to after lists, and whether these had foreseen it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from ml.recommendation.replay_report import HitRates, Hits
from ml.recommendation.sessions import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.recommendation import Recommendation
    from ml.recommendation.behaviour import Touch

MINUTE, DAY = 60.0, 86_400.0
WINDOWS = {"viewed": 30 * MINUTE, "added": DAY, "ordered": DAY}
"""Seconds after a list, by kind of what followed: as the read model recommendation_outcomes."""
_NAMES = {
    EventKind.VIEWED: "viewed",
    EventKind.CLICKED: "viewed",
    EventKind.ADDED: "added",
    EventKind.PURCHASED: "ordered",
}


class FollowedList(Protocol):
    """A list that was served, what the policy would have shown, and what was known by then."""

    served: Recommendation.Served
    at: datetime
    strongest: dict[str, int]
    chosen: list[str]

    @property
    def products(self) -> list[str]: ...


class Following:
    """For each list the first product of each kind that its visitor had not touched before."""

    def __init__(self) -> None:
        self._open: dict[str, list[tuple[FollowedList, set[str]]]] = defaultdict(list)
        self._places: dict[str, list[tuple[int, int]]] = {name: [] for name in WINDOWS}

    def begin(self, case: FollowedList) -> None:
        """Watch what the visitor does from now on."""
        if case.served.visitor:
            self._open[case.served.visitor].append((case, set(WINDOWS)))

    def take(self, touch: Touch) -> None:
        """See what a visitor does."""
        cases = self._open.get(touch.visitor)
        if not cases or touch.kind is None or (name := _NAMES.get(touch.kind)) is None:
            return
        kept = []
        for case, missing in cases:
            age = touch.at - case.at.timestamp()
            if age >= DAY or not missing:
                continue
            kept.append((case, missing))
            if (
                name in missing
                and 0 <= age < WINDOWS[name]
                and touch.product_id not in case.strongest
            ):
                missing.discard(name)
                lists = case.chosen, case.products
                policy, served = (_place(each, touch.product_id) for each in lists)
                self._places[name].append((policy, served))
        if kept:
            self._open[touch.visitor] = kept
        else:
            del self._open[touch.visitor]

    def hits(self) -> dict[str, Hits]:
        """Return how often each kind of thing was foreseen."""
        return {
            name: Hits(_rates([p for p, _ in places]), _rates([s for _, s in places]))
            for name, places in self._places.items()
        }


def _place(products: Sequence[str], wanted: str) -> int:
    """Return the place in a list, from 1; 0 where it is not there."""
    return products.index(wanted) + 1 if wanted in products else 0


def _rates(places: Sequence[int]) -> HitRates:
    cases = max(len(places), 1)
    found = [sum(0 < place <= k for place in places) / cases for k in (1, 5, 1_000)]
    return HitRates(len(places), *found)
