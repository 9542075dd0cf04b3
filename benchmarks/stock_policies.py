"""What stock would have cost, week by week, under one rule of ordering or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.forecasts.stock import StockSettings, advise, lead_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.forecasts.forecaster import Forecast
    from ml.forecasts.panel import Floats, Ints, Panel

SETTINGS = StockSettings()
COVER_WEEKS = 4
DRAWS = 20
"""Drawn sequences of lead times; all policies live through the same ones."""


class StockOutcome(msgspec.Struct):
    """In the currency of the file, mean over the draws: ``cost`` is what is lost and what lies
    about, each for itself beside it. ``fill_rate``: of the pieces wanted, those that were there.
    ``mean_stock``: pieces on the shelves at the end of a week.
    """

    cost: float
    lost_margin: float
    carrying: float
    fill_rate: float
    mean_stock: float


def try_policies(panel: Panel, forecasts: Sequence[Forecast]) -> dict[str, StockOutcome]:
    """Order each week of the forecasts up to what each rule says; the advice stands first.

    All begin with four weeks of the recent pace on the shelf and nothing on its way, and count from
    the week in which a first order arrives. What is wanted and not there is lost.
    """
    first = forecasts[0].origin
    weeks = range(first, first + len(forecasts))
    wanted = panel.sold[:, first:]
    prices = np.nan_to_num(panel.prices[:, first - 1]) if panel.prices is not None else None
    assert prices is not None
    unknown = np.full(len(panel.products), np.nan)
    demand = np.nan_to_num(panel.demand)
    rows = panel.tree.products
    rules = {
        "advice": np.stack(
            [
                advise(
                    each.quantiles[rows],
                    each.mean[rows],
                    days=panel.days,
                    stock=unknown,
                    togetherness=each.togetherness,
                    settings=SETTINGS,
                ).order_up_to
                for each in forecasts
            ],
            axis=1,
        ),
    }
    for back in (4, 13):
        for cover in (COVER_WEEKS, 6, 8):
            name = "four" if cover == COVER_WEEKS else str(cover)
            rules[f"{name} weeks of the last {back}"] = np.stack(
                [cover * demand[:, week - back : week].mean(axis=1) for week in weeks], axis=1
            )
    begin = np.ceil(COVER_WEEKS * demand[:, first - 13 : first].mean(axis=1))
    return {
        name: _live(np.ceil(np.nan_to_num(up_to)), wanted, begin, prices)
        for name, up_to in rules.items()
    }


def _live(up_to: Floats, wanted: Floats, begin: Floats, prices: Floats) -> StockOutcome:
    outcomes = []
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        count = wanted.size
        leads = np.maximum(np.rint(lead_times(SETTINGS, random, count) / 7.0), 1).astype(int)
        outcomes.append(_one(up_to, wanted, begin, prices, leads.reshape(wanted.shape)))
    return StockOutcome(*(float(np.mean(each)) for each in zip(*outcomes, strict=True)))


def _one(
    up_to: Floats, wanted: Floats, begin: Floats, prices: Floats, leads: Ints
) -> tuple[float, ...]:
    products, weeks = wanted.shape
    stock = begin.copy()
    arriving = np.zeros((products, weeks + int(leads.max()) + 1))
    counted_from = round(SETTINGS.lead_time_days / 7.0)
    lost_margin = carrying = asked = lost = shelved = 0.0
    for week in range(weeks):
        stock = stock + arriving[:, week]
        position = stock + arriving[:, week + 1 :].sum(axis=1)
        order = np.maximum(up_to[:, week] - position, 0.0)
        np.add.at(arriving, (np.arange(products), week + leads[:, week]), order)
        missed = np.maximum(wanted[:, week] - stock, 0.0)
        after = np.maximum(stock - wanted[:, week], 0.0)
        if week >= counted_from:
            lost_margin += float((missed * prices).sum()) * SETTINGS.margin_share / 100
            shelf_days = 7.0 * (stock + after) / 2
            carrying += float((shelf_days * prices).sum()) * SETTINGS.carrying_share / 100
            asked += float(wanted[:, week].sum())
            lost += float(missed.sum())
            shelved += float(after.sum())
        stock = after
    return (
        lost_margin + carrying,
        lost_margin,
        carrying,
        1.0 - lost / asked,
        shelved / (weeks - counted_from),
    )
