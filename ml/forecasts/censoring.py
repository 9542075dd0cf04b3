"""Demand hidden by empty shelves: sales of a product that was not there say less than wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.forecasts.panel import Floats

USUAL_PERIODS = 8
"""Latest periods of full shelves that say what is usual."""
FULL = 0.99
LEAST_SHARE = 0.25
"""Below it too little was seen to take the pace of the rest of the period for that of all of it."""


def demand_behind(sold: Floats, open_share: Floats) -> Floats:
    """Return (series, periods) demand: sold, and for the time without stock what is usual.

    Looks at the past alone, so that cutting the future off changes nothing before. NaN before the
    first period in which the product was there or sold. Where nothing usual is known, the pace of
    the open part stands for the whole.
    """
    sold = np.maximum(sold, 0.0)
    share = np.clip(open_share, 0.0, 1.0)
    demand = np.full(sold.shape, np.nan)
    usual = _UsualPace(len(sold))
    is_there = np.zeros(len(sold), bool)
    for period in range(sold.shape[1]):
        now, part = sold[:, period], share[:, period]
        is_there |= (part > 0) | (now > 0)
        pace = usual.pace()
        hidden = np.where(
            np.isnan(pace),
            np.where(part >= LEAST_SHARE, now / np.maximum(part, LEAST_SHARE) - now, 0.0),
            (1.0 - part) * np.nan_to_num(pace),
        )
        demand[:, period] = np.where(is_there, now + hidden, np.nan)
        usual.see(now, is_there & (part >= FULL))
    return demand


class _UsualPace:
    """Of each series the mean of its latest full periods."""

    def __init__(self, series: int) -> None:
        self._latest = np.full((series, USUAL_PERIODS), np.nan)
        self._seen = np.zeros(series, np.int64)

    def see(self, sold: Floats, is_full: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(is_full)
        self._latest[rows, self._seen[rows] % USUAL_PERIODS] = sold[rows]
        self._seen[rows] += 1

    def pace(self) -> Floats:
        known = ~np.isnan(self._latest)
        counts = known.sum(axis=1)
        sums = np.where(known, self._latest, 0.0).sum(axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
