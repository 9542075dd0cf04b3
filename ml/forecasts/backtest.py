"""Forecasts of every model from moments of the past, each made of what was known then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.forecasts.boosting import Boosting, fit
from ml.forecasts.classical import (
    FITTED,
    RECENT_MEAN,
    SIMPLE,
    WEEKDAYS,
    pieces_for_orders,
    weekday_mean,
)
from ml.forecasts.panel import WEEK_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ml.forecasts.panel import Floats, Ints, Panel

MOST_FITTED = {WEEK_DAYS: 500, 1: 100}
"""Products, those ordered most, to which models with parameters are fitted one by one, by days of
a period: with a week to learn in, a fit takes 60 ms instead of 2."""
BOTTOM_UP = "sum of boosted means"
ORDERS_MEAN = "recent orders, times pieces"


class Told(NamedTuple):
    """What the models said at an origin: (rows, horizon) by name, NaN where one had no answer."""

    points: dict[str, Floats]
    low: Floats
    high: Floats


class Backtest:
    """Asks all models at any period of a panel, each period once.

    The boosting is learnt at the end of the panel and every ``renew`` periods before; in between
    it is the one learnt last.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        horizon: int,
        renew: int = 4,
        tell: Callable[[int], None] = lambda _origin: None,
    ) -> None:
        self.panel = panel
        self.horizon = horizon
        self.season = 1 if panel.days == WEEK_DAYS else WEEK_DAYS
        has_begun = panel.tree.added_up(~np.isnan(panel.demand)) > 0
        self.actual = np.where(has_begun, panel.tree.added_up(panel.demand), np.nan)
        """(rows, periods) demand of products, categories and the total; NaN before there was any
        of their products."""
        self._renew = renew
        self._told: dict[int, Told] = {}
        self._of_aggregates: dict[int, dict[str, Floats]] = {}
        self._boostings: dict[int, Boosting | None] = {}
        self._tell = tell

    @property
    def naive_season(self) -> int:
        """The season of the seasonal naive forecast: a week of days, or four weeks."""
        return 4 if self.season == 1 else self.season

    def at(self, origin: int) -> Told:
        """Return what the models say before the period ``origin`` begins."""
        if origin not in self._told:
            self._told[origin] = self._ask(origin)
            self._tell(origin)
        return self._told[origin]

    def of_aggregates(self, origin: int, names: Sequence[str]) -> dict[str, Floats]:
        """Return (aggregates, horizon) what these models, and the recent mean, say of their rows.

        A few series at a time: a long past of theirs costs less than one origin of all products.
        """
        rows = self.panel.tree.aggregates
        if origin in self._told:
            return {name: said[rows] for name, said in self._told[origin].points.items()}
        if origin not in self._of_aggregates:
            history = self.actual[rows, :origin]
            points = {
                name: model(history, self.horizon, self.season)
                for name, model in {**SIMPLE, **FITTED}.items()
                if name in {RECENT_MEAN, *names}
            }
            by_orders = self._by_orders(self.panel.until(origin))
            if by_orders is not None:
                points[ORDERS_MEAN] = by_orders
            self._of_aggregates[origin] = points
            self._tell(origin)
        return self._of_aggregates[origin]

    def _ask(self, origin: int) -> Told:
        known = self.panel.until(origin)
        history = self.actual[:, :origin]
        points = {}
        for name, model in SIMPLE.items():
            if name == WEEKDAYS and self.season == 1:
                continue
            season = self.naive_season if name == "seasonal naive" else self.season
            points[name] = model(history, self.horizon, season)
        chosen = self._fitted(history)
        for name, model in FITTED.items():
            points[name] = np.full((len(history), self.horizon), np.nan)
            points[name][chosen] = model(history[chosen], self.horizon, self.season)
        by_orders = self._by_orders(known)
        if by_orders is not None:
            points[ORDERS_MEAN] = np.full((len(history), self.horizon), np.nan)
            points[ORDERS_MEAN][self.panel.tree.aggregates] = by_orders
        low = high = np.full((len(history), self.horizon), np.nan)
        boosting = self._boosting(origin)
        if boosting is not None:
            said = {n: self.panel.tree.added_up(p) for n, p in boosting.predict(known).items()}
            tree = self.panel.tree
            for name in ("boosted mean", "boosted median"):
                points[name] = said[name].copy()
                points[name][tree.aggregates] = np.nan
            points[BOTTOM_UP] = said["boosted mean"].copy()
            points[BOTTOM_UP][tree.products] = np.nan
            low, high = said["boosted low"], said["boosted high"]
        return Told(points, low, high)

    def _by_orders(self, known: Panel) -> Floats | None:
        """Return (aggregates, horizon) what the orders of categories and the total say."""
        if known.orders is None:
            return None
        rows = known.tree.aggregates
        orders = known.tree.added_up(known.orders)[rows]
        forecast = weekday_mean(orders, self.horizon, self.season)
        return pieces_for_orders(self.actual[rows, : known.periods], orders, forecast)

    def _fitted(self, history: Floats) -> Ints:
        """Return the rows worth a fit of their own: the aggregates, and what is ordered most."""
        tree = self.panel.tree
        pieces = np.nansum(history[tree.products], axis=1)
        most = np.sort(np.argsort(-pieces, kind="stable")[: MOST_FITTED[self.panel.days]])
        return np.concatenate([most, np.arange(tree.aggregates.start, tree.aggregates.stop)])

    def _boosting(self, origin: int) -> Boosting | None:
        learnt_at = origin - (origin - self.panel.periods) % self._renew
        if learnt_at not in self._boostings:
            self._boostings[learnt_at] = fit(self.panel.until(learnt_at), self.horizon)
        return self._boostings[learnt_at]
