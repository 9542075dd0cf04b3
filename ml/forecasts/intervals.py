"""Intervals of products: how far what came lay from what was said, at origins of the past.

Split conformal prediction (Vovk et al.; Lei et al., JASA 2018) with errors measured in a spread of
their own on either side, as conformalised quantile regression does (Romano et al., NeurIPS 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.forecasts.panel import Floats
    from ml.forecasts.series_classes import SeriesClass

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
MEDIAN = LEVELS.index(0.5)
LEAST_ERRORS = 60
"""Known together, before they make intervals."""


class Spread(NamedTuple):
    """How far to either side of the middle something may come: (rows, horizon) each."""

    middle: Floats
    down: Floats
    up: Floats


def spread_of(middle: Floats, low: Floats, high: Floats, history: Floats) -> Spread:
    """Return what errors are measured in.

    That is the distance to what the boosting holds for low and high; how much the row differed so
    far where it holds nothing.
    """
    own = np.nan_to_num(_deviation(history))[:, None]
    # Where next to nothing is foreseen, what comes would else be a thousand spreads away, and
    # a thousand spreads of another product are a warehouse.
    floor = np.maximum(0.5 * np.sqrt(middle + 0.25), 0.5 * own)
    down = np.where(np.isnan(low), own, middle - low)
    up = np.where(np.isnan(high), own, high - middle)
    return Spread(middle, np.maximum(down, floor), np.maximum(up, floor))


def errors_of(spread: Spread, actual: Floats) -> Floats:
    """Return (rows, horizon) errors in spreads of their side; NaN where nothing is known."""
    error = actual - spread.middle
    return np.where(error >= 0, error / spread.up, error / spread.down)


def calibrate(
    errors: Sequence[Floats], classes: Sequence[SeriesClass]
) -> Mapping[SeriesClass, Floats | None]:
    """Return the quantiles of (rows, periods) errors for each class; None where too few are known.

    A class with few errors of its own takes those of all.
    """
    if not errors:
        return dict.fromkeys(classes)
    known = np.concatenate(errors, axis=1)
    pooled = _quantiles(known)
    found: dict[SeriesClass, Floats | None] = {}
    for each in set(classes):
        own = _quantiles(known[np.array([one is each for one in classes])])
        found[each] = pooled if own is None else own
    return found


def quantiles_of(
    spread: Spread,
    classes: Sequence[SeriesClass],
    calibrated: Mapping[SeriesClass, Floats | None],
) -> Floats:
    """Return (rows, horizon, levels); NaN where too few errors are known."""
    found = np.full((*spread.middle.shape, len(LEVELS)), np.nan)
    for each, steps in calibrated.items():
        if steps is None:
            continue
        rows = np.flatnonzero([one is each for one in classes])
        side = np.where(steps >= 0, spread.up[rows][..., None], spread.down[rows][..., None])
        found[rows] = spread.middle[rows][..., None] + steps * side
    return found


def counts_with(mean: Floats, variance: Floats) -> Floats:
    """Return the quantiles of a negative binomial, or of Poisson's where that is no wider."""
    mean = np.maximum(mean, 1e-9)[..., None]
    wide = np.maximum(variance[..., None], mean * 1.001)
    share = mean / wide
    found: Floats = stats.nbinom.ppf(LEVELS, mean * share / (1.0 - share), share)
    return found


def _quantiles(errors: Floats) -> Floats | None:
    """Return the levels of the errors, each a little further out for how few there are."""
    known = np.sort(errors[~np.isnan(errors)])
    count = len(known)
    if count < LEAST_ERRORS:
        return None
    levels = np.array(LEVELS)
    outward = np.where(levels < 0.5, levels - (1 - levels) / count, levels + levels / count)  # noqa: PLR2004
    found: Floats = np.quantile(known, np.clip(outward, 0.0, 1.0), method="inverted_cdf")
    return found


def _deviation(history: Floats) -> Floats:
    found: Floats = np.nan_to_num(history[:, -26:]).std(axis=1)
    return found
