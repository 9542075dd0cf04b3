"""One gradient boosting for all products: what each has sold and drawn says what comes.

Everything is told in terms of a product's own recent pace, so that what holds for one holds for
others, large or small. A row is a product at an origin and a distance; it looks at the past alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from ml.forecasts.panel import WEEK_DAYS

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats, Panel

LAGS = 8
WARM_UP = 9
"""Periods before the first origin that is learnt from."""
LEAST_ROWS = 500
MOST_ROWS = 24_000
MOST_ORIGINS = 60
"""Of a long history, evenly taken."""
MOST_PACES = 20.0
"""A single order of more, in paces of its product, teaches nothing that would come again."""
SEED = 1
LOSSES: dict[str, dict[str, Any]] = {
    "boosted mean": {"loss": "poisson"},
    "boosted median": {"loss": "quantile", "quantile": 0.5},
    "boosted low": {"loss": "quantile", "quantile": 0.1},
    "boosted high": {"loss": "quantile", "quantile": 0.9},
}
_SHAPE: dict[str, Any] = {
    "max_iter": 80,
    "learning_rate": 0.09,
    "max_features": 0.5,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 80,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": SEED,
}


@dataclass(frozen=True, eq=False)
class Boosting:
    """Fitted regressors by name, and the distances they know."""

    models: dict[str, Any]
    horizon: int

    def predict(self, panel: Panel) -> dict[str, Floats]:
        """Return (products, horizon) of each name, from all that the panel knows."""
        features, pace = features_at(panel, panel.periods)
        rows = np.concatenate(
            [
                _with_distance(panel, features, pace, panel.periods, distance)
                for distance in range(1, self.horizon + 1)
            ]
        )
        found = {}
        for name, model in self.models.items():
            with threadpool_limits(1, user_api="openmp"):
                scaled = np.maximum(model.predict(rows), 0.0)
            found[name] = scaled.reshape(self.horizon, len(pace)).T * pace[:, None]
        return found


def fit(panel: Panel, horizon: int) -> Boosting | None:
    """Learn from all origins whose outcome the panel knows; None where they are too few."""
    rows, targets, weights = _examples(panel, horizon)
    if len(rows) < LEAST_ROWS or not targets.any():
        return None
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 - takes a second

    # Trees this small gain little by a second core, and wait for each other where there is none.
    with threadpool_limits(1, user_api="openmp"):
        models = {
            name: HistGradientBoostingRegressor(**loss, **_SHAPE).fit(
                rows, targets, sample_weight=weights
            )
            for name, loss in LOSSES.items()
        }
    return Boosting(models, horizon)


def features_at(panel: Panel, origin: int) -> tuple[Floats, Floats]:
    """Return (products, features) known before a period, and (products,) the pace they are in."""
    demand = panel.demand[:, :origin]
    known = np.nan_to_num(demand)
    is_there = ~np.isnan(demand)

    def mean(periods: int) -> Floats:
        counted = np.maximum(is_there[:, -periods:].sum(axis=1), 1)
        summed: Floats = known[:, -periods:].sum(axis=1) / counted
        return summed

    pace = (mean(LAGS) + mean(LAGS // 2) + mean(origin)) / 3 + 0.25
    recent = demand[:, -LAGS:]
    latest = known[:, -LAGS:]
    total = known.sum(axis=0)
    whole = max(float(total[-LAGS:].mean()), 1e-9)
    columns = [
        *(demand[:, -lag] / pace for lag in range(1, LAGS + 1)),
        mean(2) / pace,
        mean(4) / pace,
        mean(LAGS) / pace,
        mean(13) / pace,
        mean(28) / pace,
        np.median(latest, axis=1) / pace,
        np.median(latest[:, -4:], axis=1) / pace,
        latest.std(axis=1) / pace,
        latest.max(axis=1) / pace,
        latest.min(axis=1) / pace,
        known.max(axis=1) / pace,
        known.std(axis=1) / pace,
        (recent == 0).mean(axis=1),
        ((known == 0) & is_there).sum(axis=1) / np.maximum(is_there.sum(axis=1), 1),
        np.log(pace),
        np.minimum(is_there.sum(axis=1), 52).astype(float),
        np.full(len(pace), total[-4:].mean() / whole),
        np.full(len(pace), total[-1] / whole),
    ]
    columns += _lead(panel, origin, pace)
    return np.stack(columns, axis=1), pace


def _lead(panel: Panel, origin: int, pace: Floats) -> list[Floats]:
    """Return what goes before orders: interest, and prices that fell."""
    columns: list[Floats] = []
    for counted in (panel.orders, panel.views, panel.basket_adds):
        if counted is None:
            continue
        seen = counted[:, :origin]
        usual = seen[:, -4 * LAGS :].mean(axis=1) + 0.25
        columns += [
            seen[:, -1] / usual,
            seen[:, -2:].mean(axis=1) / usual,
            seen[:, -LAGS:].mean(axis=1) / usual,
            np.log(usual / pace),
        ]
    if panel.prices is not None:
        paid = panel.prices[:, :origin]
        now = paid[:, -1]
        with np.errstate(invalid="ignore"):
            before = _median(paid[:, -LAGS:])
            columns += [now / before, now / _median(paid), np.log(np.maximum(now, 1.0))]
    return columns


def _median(prices: Floats) -> Floats:
    """Return the medians of rows; NaN where nothing is known, without a warning."""
    known = ~np.isnan(prices).all(axis=1)
    found = np.full(len(prices), np.nan)
    found[known] = np.nanmedian(prices[known], axis=1)
    return found


def _with_distance(
    panel: Panel, features: Floats, pace: Floats, origin: int, distance: int
) -> Floats:
    """Add how far ahead a row looks, and the weekday it looks at where periods are days."""
    columns = [np.full(len(features), float(distance))]
    if panel.days < WEEK_DAYS:
        weekday = (panel.start.weekday() + origin + distance - 1) % WEEK_DAYS
        back = WEEK_DAYS - (distance - 1) % WEEK_DAYS
        same = panel.demand[:, origin - back] if origin >= back else features[:, 0] * np.nan
        columns += [np.full(len(features), float(weekday)), same / pace]
    return np.column_stack([features, *columns])


def _examples(panel: Panel, horizon: int) -> tuple[Floats, Floats, Floats]:
    """Return rows, targets and weights of (origin, product, distance) whose outcome is known."""
    every = max(1, -(-(panel.periods - WARM_UP) // MOST_ORIGINS))
    cases = [
        (origin, distance)
        for origin in range(panel.periods - 1, WARM_UP - 1, -every)
        for distance in range(1, horizon + 1)
        if origin + distance <= panel.periods
    ]
    random = np.random.default_rng(SEED)
    share = min(1.0, MOST_ROWS / max(1, len(cases) * len(panel.products)))
    rows, targets, weights = [], [], []
    told: tuple[int, Floats, Floats] = (-1, np.zeros(0), np.zeros(0))
    for origin, distance in cases:
        if origin != told[0]:
            told = (origin, *features_at(panel, origin))
        _, features, pace = told
        taken = ~np.isnan(panel.demand[:, origin - 1])
        taken &= random.random(len(taken)) < share
        outcome = panel.demand[:, origin + distance - 1]
        rows.append(_with_distance(panel, features, pace, origin, distance)[taken])
        targets.append(np.minimum(outcome / pace, MOST_PACES)[taken])
        weights.append(pace[taken])
    if not rows:
        return np.zeros((0, 1)), np.zeros(0), np.zeros(0)
    return np.concatenate(rows), np.concatenate(targets), np.concatenate(weights)
