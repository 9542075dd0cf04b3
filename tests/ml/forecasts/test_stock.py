"""Stock advice against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ml.forecasts.intervals import LEVELS, counts_with
from ml.forecasts.stock import StockSettings, advise, critical_ratio, lead_times

UNKNOWN = np.full(1, np.nan)
WEEK = StockSettings(lead_time_days=7, lead_time_spread_days=0, review_days=7)


def normal(mean: float, deviation: float, horizon: int = 4) -> tuple[np.ndarray, np.ndarray]:
    of_one = mean + deviation * stats.norm.ppf(LEVELS)
    return np.tile(of_one, (1, horizon, 1)), np.full((1, horizon), mean)


def test_the_critical_ratio_is_the_newsvendors() -> None:
    assert critical_ratio(underage=3.0, overage=1.0) == 0.75
    assert critical_ratio(0.0, 0.0) == 0.5
    settings = StockSettings()
    week = settings.carrying_share * 7
    assert settings.critical_ratio == pytest.approx(0.4 / 3 / (0.4 / 3 + week))


def test_order_up_to_is_the_closed_form_of_normal_demand() -> None:
    quantiles, mean = normal(100.0, 15.0)
    found = advise(quantiles, mean, days=7, stock=UNKNOWN, togetherness=0.0, settings=WEEK)

    steps = stats.norm.ppf(WEEK.critical_ratio)
    # Two independent weeks until an order placed at the next review arrives, one until here.
    assert found.order_up_to[0] == pytest.approx(200 + steps * 15 * np.sqrt(2), abs=6)
    assert found.reorder_point[0] == pytest.approx(100 + steps * 15, abs=5)
    assert found.lead_demand[0] == pytest.approx(100, abs=2)


def test_weeks_that_go_together_need_more_stock() -> None:
    quantiles, mean = normal(100.0, 30.0)
    alone, tied = (
        advise(quantiles, mean, days=7, stock=UNKNOWN, togetherness=each, settings=WEEK)
        for each in (0.0, 0.9)
    )
    assert tied.order_up_to[0] > alone.order_up_to[0]


def test_uncertain_lead_times_need_more_stock() -> None:
    quantiles, mean = normal(100.0, 15.0)
    sure, unsure = (
        advise(
            quantiles,
            mean,
            days=7,
            stock=UNKNOWN,
            togetherness=0.0,
            settings=StockSettings(lead_time_days=14, lead_time_spread_days=spread),
        )
        for spread in (0.0, 7.0)
    )
    assert unsure.order_up_to[0] > sure.order_up_to[0]


def test_the_newsvendors_quantity_costs_least_of_all() -> None:
    settings = StockSettings(margin_share=0.3, holding_share=2.0, salvage_share=0.0)
    pace = np.full((1, 4), 20.0)
    quantiles = counts_with(pace, pace)
    found = advise(
        quantiles,
        pace,
        days=7,
        stock=UNKNOWN,
        togetherness=0.0,
        settings=StockSettings(
            lead_time_days=0.001,
            lead_time_spread_days=0,
            margin_share=0.3,
            holding_share=2.0,
            salvage_share=0.0,
        ),
    )
    demand = np.arange(200)
    chance = stats.poisson.pmf(demand, 20)
    over = settings.carrying_share * settings.review_days

    def cost(stock: int) -> float:
        short, left = np.maximum(demand - stock, 0), np.maximum(stock - demand, 0)
        return float((chance * (short * settings.margin_share + left * over)).sum())

    best = min(range(200), key=cost)
    assert abs(found.order_up_to[0] - best) <= 1


def test_advice_tells_how_long_stock_lasts_and_what_may_run_out() -> None:
    quantiles, mean = normal(70.0, 7.0)
    two = np.repeat(quantiles, 3, axis=0), np.repeat(mean, 3, axis=0)
    stock = np.array([20.0, 700.0, np.nan])
    found = advise(*two, days=7, stock=stock, togetherness=0.0, settings=StockSettings())

    assert found.days_left[0] == pytest.approx(2.0)
    assert found.shortage[0] == 1.0
    assert found.shortage[1] == 0.0
    assert np.isnan(found.shortage[2])
    assert np.isnan(found.days_left[2])


def test_what_nobody_wants_is_not_ordered() -> None:
    nothing = np.zeros((1, 4, len(LEVELS)))
    found = advise(
        nothing,
        np.zeros((1, 4)),
        days=7,
        stock=np.array([5.0]),
        togetherness=0.0,
        settings=StockSettings(),
    )
    assert found.order_up_to[0] == 0
    assert np.isinf(found.days_left[0])


def test_no_products_no_advice() -> None:
    found = advise(
        np.zeros((0, 4, len(LEVELS))),
        np.zeros((0, 4)),
        days=7,
        stock=np.zeros(0),
        togetherness=0.0,
        settings=StockSettings(),
    )
    assert len(found.order_up_to) == 0


def test_lead_times_have_the_mean_and_spread_that_were_set() -> None:
    drawn = lead_times(StockSettings(), np.random.default_rng(1), 2_000)
    assert drawn.mean() == pytest.approx(14, abs=0.1)
    assert drawn.std() == pytest.approx(4, abs=0.1)
