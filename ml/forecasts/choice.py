"""Which models each class of series listens to: those that were best at origins of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.forecasts.classical import RECENT_MEAN
from ml.forecasts.series_classes import SeriesClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.forecasts.backtest import Backtest
    from ml.forecasts.panel import Floats, Ints

KEPT = 3
FOR_AGGREGATES = ("AutoETS", "Croston", "weekday mean", "recent orders, times pieces")
"""Categories and the total are too few to choose by their errors: what was best among them on one
half of a year was not on the other. Three views of a week that err differently are listened to:
how it went on of late, how it was all along, and how many ordered. Of days, so is the weekday.
"""
LEAST_COMPARED = 40
"""Outcomes that are compared before a class is trusted to choose."""
PLAIN = (RECENT_MEAN, "recent median", "Croston TSB")
"""What is listened to where the past says too little."""
PLAIN_MEANS = (RECENT_MEAN, "weekday mean", "Croston TSB")
NO_MEANS = ("recent median", "boosted median")
"""Not heard for means: of demand that is mostly small and sometimes large they say too little, and
a hundred products together would lack what each of them lacks."""


class Choice(NamedTuple):
    """Models by class: for the middle of what may come, and for its mean."""

    for_median: Mapping[SeriesClass, tuple[str, ...]]
    for_mean: Mapping[SeriesClass, tuple[str, ...]]


def choose(
    backtest: Backtest, origins: Sequence[int], until: int, classes: Sequence[SeriesClass]
) -> Choice:
    """Return the models with the smallest errors at ``origins``, by outcomes before ``until``.

    For the median absolute errors count, for the mean squared ones.
    """
    names = sorted({name for origin in origins for name in backtest.at(origin).points})
    by_class = {each: np.flatnonzero([found is each for found in classes]) for each in set(classes)}
    medians: dict[SeriesClass, tuple[str, ...]] = {}
    means: dict[SeriesClass, tuple[str, ...]] = {}
    for each, rows in by_class.items():
        if each is SeriesClass.AGGREGATE:
            medians[each] = means[each] = tuple(
                name for name in FOR_AGGREGATES if not names or name in names
            )
            continue
        absolute, squared = _errors(backtest, origins, until, names, rows)
        medians[each] = _best(absolute) or PLAIN
        means[each] = _best({n: e for n, e in squared.items() if n not in NO_MEANS}) or PLAIN_MEANS
    return Choice(medians, means)


def combine(
    points: Mapping[str, Floats],
    classes: Sequence[SeriesClass],
    chosen: Mapping[SeriesClass, tuple[str, ...]],
) -> Floats:
    """Return (rows, horizon): for each row the median of the models of its class.

    A row that none of these answers for gets its recent mean.
    """
    found = points[RECENT_MEAN].copy()
    for each in set(classes):
        rows = np.flatnonzero([one is each for one in classes])
        heard = [name for name in chosen[each] if name in points] or [RECENT_MEAN]
        said = np.stack([points[name][rows] for name in heard])
        answers = ~np.isnan(said).all(axis=0)
        middle = np.nanmedian(np.where(answers, said, 0.0), axis=0)
        found[rows] = np.where(answers, middle, found[rows])
    return np.maximum(found, 0.0)


def _errors(
    backtest: Backtest, origins: Sequence[int], until: int, names: Sequence[str], rows: Ints
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the errors of each model over the rows that all of the rest answer for as well."""
    outcomes: dict[str, list[Floats]] = {name: [] for name in names}
    actual, scale = [], []
    for origin in origins:
        ahead = min(backtest.horizon, until - origin)
        if ahead < 1:
            continue
        points = backtest.at(origin).points
        actual.append(backtest.actual[rows, origin : origin + ahead])
        history = backtest.actual[rows, :origin]
        level = np.nansum(history, axis=1) / np.maximum((~np.isnan(history)).sum(axis=1), 1)
        scale.append(np.repeat(level[:, None] + 1e-9, ahead, axis=1))
        for name in names:
            said = points.get(name)
            outcomes[name].append(
                np.full((len(rows), ahead), np.nan) if said is None else said[rows, :ahead]
            )
    if not actual:
        return {}, {}
    came = np.concatenate([each.ravel() for each in actual])
    pace = np.concatenate([each.ravel() for each in scale])
    said_by = {name: np.concatenate([p.ravel() for p in each]) for name, each in outcomes.items()}
    said_by = {name: said for name, said in said_by.items() if not np.isnan(said).all()}
    compared = ~np.isnan(came)
    for said in said_by.values():
        compared &= ~np.isnan(said)
    if compared.sum() < LEAST_COMPARED:
        return {}, {}
    absolute, squared = {}, {}
    for name, said in said_by.items():
        error = (said - came)[compared]
        # Against the pace of a series, and as much as it weighs: large ones are not all there is.
        absolute[name] = float(np.abs(error).sum())
        squared[name] = float((error**2 / pace[compared]).sum())
    return absolute, squared


def _best(errors: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(errors, key=lambda name: (errors[name], name))[:KEPT])
