"""Forecasts of a panel: the one function that serves, and that benchmarks ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from ml.forecasts.backtest import Backtest
from ml.forecasts.choice import Choice, choose, combine
from ml.forecasts.hierarchy import add_up
from ml.forecasts.intervals import (
    MEDIAN,
    Spread,
    calibrate,
    counts_with,
    errors_of,
    quantiles_of,
    spread_of,
)
from ml.forecasts.panel import WEEK_DAYS, NotEnoughData, Panel
from ml.forecasts.ratios import Past, quantiles_by_ratio
from ml.forecasts.series_classes import SeriesClass, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ml.forecasts.panel import Floats, Tree

PAST_ORIGINS = 12
LEAST_HISTORY = 4
"""Periods before the first origin of the past that is asked."""
MOST_OF_AGGREGATES = {WEEK_DAYS: 52, 1: 0}
"""Moments of the past whose errors make the intervals of categories and the total, by days of a
period: what missed one week was missed at each moment that looked ahead to it, so that a dozen of
them know of three or four surprises. Of days the moments that are asked anyway know enough."""
LEAST_OF_AGGREGATES = 12
"""Periods before the first of these."""
LATEST = 52
"""Periods that say how much a series differs."""
LEAST_PAIRS = 12
"""Of errors one after the other, before they are said to go together."""
LEAST_ORIGINS = 4
"""Moments of the past before their errors make intervals."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What may be ordered in the periods to come; rows as in Tree.

    ``mean``: (rows, horizon), which adds up. ``quantiles``: (rows, horizon, levels), each row's
    own: quantiles of sums are no sums. ``errors``: of the medians at past origins, by level and
    measure; empty where there were none. ``togetherness``: rank
    correlation of the errors of a product in one period and the next.
    """

    origin: int
    mean: Floats
    quantiles: Floats
    classes: Sequence[SeriesClass]
    choice: Choice
    errors: dict[str, dict[str, float]]
    togetherness: float

    @property
    def median(self) -> Floats:
        """(rows, horizon)."""
        found: Floats = self.quantiles[:, :, MEDIAN]
        return found


def forecast(
    panel: Panel,
    *,
    horizon: int,
    past_origins: int = PAST_ORIGINS,
    step: int = 1,
    tell: Callable[[int], None] = lambda _origin: None,
) -> Forecast:
    """Return what comes after the panel. Raises NotEnoughData.

    Models are asked from ``past_origins`` moments of the past, ``step`` periods apart; ``tell`` is
    given each of them.
    """
    check(panel)
    backtest = Backtest(panel, horizon=horizon, renew=2 * step if step > 1 else 4, tell=tell)
    return forecast_at(backtest, panel.periods, past_origins=past_origins, step=step)


def check(panel: Panel) -> None:
    """Raise NotEnoughData where nothing can be said."""
    if panel.periods < 1 or not len(panel.products):
        raise NotEnoughData("nothing was sold yet")
    if not (panel.sold > 0).any():
        raise NotEnoughData("all that was sold came back, or nothing was sold yet")


def forecast_at(
    backtest: Backtest, origin: int, *, past_origins: int = PAST_ORIGINS, step: int = 1
) -> Forecast:
    """Return what was to be expected when the period ``origin`` began, by what was known then."""
    tree = backtest.panel.tree
    history = backtest.actual[:, :origin]
    classes = [
        *classify(history[tree.products]),
        *[SeriesClass.AGGREGATE] * (tree.rows - len(tree.category_of)),
    ]
    least = max(LEAST_HISTORY, 2 * backtest.season)
    step = max(1, min(step, (origin - least) // past_origins))  # closer where history is short
    back = range(origin - step, origin - step * past_origins - 1, -step)
    asked = [at for at in reversed(back) if at >= least]
    choice = choose(backtest, asked, origin, classes)
    past = [_say(backtest, at, classes, choice, origin) for at in asked]
    now = _say(backtest, origin, classes, choice, origin)
    mean = add_up(now.mean, tree)

    # What went wrong at one moment went wrong for all together, and says little of the next.
    is_enough = len(past) >= LEAST_ORIGINS
    missed = [_errors(backtest, said) for said in past]
    quantiles = np.concatenate(
        [
            quantiles_of(
                _spread(backtest, now),
                classes[tree.products],
                calibrate(missed if is_enough else [], classes[tree.products]),
            ),
            quantiles_by_ratio(
                now.middle[tree.aggregates],
                _past_of_aggregates(backtest, past, choice, origin) if is_enough else {},
            ),
        ]
    )
    unknown = np.isnan(quantiles).any(axis=(1, 2))
    variance = np.nan_to_num(history[unknown, -LATEST:]).var(axis=1)[:, None]
    quantiles[unknown] = counts_with(mean[unknown], variance)
    quantiles = np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=-1)
    measured = _measured(past, tree)
    return Forecast(origin, mean, quantiles, classes, choice, measured, _togetherness(missed))


class _Said(NamedTuple):
    """What was said at an origin, and what came as far as that is known: (rows, periods).

    ``low``, ``high``: what the boosting holds for that.
    """

    origin: int
    middle: Floats
    mean: Floats
    low: Floats
    high: Floats
    came: Floats


def _say(
    backtest: Backtest,
    at: int,
    classes: Sequence[SeriesClass],
    choice: Choice,
    until: int,
) -> _Said:
    points, low, high = backtest.at(at)
    return _Said(
        at,
        combine(points, classes, choice.for_median),
        combine(points, classes, choice.for_mean),
        low,
        high,
        backtest.actual[:, at : min(at + backtest.horizon, until)],
    )


def _spread(backtest: Backtest, said: _Said) -> Spread:
    """Return the spread of what was said of products, as far ahead as it is known what came."""
    rows = backtest.panel.tree.products
    ahead = said.came.shape[1] or backtest.horizon
    return spread_of(
        said.middle[rows, :ahead],
        said.low[rows, :ahead],
        said.high[rows, :ahead],
        backtest.actual[rows, : said.origin],
    )


def _errors(backtest: Backtest, said: _Said) -> Floats:
    """Return (products, periods) errors in spreads, NaN where not known."""
    rows = backtest.panel.tree.products
    errors = errors_of(_spread(backtest, said), said.came[rows])
    return _of_those_begun(backtest, said.origin, rows, errors)


def _past_of_aggregates(
    backtest: Backtest, past: Sequence[_Said], choice: Choice, until: int
) -> Mapping[int, Past]:
    """Return by origin what was foreseen of categories and the total, and what came.

    At the moments of the past asked already, and at as many before as these rows remember.
    """
    rows = backtest.panel.tree.aggregates
    foreseen = {said.origin: said.middle[rows] for said in past}
    heard = {SeriesClass.AGGREGATE: choice.for_median[SeriesClass.AGGREGATE]}
    classes = [SeriesClass.AGGREGATE] * (rows.stop - rows.start)
    for at in _further(backtest, past):
        points = backtest.of_aggregates(at, heard[SeriesClass.AGGREGATE])
        foreseen[at] = combine(points, classes, heard)
    found = {}
    for at, middle in foreseen.items():
        came = backtest.actual[rows, at : min(at + backtest.horizon, until)]
        came = _of_those_begun(backtest, at, rows, came)
        found[at] = Past(middle[:, : came.shape[1]], came)
    return found


def _further(backtest: Backtest, past: Sequence[_Said]) -> Sequence[int]:
    """Return the origins before those asked that categories and the total remember."""
    step = past[1].origin - past[0].origin
    least = max(LEAST_OF_AGGREGATES, 2 * backtest.season)
    before = range(past[0].origin - step, least - 1, -step)
    return before[: max(0, MOST_OF_AGGREGATES[backtest.panel.days] - len(past))]


def _of_those_begun(backtest: Backtest, at: int, rows: slice, values: Floats) -> Floats:
    """Return the values, NaN for rows that had hardly begun: their errors have no measure."""
    has_begun = (backtest.actual[rows, :at] > 0).sum(axis=1) >= LEAST_HISTORY
    return np.where(has_begun[:, None], values, np.nan)


def _measured(past: Sequence[_Said], tree: Tree) -> dict[str, dict[str, float]]:
    """Return WAPE of the medians and bias of the means at past origins, by level."""
    found: dict[str, dict[str, float]] = {}
    for level, rows in tree.levels.items():
        came = sum(float(np.nansum(said.came[rows])) for said in past)
        if not came:
            continue
        missed = lean = 0.0
        for said in past:
            ahead = said.came.shape[1]
            missed += float(np.nansum(np.abs(said.middle[rows, :ahead] - said.came[rows])))
            lean += float(np.nansum(said.mean[rows, :ahead] - said.came[rows]))
        found[level] = {"wape": missed / came, "bias": lean / came}
    return found


def _togetherness(errors: Sequence[Floats]) -> float:
    """Return the correlation of a product's errors in one period and the next; 0 if unknown."""
    pairs = [(each[:, n], each[:, n + 1]) for each in errors for n in range(each.shape[1] - 1)]
    if not pairs:
        return 0.0
    before, after = (np.concatenate(side) for side in zip(*pairs, strict=True))
    known = ~np.isnan(before) & ~np.isnan(after)
    if known.sum() < LEAST_PAIRS or not np.ptp(before[known]) or not np.ptp(after[known]):
        return 0.0
    return float(np.clip(stats.spearmanr(before[known], after[known])[0], 0.0, 0.95))
