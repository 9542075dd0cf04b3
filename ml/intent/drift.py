"""Drift: whether recent visits are still those that a model learnt from, and end as it foresaw."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.intent.features import CALENDAR, FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.intent.tree_ensemble import Matrix, Numbers

    Row = NDArray[np.float32] | Matrix

BINS = 10
"""Of as many moments each, beside those for less, for more and for what is not known."""
MOVED = 0.25
"""Population stability index from which on a feature has moved (Siddiqi, Credit Risk Scorecards,
2006: below 0.1 nothing has, above 0.25 much)."""
LEAST_SHARE = 1e-4
BLOCK_VISITS = 50
BLOCKS = 20
FEWEST_BLOCKS = 10
"""Visits are judged together, this many at least and the latest of them."""
SURE = 4.0
"""Standard errors by which visits must end otherwise than foreseen, ..."""
OFF = 0.25
"""... and the share by which there must be more or fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Histograms:
    """How the features of a training were distributed.

    ``edges``: (features, BINS + 1) float32. ``shares``: (features, BINS + 3), the last for NaN.
    """

    edges: NDArray[np.float32]
    shares: Matrix

    @classmethod
    def of(cls, rows: Matrix) -> Histograms:
        """Return those of (moments, features)."""
        edges = np.zeros((rows.shape[1], BINS + 1), np.float32)
        for feature, values in enumerate(rows.T):
            known = values[~np.isnan(values)]
            if len(known):
                edges[feature] = np.quantile(known, np.linspace(0, 1, BINS + 1), method="lower")
                edges[feature, 0] = np.nextafter(edges[feature, 0], np.float32(-np.inf))
        counts = np.zeros((rows.shape[1], BINS + 3), np.int64)
        for row in rows:
            count(counts, edges, row)
        return cls(edges, counts / max(len(rows), 1))

    def moved(self, counts: Numbers) -> Matrix:
        """Return (features,) the population stability index of recent counts."""
        then = np.maximum(self.shares, LEAST_SHARE)
        now = np.maximum(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), LEAST_SHARE)
        return ((now - then) * np.log(now / then)).sum(axis=1)  # type: ignore[no-any-return]


def count(counts: Numbers, edges: NDArray[np.float32], row: Row) -> None:
    """Add a row to the counts; a value that equals an edge belongs below it."""
    bins = (edges < row[:, None]).sum(axis=1)
    counts[np.arange(len(row)), np.where(np.isnan(row), BINS + 2, bins)] += 1


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What differs in the latest ``visits``.

    ``features``: the population stability index of those that moved, the most first. ``expected``,
    ``observed``: at how many moments it was foreseen, and came; equal within chance if
    ``is_miscalibrated`` is false.
    """

    visits: int
    features: dict[str, float]
    expected: float
    observed: float
    is_miscalibrated: bool


@dataclass(slots=True)
class _Block:
    counts: Numbers
    visits: int = 0
    expected: float = 0.0
    observed: float = 0.0
    squares: float = 0.0


class DriftWatch:
    """Compares the latest visits with what one model learnt from and foresaw."""

    def __init__(self, histograms: Histograms) -> None:
        self._histograms = histograms
        self._foreseen: dict[int, tuple[int, float]] = {}
        self._block = self._new_block()
        self._blocks: deque[_Block] = deque(maxlen=BLOCKS)

    def saw(self, visit: int, row: Row, probability: float) -> None:
        """Take a moment of a visit that the model was asked about, one that is learnt from."""
        count(self._block.counts, self._histograms.edges, row)
        moments, foreseen = self._foreseen.get(visit, (0, 0.0))
        self._foreseen[visit] = (moments + 1, foreseen + probability)

    def ended(self, visit: int, *, happened: bool) -> Drift | None:
        """Take what came of a visit; return what drifted, where enough visits say so."""
        moments, foreseen = self._foreseen.pop(visit, (0, 0.0))
        if not moments:
            return None
        block, came = self._block, moments * happened
        block.visits += 1
        block.expected += foreseen
        block.observed += came
        block.squares += (came - foreseen) ** 2
        if block.visits < BLOCK_VISITS:
            return None
        self._blocks.append(block)
        self._block = self._new_block()
        return self._judge() if len(self._blocks) >= FEWEST_BLOCKS else None

    def _judge(self) -> Drift | None:
        blocks = self._blocks
        moved = self._histograms.moved(np.sum([each.counts for each in blocks], axis=0))
        features = {
            name: round(float(index), 3)
            for name, index in sorted(zip(FEATURES, moved, strict=True), key=lambda pair: -pair[1])
            if index > MOVED and name not in CALENDAR
        }
        expected, observed = (sum(getattr(b, name) for b in blocks) for name in _SUMS)
        # Of a sum over visits, whose moments end alike, so that each visit counts as one.
        error = math.sqrt(sum(each.squares for each in blocks))
        apart = abs(observed - expected)
        is_off = apart > SURE * error and apart > OFF * max(expected, 1.0)
        if not features and not is_off:
            return None
        return Drift(
            visits=sum(each.visits for each in blocks),
            features=features,
            expected=round(expected, 1),
            observed=round(observed, 1),
            is_miscalibrated=is_off,
        )

    def _new_block(self) -> _Block:
        return _Block(np.zeros(self._histograms.shares.shape, np.int64))


_SUMS = ("expected", "observed")
