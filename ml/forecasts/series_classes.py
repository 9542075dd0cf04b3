"""Classes of series: how often something is ordered, and how much the amounts differ.

The cuts are those of Syntetos, Boylan and Croston (J. Operational Research Society, 2005).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats

INTERVAL_CUT = 1.32
VARIATION_CUT = 0.49
LATEST = 52
"""Periods that say what a series is like."""


class SeriesClass(Enum):
    """What a series is like."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    SILENT = "silent"
    """Nothing was ever ordered."""
    AGGREGATE = "aggregate"
    """A category or the total: many series in one."""


def classify(demand: Floats) -> list[SeriesClass]:
    """Return the class of each of (series, periods), NaN before a series begins."""
    latest = demand[:, -LATEST:]
    known = ~np.isnan(latest)
    orders = np.where(known, latest, 0.0)
    counts = (orders > 0).sum(axis=1)
    first = np.argmax(orders > 0, axis=1)
    interval = (orders.shape[1] - first) / np.maximum(counts, 1)
    mean = orders.sum(axis=1) / np.maximum(counts, 1)
    spread = np.where(orders > 0, orders - mean[:, None], 0.0)
    variation = (spread**2).sum(axis=1) / np.maximum(counts, 1) / np.maximum(mean, 1e-12) ** 2
    return [
        _class(bool(count), often < INTERVAL_CUT, even < VARIATION_CUT)
        for count, often, even in zip(counts, interval, variation, strict=True)
    ]


def _class(sells: bool, is_often: bool, is_even: bool) -> SeriesClass:  # noqa: FBT001 - a table
    if not sells:
        return SeriesClass.SILENT
    if is_often:
        return SeriesClass.SMOOTH if is_even else SeriesClass.ERRATIC
    return SeriesClass.INTERMITTENT if is_even else SeriesClass.LUMPY
