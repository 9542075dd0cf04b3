"""Models of one series at a time: rules anybody understands, and those of ``statsforecast``."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml.forecasts.panel import Floats

RECENT = 8
RECENT_MEAN = "recent mean"
WEEKDAYS = "weekday mean"
"""Where a period is a week, it is the recent mean over again."""
LEAST_POINTS = 8
"""Points of a series before a model with parameters is fitted to it."""
CROSTON_SMOOTHING = 0.1
"""Of sizes and of the periods between them, as statsforecast fixes it."""
LONGEST = 182
"""Latest points that models with parameters are fitted to."""


def last_value(history: Floats, horizon: int, _season: int) -> Floats:
    """Return what came last."""
    return np.repeat(history[:, -1:], horizon, axis=1)


def seasonal_naive(history: Floats, horizon: int, season: int) -> Floats:
    """Return what came a season before; what came last where no season is over."""
    if history.shape[1] < season:
        return last_value(history, horizon, season)
    return np.tile(history[:, -season:], (1, -(-horizon // season)))[:, :horizon]


def recent_mean(history: Floats, horizon: int, season: int) -> Floats:
    """Return the mean of the latest periods, whole seasons of them."""
    return np.repeat(_latest(history, season, np.nanmean), horizon, axis=1)


def recent_median(history: Floats, horizon: int, season: int) -> Floats:
    """Return the median of the latest periods, whole seasons of them."""
    return np.repeat(_latest(history, season, np.nanmedian), horizon, axis=1)


def weekday_mean(history: Floats, horizon: int, season: int) -> Floats:
    """Return the recent mean, shaped as the latest seasons were; the mean where season is 1."""
    seasons = min(RECENT, history.shape[1] // season)
    if season == 1 or seasons == 0:
        return recent_mean(history, horizon, season)
    latest = np.nan_to_num(history[:, -seasons * season :]).reshape(len(history), seasons, season)
    return seasonal_naive(latest.mean(axis=1), horizon, season)


def pieces_for_orders(demand: Floats, orders: Floats, forecast: Floats) -> Floats:
    """Return what so many orders come to, by the pieces of an order in the past half year.

    Orders are steadier than pieces, where a few take very many.
    """
    latest = slice(-26, None)
    pieces = np.nansum(demand[:, latest], axis=1)
    counted = np.nansum(np.where(np.isnan(demand[:, latest]), 0, orders[:, latest]), axis=1)
    found: Floats = forecast * (pieces / np.maximum(counted, 1.0))[:, None]
    return found


def auto_ets(history: Floats, horizon: int, season: int) -> Floats:
    """Return exponential smoothing, its form chosen for each series by AICc."""
    from statsforecast.models import AutoETS  # noqa: PLC0415 - takes two seconds

    return _each(history, horizon, partial(AutoETS, season_length=season), season)


def theta(history: Floats, horizon: int, season: int) -> Floats:
    """Return the dynamic optimised theta method (Fiorucci et al., 2016)."""
    from statsforecast.models import DynamicOptimizedTheta  # noqa: PLC0415 - as above

    return _each(history, horizon, partial(DynamicOptimizedTheta, season_length=season), season)


def croston(history: Floats, horizon: int, _season: int) -> Floats:
    """Return Croston's method, less the share by which it says too much.

    That share is what Syntetos and Boylan (Int. J. Production Economics, 2001) found. It grows with
    the periods between orders, and is none where every period has some: their later rule of thumb,
    SBA, takes a twentieth off there too.
    """
    from statsforecast.models import CrostonClassic  # noqa: PLC0415 - as above

    fitted = history[:, -LONGEST:]
    periods = (~np.isnan(fitted)).sum(axis=1)
    ordered = np.maximum((fitted > 0).sum(axis=1), 1)
    between = np.maximum(periods / ordered, 1.0)
    too_much = CROSTON_SMOOTHING / (2.0 - CROSTON_SMOOTHING) * (1.0 - 1.0 / between)
    found: Floats = _each(history, horizon, CrostonClassic) / (1.0 + too_much)[:, None]
    return found


def croston_tsb(history: Floats, horizon: int, _season: int) -> Floats:
    """Return Teunter, Syntetos and Babai's method, which forgets what is no longer ordered."""
    from statsforecast.models import TSB  # noqa: PLC0415 - as above

    return _each(history, horizon, partial(TSB, alpha_d=0.2, alpha_p=0.2))


SIMPLE: Mapping[str, Callable[[Floats, int, int], Floats]] = {
    "last value": last_value,
    "seasonal naive": seasonal_naive,
    RECENT_MEAN: recent_mean,
    "recent median": recent_median,
    WEEKDAYS: weekday_mean,
    "Croston": croston,
    "Croston TSB": croston_tsb,
}
FITTED: Mapping[str, Callable[[Floats, int, int], Floats]] = {
    "AutoETS": auto_ets,
    "theta": theta,
}


def _latest(history: Floats, season: int, summary: Callable[..., Any]) -> Floats:
    periods = max(season, RECENT // season * season)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a series that has not begun has no mean
        found: Floats = summary(history[:, -periods:], axis=1, keepdims=True)
    return np.nan_to_num(found)


def _each(history: Floats, horizon: int, make: Callable[[], Any], season: int = 1) -> Floats:
    """Fit a model to each series from its beginning; NaN where it is too short for that."""
    found = np.full((len(history), horizon), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that does not converge is judged by its errors
        for row, series in enumerate(history):
            begun = series[~np.isnan(series)][-LONGEST:]
            if len(begun) < max(LEAST_POINTS, 2 * season):
                continue
            found[row] = np.maximum(_fit(begun, horizon, make), 0.0)
    return found


def _fit(series: Floats, horizon: int, make: Callable[[], Any]) -> Floats:
    if np.ptp(series) == 0:
        return np.full(horizon, series[-1])
    try:
        found: Floats = make().forecast(y=np.ascontiguousarray(series), h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever it cannot be fitted to, others can
        return np.full(horizon, np.nan)
    # What runs away from all that was ever seen is no forecast.
    return np.where(np.abs(found) <= 10 * series.max() + 10, found, np.nan)
