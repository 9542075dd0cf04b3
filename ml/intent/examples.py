"""Examples: moments of visits that are over, and what came after each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.intent.features import row_of
from ml.intent.open_visits import OF_VISITS, OpenVisits

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
class Examples:
    """Moments in the order of their visits' beginnings, before any order of the visit.

    ``rows``: (moments, features) float32. ``visits``: (moments,) the position of the visit's first
    event. ``at``: (moments,) Unix seconds at which the visit began. ``events``: (moments,) how many
    there were. ``is_first_add``: (moments,) whether something came into the basket just then.
    ``has_basket``: (moments,). ``kinds``: (moments,) the latest event's. ``ordered``: (moments,) 0
    or 1, whether the visit ordered later. ``steps``: (kinds + 1, kinds + 2) how often one kind of
    event followed another in all visits; the last row is the beginning, the last two columns are an
    order and the end without one.
    """

    rows: Matrix
    visits: Numbers
    at: Matrix
    events: Numbers
    is_first_add: NDArray[np.bool_]
    has_basket: NDArray[np.bool_]
    kinds: Numbers
    ordered: Matrix
    steps: Numbers

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return some of the moments."""
        return Examples(
            self.rows[chosen],
            self.visits[chosen],
            self.at[chosen],
            self.events[chosen],
            self.is_first_add[chosen],
            self.has_basket[chosen],
            self.kinds[chosen],
            self.ordered[chosen],
            self.steps,
        )


class _Moment(msgspec.Struct):
    row: NDArray[np.float32]
    events: int
    is_first_add: bool
    has_basket: bool
    kind: int


class _Kept(msgspec.Struct):
    started_at: float
    moments: list[_Moment]
    kinds: list[int]
    """Of its events up to its first order."""
    has_added: bool = False
    ordered: bool = False


def examples(log: Iterable[Recorded]) -> Examples:
    """Fold a log and return its moments; visits under way at its end count as they stand."""
    fold, kept = OpenVisits(), dict[int, _Kept]()
    for recorded in log:
        visit = fold.add(recorded)
        if visit is not None:
            _keep(kept.setdefault(visit.number, _Kept(visit.started_at, [], [])), visit, recorded)
    pairs = [(number, each, moment) for number, each in kept.items() for moment in each.moments]
    steps = np.zeros((len(KINDS) + 1, len(KINDS) + 2), np.int64)
    for each in kept.values():
        ways = [len(KINDS), *each.kinds]
        np.add.at(steps, (ways[:-1], ways[1:]), 1)
        steps[ways[-1], len(KINDS) + (0 if each.ordered else 1)] += 1
    return Examples(
        np.stack([m.row for _, _, m in pairs]) if pairs else np.zeros((0, 0), np.float32),
        np.array([number for number, _, _ in pairs], np.int64),
        np.array([each.started_at for _, each, _ in pairs], np.float64),
        np.array([m.events for _, _, m in pairs], np.int64),
        np.array([m.is_first_add for _, _, m in pairs], bool),
        np.array([m.has_basket for _, _, m in pairs], bool),
        np.array([m.kind for _, _, m in pairs], np.int64),
        np.array([each.ordered for _, each, _ in pairs], np.float64),
        steps,
    )


def _keep(kept: _Kept, visit: OpenVisit, recorded: Recorded) -> None:
    if visit.orders:
        kept.ordered = True  # what comes after the first order is not foreseen any more
        return
    kind = KINDS[type(recorded.event)]
    kept.kinds.append(kind)
    is_first_add = bool(visit.basket) and not kept.has_added
    kept.has_added = kept.has_added or is_first_add
    events = visit.counts.total()
    if events in HORIZONS or is_first_add:
        row = row_of(visit)
        kept.moments.append(_Moment(row, events, is_first_add, bool(visit.basket), kind))
