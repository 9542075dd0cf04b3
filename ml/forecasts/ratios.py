"""Intervals of categories and the total: how many times what was foreseen came, in the past.

Split conformal prediction with absolute errors, each row's in a spread of its own (Lei et al., JASA
2018), of logarithms: demand errs by shares of itself, upwards further than down. The middle stays
what the models say: moved by the median error of the past it was further off in the next weeks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.forecasts.intervals import LEAST_ERRORS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.forecasts.panel import Floats

MOST_TIMES = 10.0
"""An error by more than these many times, either way, counts as one by these many; and no interval
reaches further."""
WIDEST = 1.0
"""Spread of logarithms beyond which a row is not told by ratios: it errs by e times as a rule."""
LEAST_RATIOS = 12
"""Of a row, beside those of any one period, before they make a spread."""


class Past(NamedTuple):
    """What was foreseen at one origin, and what came of it, NaN where unknown: (rows, periods)."""

    foreseen: Floats
    came: Floats


def quantiles_by_ratio(middle: Floats, past: Mapping[int, Past]) -> Floats:
    """Return (rows, horizon, levels) around (rows, horizon), by what came of the past.

    ``past``: by the first period that was foreseen. NaN for rows of which too little is known or
    that err too wildly, and for all where the others have too few errors together.
    """
    spreads = _Spreads(past, len(middle))
    errors = np.concatenate([spreads.errors(at) for at in past] or [np.empty(0)])
    if len(errors) < LEAST_ERRORS:
        return np.full((*middle.shape, len(LEVELS)), np.nan)
    reach = _steps(errors) * np.maximum(spreads.of_rows[:, None], _least(middle))[..., None]
    most = np.log(MOST_TIMES)
    found: Floats = np.expm1(np.log1p(middle)[..., None] + np.clip(reach, -most, most))
    return np.maximum(found, 0.0)


def _steps(errors: Floats) -> Floats:
    """Return how many spreads each level lies from the middle.

    As far to either side, by the size of all errors, but no further than one ever went there: a
    closed day says that nothing may come, and not that ten times as much may.
    """
    side = np.array(LEVELS) - 0.5
    held = np.minimum(2.0 * np.abs(side) * (1.0 + 1.0 / len(errors)), 1.0)
    sizes = np.quantile(np.abs(errors), held, method="inverted_cdf")
    furthest = np.maximum(np.where(side < 0, -errors.min(), errors.max()), 0.0)
    found: Floats = np.sign(side) * np.minimum(sizes, furthest)
    return found


def _least(foreseen: Floats) -> Floats:
    """Return half of what chance alone makes of a count, in logarithms: no spread is less."""
    found: Floats = 0.5 / np.sqrt(foreseen + 1.0)
    return found


class _Spreads:
    """Root mean squares of the logarithms of what came over what was foreseen."""

    def __init__(self, past: Mapping[int, Past], rows: int) -> None:
        most = np.log(MOST_TIMES)
        self._ratios = {
            at: np.clip(np.log1p(each.came) - np.log1p(each.foreseen), -most, most)
            for at, each in past.items()
        }
        self._least = {at: _least(each.foreseen) for at, each in past.items()}
        periods = max((at + each.shape[1] for at, each in self._ratios.items()), default=1)
        self._squares = np.zeros((rows, periods))
        self._counts = np.zeros((rows, periods))
        for at, each in self._ratios.items():
            until = at + each.shape[1]
            self._squares[:, at:until] += np.nan_to_num(each) ** 2
            self._counts[:, at:until] += ~np.isnan(each)
        of_rows = self._but_for(np.zeros((rows, 1)), np.zeros((rows, 1)))[:, 0]
        beside = self._counts.sum(axis=1) - self._counts.max(axis=1)
        self._is_told: NDArray[np.bool_] = (beside >= LEAST_RATIOS) & (of_rows <= WIDEST)
        self.of_rows: Floats = np.where(self._is_told, of_rows, np.nan)
        """(rows,), NaN where too little is known or it is too wide."""

    def errors(self, at: int) -> Floats:
        """Return the known ratios that begin there, in spreads of their row in other periods.

        One counted in its own spread would make itself look small: of what comes that is not so.
        """
        ratios = self._ratios[at]
        these = slice(at, at + ratios.shape[1])
        spread = self._but_for(self._squares[:, these], self._counts[:, these])
        is_known = ~np.isnan(ratios) & self._is_told[:, None]
        found: Floats = (ratios / np.maximum(spread, self._least[at]))[is_known]
        return found

    def _but_for(self, squares: Floats, counts: Floats) -> Floats:
        """Return (rows, periods) spreads without these sums of squares and their counts."""
        left = self._counts.sum(axis=1, keepdims=True) - counts
        squared = np.maximum(self._squares.sum(axis=1, keepdims=True) - squares, 0.0)
        found: Floats = np.sqrt(squared / np.maximum(left, 1.0))
        return found
