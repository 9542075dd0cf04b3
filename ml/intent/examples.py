"""Examples: moments of visits that are over, and what came after each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.intent.features import FEATURES, row_of
from ml.intent.open_visits import OF_VISITS, OpenVisits
from ml.intent.outcomes import (
    ABANDON_AFTER_SECONDS,
    ABANDONMENT,
    INTENT,
    Outcome,
    Outcomes,
    outcome_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.events import Recorded
    from ml.intent.open_visits import OpenVisit
    from ml.intent.tree_ensemble import Matrix, Numbers

HORIZONS = (1, 2, 3, 5, 10, 15, 20, 30, 50)
"""After how many events of a visit it is learnt from, and asked about; and when it first puts
something into the basket."""
KINDS = {kind: number for number, kind in enumerate(OF_VISITS)}


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Every event of the visits before their first order, in turn.

    ``visits``: (events,) as of the moments. ``kinds``: (events,). ``has_basket``: (events,) whether
    something was in the basket then.
    """

    visits: Numbers
    kinds: Numbers
    has_basket: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> Ways:
        """Return some of the events."""
        return Ways(self.visits[chosen], self.kinds[chosen], self.has_basket[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Moments in the order of their visits' beginnings, before any order of the visit.

    ``target``: what is asked. ``rows``: (moments, features) float32. ``visits``: (moments,) the
    position of the visit's first event. ``at``: (moments,) Unix seconds at which the visit began.
    ``events``: (moments,) how many there were. ``is_first_add``: (moments,) whether something came
    into the basket just then. ``has_basket``: (moments,). ``kinds``: (moments,) the latest event's.
    ``ordered``, ``abandoned``: (moments,) 0 or 1, what came of the visit.
    """

    target: str
    rows: Matrix
    visits: Numbers
    at: Matrix
    events: Numbers
    is_first_add: NDArray[np.bool_]
    has_basket: NDArray[np.bool_]
    kinds: Numbers
    ordered: Matrix
    abandoned: Matrix
    ways: Ways

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def happened(self) -> Matrix:
        """(moments,) 0 or 1, whether what is asked came later."""
        return self.ordered if self.target == INTENT else self.abandoned

    def column(self, feature: str) -> Matrix:
        """Return (moments,) one feature."""
        return self.rows[:, FEATURES.index(feature)].astype(np.float64)

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return some of the moments, with the ways of their visits."""
        return Examples(
            self.target,
            self.rows[chosen],
            self.visits[chosen],
            self.at[chosen],
            self.events[chosen],
            self.is_first_add[chosen],
            self.has_basket[chosen],
            self.kinds[chosen],
            self.ordered[chosen],
            self.abandoned[chosen],
            self.ways.where(np.isin(self.ways.visits, self.visits[chosen])),
        )

    def asking(self, target: str) -> Examples:
        """Return the moments at which a target is asked: a basket is, while it holds something."""
        asked = replace(self, target=target)
        return asked.where(self.has_basket) if target == ABANDONMENT else asked

    def steps(self) -> Numbers:
        """Return (kinds + 1, kinds + 2) how often one kind of event followed another.

        The last row is the beginning; the last two columns are what is asked, and the end without
        it.
        """
        ways = self.ways.where(self.ways.has_basket) if self.target == ABANDONMENT else self.ways
        counts = np.zeros((len(KINDS) + 1, len(KINDS) + 2), np.int64)
        if not len(ways.visits):
            return counts
        goes_on = ways.visits[1:] == ways.visits[:-1]
        begins, ends = np.append(True, ~goes_on), np.append(~goes_on, True)
        np.add.at(counts, (ways.kinds[:-1][goes_on], ways.kinds[1:][goes_on]), 1)
        np.add.at(counts, (len(KINDS), ways.kinds[begins]), 1)
        visits, first = np.unique(self.visits, return_index=True)
        happened = self.happened[first][np.searchsorted(visits, ways.visits[ends])]
        np.add.at(counts, (ways.kinds[ends], len(KINDS) + (happened == 0)), 1)
        return counts


class _Moment(msgspec.Struct):
    row: NDArray[np.float32]
    events: int
    is_first_add: bool
    has_basket: bool
    kind: int


class _Kept(msgspec.Struct):
    started_at: float
    moments: list[_Moment]
    way: list[tuple[int, bool]]
    """Kind and whether there was something in the basket, up to its first order."""
    has_added: bool = False
    outcome: Outcome | None = None


class Gathering:
    """Gathers examples from a log, event by event; of the latest visits, if there are many."""

    def __init__(
        self,
        *,
        abandon_after_seconds: float = ABANDON_AFTER_SECONDS,
        most_visits: int = 1_000_000,
    ) -> None:
        self._fold = OpenVisits()
        self._outcomes = Outcomes(abandon_after_seconds)
        self._most = most_visits
        self._kept: dict[int, _Kept] = {}
        self._open: dict[int, OpenVisit] = {}

    def add(self, recorded: Recorded) -> None:
        """Take an event."""
        visit = self._fold.add(recorded)
        for outcome in self._outcomes.settle(self._fold):
            self._open.pop(outcome.visit.number, None)
            if (kept := self._kept.get(outcome.visit.number)) is not None:
                kept.outcome = outcome
        if visit is None:
            return
        self._open[visit.number] = visit
        _keep(self._kept.setdefault(visit.number, _Kept(visit.started_at, [], [])), visit, recorded)
        if len(self._kept) > self._most:
            self._kept.pop(next(iter(self._kept)))

    def examples(self, *, are_over: bool = False) -> Examples:
        """Return the moments. Visits under way at the end count as they stand, or not at all
        (``are_over``).
        """
        for number, visit in self._open.items():
            if not are_over and number in self._kept:
                self._kept[number].outcome = outcome_of(visit)
        kept = {n: each for n, each in self._kept.items() if each.outcome is not None}
        pairs = [(number, each, moment) for number, each in kept.items() for moment in each.moments]
        ways = [(number, *step) for number, each in kept.items() for step in each.way]
        return Examples(
            INTENT,
            np.stack([m.row for _, _, m in pairs])
            if pairs
            else np.zeros((0, len(FEATURES)), np.float32),
            np.array([number for number, _, _ in pairs], np.int64),
            np.array([each.started_at for _, each, _ in pairs], np.float64),
            np.array([m.events for _, _, m in pairs], np.int64),
            np.array([m.is_first_add for _, _, m in pairs], bool),
            np.array([m.has_basket for _, _, m in pairs], bool),
            np.array([m.kind for _, _, m in pairs], np.int64),
            np.array([_has(each, INTENT) for _, each, _ in pairs], np.float64),
            np.array([_has(each, ABANDONMENT) for _, each, _ in pairs], np.float64),
            Ways(
                np.array([number for number, _, _ in ways], np.int64),
                np.array([kind for _, kind, _ in ways], np.int64),
                np.array([has for _, _, has in ways], bool),
            ),
        )


def examples(log: Iterable[Recorded]) -> Examples:
    """Fold a log and return its moments; visits under way at its end count as they stand."""
    gathering = Gathering()
    for recorded in log:
        gathering.add(recorded)
    return gathering.examples()


def is_asked(events: int, *, is_first_add: bool) -> bool:
    """Whether a moment is one that is learnt from."""
    return events in HORIZONS or is_first_add


def _has(kept: _Kept, target: str) -> bool:
    outcome = kept.outcome
    return outcome is not None and (outcome.ordered if target == INTENT else outcome.abandoned)


def _keep(kept: _Kept, visit: OpenVisit, recorded: Recorded) -> None:
    if visit.orders:
        return  # what comes after the first order is not foreseen any more
    kind, has_basket = KINDS[type(recorded.event)], bool(visit.basket)
    kept.way.append((kind, has_basket))
    is_first_add = has_basket and not kept.has_added
    kept.has_added = kept.has_added or is_first_add
    events = visit.counts.total()
    if is_asked(events, is_first_add=is_first_add):
        kept.moments.append(_Moment(row_of(visit), events, is_first_add, has_basket, kind))
