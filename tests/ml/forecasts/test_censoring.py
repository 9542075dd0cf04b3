"""Demand that empty shelves hid."""

from __future__ import annotations

import numpy as np
import pytest

from ml.forecasts.censoring import demand_behind
from ml.forecasts.forecaster import forecast
from tests.ml.forecasts.simulated import panel_of


def with_stockouts(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what was wanted, what was sold, and how much of each period there was stock."""
    random = np.random.default_rng(seed)
    wanted = random.poisson(20, (40, 30)).astype(float)
    share = np.where(random.random((40, 30)) < 0.3, random.choice([0.0, 0.5], (40, 30)), 1.0)
    share[:, 0] = 1.0
    return wanted, random.binomial(wanted.astype(int), share).astype(float), share


def test_what_empty_shelves_hid_is_found_again() -> None:
    wanted, sold, share = with_stockouts()
    found = demand_behind(sold, share)
    assert sold.mean() < 0.85 * wanted.mean()
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.03)


def test_a_forecast_speaks_of_what_is_wanted_and_not_of_what_was_there() -> None:
    wanted, sold, share = (each[:8, :22] for each in with_stockouts())
    found = forecast(panel_of(sold, open_share=share), horizon=2)
    uncorrected = forecast(panel_of(sold), horizon=2)
    assert found.mean[-1] == pytest.approx(wanted.sum(axis=0).mean(), rel=0.1)
    assert uncorrected.mean[-1].mean() < found.mean[-1].mean()


def test_a_product_before_its_first_day_has_no_demand() -> None:
    share = np.array([[0.0, 0.0, 1.0, 1.0]])
    found = demand_behind(np.array([[0.0, 0.0, 3.0, 0.0]]), share)
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2:].tolist() == [3.0, 0.0]


def test_half_a_period_of_stock_at_the_beginning_counts_twice() -> None:
    assert demand_behind(np.array([[4.0]]), np.array([[0.5]]))[0, 0] == 8.0


def test_what_is_corrected_does_not_look_ahead() -> None:
    _, sold, share = with_stockouts()
    whole = demand_behind(sold, share)
    assert (whole[:, :20] == demand_behind(sold[:, :20], share[:, :20])).all()
