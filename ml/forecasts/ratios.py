"""Intervals of categories and the total: how many times what was foreseen came, in the past.

Split conformal prediction with absolute errors, each row's in a scale of its own (Lei et al., JASA
2018), of logarithms: demand errs by shares of itself, upwards further than down. The middle stays
what the models say: moved by the median error of the past it was further off in the next weeks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.forecasts.intervals import LEAST_ERRORS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml.forecasts.panel import Floats

MOST_TIMES = 10.0
"""An error by more than these many times, either way, counts as one by these many."""
LEAST_OUTCOMES = 12
"""Of a row, before its errors have a scale of their own."""


def ratios_of(foreseen: Floats, came: Floats) -> Floats:
    """Return the logarithms of how many times what was foreseen came; NaN where not known."""
    most = np.log(MOST_TIMES)
    found: Floats = np.clip(np.log1p(came) - np.log1p(foreseen), -most, most)
    return found


def quantiles_by_ratio(middle: Floats, ratios: Mapping[int, Floats], by_chance: Floats) -> Floats:
    """Return (rows, horizon, levels) around (rows, horizon), by past ratios.

    ``ratios``: by the period they begin with, (rows, periods). Where too few of them are known,
    ``by_chance`` of the same shape as what is returned stands in.
    """
    spreads = _Spreads(ratios, len(middle))
    errors = np.concatenate([spreads.errors(at) for at in ratios] or [np.empty(0)])
    if len(errors) < LEAST_ERRORS:
        return by_chance
    held = np.abs(2.0 * np.array(LEVELS) - 1.0)
    held = np.minimum(held * (1.0 + 1.0 / len(errors)), 1.0)
    steps = np.sign(np.array(LEVELS) - 0.5) * np.quantile(errors, held, method="inverted_cdf")
    # Half of what chance alone makes of a count is the least that anything varies by.
    spread = np.maximum(spreads.of_all[:, None], 0.5 / np.sqrt(middle + 1.0))
    found: Floats = np.expm1(np.log1p(middle)[..., None] + steps * spread[..., None])
    return np.maximum(found, 0.0)


class _Spreads:
    """Root mean squares of the ratios of each row; all rows' where a row has few of its own."""

    def __init__(self, ratios: Mapping[int, Floats], rows: int) -> None:
        self._ratios = ratios
        periods = max((at + each.shape[1] for at, each in ratios.items()), default=0)
        self._squares = np.zeros((rows, periods))
        self._counts = np.zeros((rows, periods))
        for at, each in ratios.items():
            until = at + each.shape[1]
            self._squares[:, at:until] += np.nan_to_num(each) ** 2
            self._counts[:, at:until] += ~np.isnan(each)
        self.of_all = self._but_for(np.zeros((rows, 1)), np.zeros((rows, 1)))[:, 0]
        """(rows,)"""

    def errors(self, at: int) -> Floats:
        """Return the known ratios that begin there, in spreads of their row in other periods.

        One counted in its own spread would make itself look small: of what comes that is not so.
        """
        ratios = self._ratios[at]
        these = slice(at, at + ratios.shape[1])
        spread = self._but_for(self._squares[:, these], self._counts[:, these])
        found: Floats = (np.abs(ratios) / np.maximum(spread, 1e-9))[~np.isnan(ratios)]
        return found

    def _but_for(self, squares: Floats, counts: Floats) -> Floats:
        """Return (rows, periods) spreads without these sums of squares and their counts."""
        of_all = np.sqrt(self._squares.sum() / max(self._counts.sum(), 1.0))
        left = self._counts.sum(axis=1, keepdims=True) - counts
        squared = np.maximum(self._squares.sum(axis=1, keepdims=True) - squares, 0.0)
        own = np.sqrt(squared / np.maximum(left, 1.0))
        found: Floats = np.where(left >= LEAST_OUTCOMES, own, of_all)
        return found
