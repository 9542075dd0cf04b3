"""Stock advice: when to order and how much, so that what is lost and what lies about cost least.

The newsvendor's rule (Arrow, Harris and Marschak, 1951) over the demand until an order placed at
the next opportunity arrives, which is drawn from the forecast's quantiles and from lead times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
from msgspec import Meta
from scipy import stats

from ml.forecasts.intervals import LEVELS

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats

YEAR_DAYS = 365.0
PATHS = 400
CHUNK = 500
"""Products whose paths are in memory at once."""
_Share = Annotated[float, Meta(ge=0, le=1)]


class StockSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop's stock costs and how it comes.

    ``lead_time_days`` and ``lead_time_spread_days``: mean and standard deviation from an order to
    the shelf. ``review_days``: how often the shop orders. ``margin_share``: of the price.
    ``holding_share``: of what a piece cost, for a year on the shelf. A piece that lies for
    ``shelf_days`` brings ``salvage_share`` of what it cost.
    """

    lead_time_days: Annotated[float, Meta(gt=0)] = 14.0
    lead_time_spread_days: Annotated[float, Meta(ge=0)] = 4.0
    review_days: Annotated[float, Meta(gt=0)] = 7.0
    margin_share: _Share = 0.4
    holding_share: Annotated[float, Meta(ge=0)] = 0.25
    salvage_share: _Share = 0.5
    shelf_days: Annotated[float, Meta(gt=0)] = 182.0

    @property
    def carrying_share(self) -> float:
        """What a piece on the shelf costs in a day, as a share of its price: money and decay."""
        cost = 1.0 - self.margin_share
        return cost * (
            self.holding_share / YEAR_DAYS + (1.0 - self.salvage_share) / self.shelf_days
        )

    @property
    def critical_ratio(self) -> float:
        """The chance with which stock should do until the next delivery.

        What is not there is lost once, though it lacks at every review until more arrives: each
        bears its part of the margin. With the whole margin at each, as where customers wait, the
        shelves of a shop whose customers leave would be too full.
        """
        lasts = self.review_days / (self.lead_time_days + self.review_days)
        return critical_ratio(self.margin_share * lasts, self.carrying_share * self.review_days)


@dataclass(frozen=True, eq=False)
class Advice:
    """For each product, in pieces: (products,).

    ``reorder_point``: what should at least be there or on its way at any time: the demand until an
    order placed now arrives. ``order_up_to``: what should be, once ordered: until one placed at
    the next review arrives. ``lead_demand``: what is expected until an order arrives.
    ``days_left``: until the stock runs out at the expected pace; infinite where nothing is
    expected, NaN where the stock is not counted. ``shortage``: the chance that it runs out before
    an order placed now arrives; NaN as above.
    """

    reorder_point: Floats
    order_up_to: Floats
    lead_demand: Floats
    days_left: Floats
    shortage: Floats


def critical_ratio(underage: float, overage: float) -> float:
    """Return the newsvendor's ratio of what one piece too few and one too many cost."""
    both = underage + overage
    return underage / both if both else 0.5


def advise(
    quantiles: Floats,
    mean: Floats,
    *,
    days: int,
    stock: Floats,
    togetherness: float,
    settings: StockSettings,
    seed: int = 1,
) -> Advice:
    """Return the advice for quantiles (products, horizon, levels) of periods of so many days.

    ``mean``: (products, horizon). ``stock``: (products,) there and on its way, NaN where it is not
    counted. Beyond the horizon demand goes on as it was on the whole.
    """
    parts = [
        _advise(
            quantiles[first : first + CHUNK],
            mean[first : first + CHUNK],
            days,
            stock[first : first + CHUNK],
            togetherness,
            settings,
            np.random.default_rng([seed, first]),
        )
        for first in range(0, len(quantiles), CHUNK)
    ]
    if not parts:
        nothing = np.zeros(0)
        return Advice(nothing, nothing, nothing, nothing, nothing)
    return Advice(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _advise(
    quantiles: Floats,
    mean: Floats,
    days: int,
    stock: Floats,
    togetherness: float,
    settings: StockSettings,
    random: np.random.Generator,
) -> tuple[Floats, ...]:
    demand = paths(quantiles, togetherness, random)
    leads = lead_times(settings, random, demand.shape[1]) / days
    until_here = _summed(demand, leads)
    until_next = _summed(demand, leads + settings.review_days / days)
    ratio = settings.critical_ratio
    pace = mean.mean(axis=1) / days
    left = np.where(pace > 0, np.maximum(stock, 0) / np.where(pace > 0, pace, 1.0), np.inf)
    return (
        np.ceil(np.quantile(until_here, ratio, axis=1) - 1e-9),
        np.ceil(np.quantile(until_next, ratio, axis=1) - 1e-9),
        until_here.mean(axis=1),
        np.where(np.isnan(stock), np.nan, left),
        np.where(np.isnan(stock), np.nan, (until_here > stock[:, None]).mean(axis=1)),
    )


def lead_times(settings: StockSettings, random: np.random.Generator, count: int) -> Floats:
    """Return (count,) days from an order to the shelf: gamma distributed, spread evenly."""
    if settings.lead_time_spread_days == 0:
        return np.full(count, settings.lead_time_days)
    shape = (settings.lead_time_days / settings.lead_time_spread_days) ** 2
    evenly = (random.permutation(count) + 0.5) / count
    found: Floats = stats.gamma.ppf(evenly, shape, scale=settings.lead_time_days / shape)
    return found


def paths(quantiles: Floats, togetherness: float, random: np.random.Generator) -> Floats:
    """Return (products, paths, horizon): demand as it may come, rather high or low for a while.

    ``togetherness``: rank correlation of one period and the next.
    """
    products, horizon, _ = quantiles.shape
    normal = random.standard_normal((products, PATHS, horizon))
    tied = 2.0 * np.sin(np.pi * togetherness / 6.0)  # of normals with this rank correlation
    for period in range(1, horizon):
        normal[..., period] = (
            tied * normal[..., period - 1] + np.sqrt(1.0 - tied**2) * normal[..., period]
        )
    return _at(quantiles, normal)


def _at(quantiles: Floats, normal: Floats) -> Floats:
    """Return what lies at these standard normals, straight between the quantiles and beyond."""
    steps = stats.norm.ppf(LEVELS)
    place = np.clip(np.searchsorted(steps, normal) - 1, 0, len(steps) - 2)
    low = np.take_along_axis(quantiles[:, None], place[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(quantiles[:, None], place[..., None] + 1, axis=-1)[..., 0]
    share = (normal - steps[place]) / (steps[place + 1] - steps[place])
    found: Floats = np.maximum(low + share * (high - low), 0.0)
    return found


def _summed(demand: Floats, periods: Floats) -> Floats:
    """Return (products, paths) demand over so many periods; beyond the horizon it stays usual."""
    horizon = demand.shape[-1]
    sums = np.concatenate([np.zeros((*demand.shape[:2], 1)), demand.cumsum(axis=-1)], axis=-1)
    whole = np.minimum(periods.astype(np.int64), horizon)
    part = np.minimum(periods, horizon) - whole
    each = np.arange(demand.shape[1])
    begun = part * demand[:, each, np.minimum(whole, horizon - 1)]
    beyond = np.maximum(periods - horizon, 0.0) * demand.mean(axis=-1)
    found: Floats = sums[:, each, whole] + begun + beyond
    return found
