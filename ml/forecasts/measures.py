"""How good forecasts are: of points, of quantiles, of intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.forecasts.intervals import LEVELS
from ml.forecasts.panel import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

COVERED = {50: (0.25, 0.75), 80: (0.1, 0.9), 95: (0.025, 0.975)}
LEAST_SCALE = 1e-9


class Answer(msgspec.Struct):
    """What was said of some rows at an origin.

    ``median``, ``mean``, ``actual``: (rows, horizon). ``quantiles``: (rows, horizon, levels).
    ``history``: (rows, periods) before it, NaN before a row begins.
    """

    median: Floats
    mean: Floats
    quantiles: Floats
    actual: Floats
    history: Floats


class ForecastMeasures(msgspec.Struct, frozen=True):
    """Of some rows over some origins.

    ``wape``: absolute errors of the medians over what came. ``mase``: absolute errors of the
    medians, and ``rmsse``: root of the squared errors of the means, each row's in terms of its
    steps from period to period so far, mean over rows and origins. ``bias``: of the means over
    what came. ``pinball``: mean over the quantiles, twice the loss over what came. ``coverage_N``:
    of what came, the share inside the N % interval.
    """

    wape: float
    mase: float
    rmsse: float
    pinball: float
    bias: float
    coverage_50: float
    coverage_80: float
    coverage_95: float


def measure(answers: Sequence[Answer]) -> ForecastMeasures:
    """Return the measures of forecasts of the same rows from several origins."""
    came = sum(float(each.actual.sum()) for each in answers)
    return ForecastMeasures(
        sum(float(np.abs(each.median - each.actual).sum()) for each in answers) / came,
        float(np.mean([_scaled_absolute(each) for each in answers])),
        float(np.mean([_scaled_square(each) for each in answers])),
        sum(_pinball(each) for each in answers) / came,
        sum(float((each.mean - each.actual).sum()) for each in answers) / came,
        *(float(np.mean([_covered(each, *ends) for each in answers])) for ends in COVERED.values()),
    )


def _steps(history: Floats) -> Floats:
    return np.diff(history, axis=1)


def _scaled_absolute(answer: Answer) -> float:
    scale = np.nanmean(np.abs(_steps(answer.history)), axis=1)
    missed = np.abs(answer.median - answer.actual).mean(axis=1)
    return float((missed / np.maximum(scale, LEAST_SCALE))[scale > 0].mean())


def _scaled_square(answer: Answer) -> float:
    scale = np.nanmean(_steps(answer.history) ** 2, axis=1)
    missed = ((answer.mean - answer.actual) ** 2).mean(axis=1)
    return float(np.sqrt(missed / np.maximum(scale, LEAST_SCALE))[scale > 0].mean())


def _pinball(answer: Answer) -> float:
    error = answer.actual[..., None] - answer.quantiles
    levels = np.array(LEVELS)
    loss = np.maximum(levels * error, (levels - 1.0) * error)
    return float(2.0 * loss.mean(axis=-1).sum())


def _covered(answer: Answer, low: float, high: float) -> float:
    least = answer.quantiles[..., LEVELS.index(low)]
    most = answer.quantiles[..., LEVELS.index(high)]
    return float(((answer.actual >= least) & (answer.actual <= most)).mean())
