"""Rules and models of one series at a time."""

from __future__ import annotations

import numpy as np
import pytest

from ml.forecasts.classical import LONGEST, croston


def test_croston_takes_nothing_off_where_every_period_had_orders() -> None:
    random = np.random.default_rng(1)
    history = random.normal(1000.0, 50.0, (20, 60))
    assert croston(history, 3, 1).mean() == pytest.approx(1000.0, rel=0.01)


def test_croston_is_right_on_average_where_orders_are_rare() -> None:
    random = np.random.default_rng(1)
    history = random.poisson(20.0, (400, 200)) * (random.random((400, 200)) < 0.25)
    assert croston(history.astype(float), 3, 1).mean() == pytest.approx(20.0 * 0.25, rel=0.02)


def test_croston_does_not_count_the_time_before_a_product_was_there() -> None:
    history = np.tile([6.0, 4.0, 5.0, 5.0], (2, 10))
    history[1, :12] = np.nan
    one, other = croston(history, 2, 1)
    assert one == pytest.approx(other, rel=0.05)


def test_croston_counts_gaps_where_it_is_fitted() -> None:
    history = np.ones((1, 400))
    history[0, -LONGEST:] = np.arange(LONGEST) % 5 == 0
    history[0] *= 20.0
    assert croston(history, 1, 1)[0, 0] == pytest.approx(4.0, rel=0.03)
