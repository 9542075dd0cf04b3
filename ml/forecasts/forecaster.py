"""Forecasts of a panel: the one function that serves, and that benchmarks ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from ml.forecasts.backtest import Backtest
from ml.forecasts.choice import Choice, choose, combine
from ml.forecasts.hierarchy import Way, add_up
from ml.forecasts.intervals import (
    MEDIAN,
    Spread,
    calibrate,
    errors_of,
    quantiles_of,
    spread_of,
)
from ml.forecasts.panel import WEEK_DAYS, NotEnoughData, Panel
from ml.forecasts.series_classes import SeriesClass, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
LEAST_OUTCOMES = 12
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
    way: Way
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
    way = _best_way(past, tree)
    mean = add_up(now.mean, tree, way)

    further = _further(backtest, asked, step)
    long = [*(_say_of_aggregates(backtest, at, choice, origin) for at in further), *past]
    relative = _relative_errors(long, tree)
    missed = [_errors(backtest, each, relative) for each in long]
    # What went wrong at one moment went wrong for all together, and says little of the next.
    is_enough = len(past) >= LEAST_ORIGINS
    errors = np.concatenate(missed, axis=1) if is_enough else np.full((tree.rows, 1), np.nan)
    variance = np.nan_to_num(history[:, -LATEST:]).var(axis=1)[:, None]
    quantiles = quantiles_of(
        _spread(backtest, now, relative),
        classes,
        calibrate(errors, classes),
        mean,
        np.repeat(variance, mean.shape[1], axis=1),
    )
    measured = _measured(past, tree)
    together = _togetherness([each[tree.products] for each in missed[len(further) :]])
    return Forecast(origin, mean, quantiles, classes, choice, way, measured, together)


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


def _further(backtest: Backtest, asked: Sequence[int], step: int) -> Sequence[int]:
    """Return origins before those asked, the earliest first, of which categories remember."""
    if not asked:
        return []
    least = max(LEAST_OF_AGGREGATES, 2 * backtest.season)
    before = range(asked[0] - step, least - 1, -step)
    most = MOST_OF_AGGREGATES[backtest.panel.days]
    return before[: max(0, most - len(asked))][::-1]


def _say_of_aggregates(backtest: Backtest, at: int, choice: Choice, until: int) -> _Said:
    """Return the same of categories and the total alone; NaN for products."""
    rows = backtest.panel.tree.aggregates
    said = {}
    for what, heard in (("middle", choice.for_median), ("mean", choice.for_mean)):
        points = backtest.of_aggregates(at, heard[SeriesClass.AGGREGATE])
        said[what] = np.full((rows.stop, backtest.horizon), np.nan)
        classes = [SeriesClass.AGGREGATE] * (rows.stop - rows.start)
        said[what][rows] = combine(points, classes, heard)
    nothing = np.full((rows.stop, backtest.horizon), np.nan)
    came = backtest.actual[:, at : min(at + backtest.horizon, until)]
    return _Said(at, said["middle"], said["mean"], nothing, nothing, came)


def _spread(backtest: Backtest, said: _Said, relative: Floats) -> Spread:
    """Return the spread of what was said, as far ahead as it is known what came."""
    ahead = said.came.shape[1] or backtest.horizon
    return spread_of(
        said.middle[:, :ahead],
        said.low[:, :ahead],
        said.high[:, :ahead],
        backtest.actual[:, : said.origin],
        relative,
    )


def _errors(backtest: Backtest, said: _Said, relative: Floats) -> Floats:
    """Return (rows, horizon) errors in spreads; NaN where not known, and of rows that had hardly
    begun, whose errors have no measure.
    """
    errors = errors_of(_spread(backtest, said, relative), said.came)
    has_begun = (backtest.actual[:, : said.origin] > 0).sum(axis=1) >= LEAST_HISTORY
    errors[~has_begun] = np.nan
    missing = backtest.horizon - errors.shape[1]
    return np.pad(errors, ((0, 0), (0, missing)), constant_values=np.nan)


def _best_way(past: Sequence[_Said], tree: Tree) -> Way:
    """Return the way whose means were nearest to what came, all levels counting the same."""
    if not past:
        return Way.BOTTOM_UP
    missed = dict.fromkeys(Way, 0.0)
    for way in Way:
        for rows in (tree.products, tree.categories, tree.total):
            squares = bulk = 0.0
            for said in past:
                ahead = said.came.shape[1]
                error = add_up(said.mean, tree, way)[rows, :ahead] - said.came[rows]
                squares += float(np.nansum(error**2))
                bulk += float(np.nansum(said.came[rows] ** 2))
            missed[way] += np.sqrt(squares / bulk) if bulk else 0.0
    return min(Way, key=lambda way: missed[way])


def _relative_errors(past: Sequence[_Said], tree: Tree) -> Floats:
    """Return (rows,) how far off the middles of categories and the total were, as a share of them.

    NaN for products, and where too little is known: their spread is told otherwise.
    """
    found = np.full(tree.rows, np.nan)
    if sum(said.came.shape[1] for said in past) < LEAST_OUTCOMES:
        return found
    rows = tree.aggregates
    squares = sum(_missed(said)[rows].sum(axis=1) for said in past)
    bulk = sum((said.middle[rows, : said.came.shape[1]] ** 2).sum(axis=1) for said in past)
    came = sum((np.nan_to_num(said.came[rows]) ** 2).sum(axis=1) for said in past)
    # Against what came too: where nothing was foreseen, an error is no multiple of it.
    found[rows] = np.sqrt(squares / np.maximum(np.maximum(bulk, came), 1e-9))
    return found


def _missed(said: _Said) -> Floats:
    """Return (rows, periods) squared errors of the middles."""
    missed: Floats = np.nan_to_num(said.came - said.middle[:, : said.came.shape[1]]) ** 2
    return missed


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
    if known.sum() < LEAST_OUTCOMES or not np.ptp(before[known]) or not np.ptp(after[known]):
        return 0.0
    return float(np.clip(stats.spearmanr(before[known], after[known])[0], 0.0, 0.95))
