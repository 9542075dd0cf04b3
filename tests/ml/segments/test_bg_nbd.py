"""BG/NBD: the published numbers of CDNOW, and known customers found again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation import Buying
from ml.segments.bg_nbd import (
    _by_quantiles,
    _closed_form,
    alive,
    expected_orders,
    fit_buying,
    log_likelihood,
    simulate,
)
from ml.segments.cannot_fit import CannotFit

if TYPE_CHECKING:
    from numpy.typing import NDArray

CDNOW = Path(__file__).with_name("cdnow.csv")
"""Fader and Hardie's summary of 2,357 customers of CDNOW, equal rows counted; made from
cdnow_customers_summary_with_transactions.csv of the package lifetimes 0.11.3 (MIT)."""
PUBLISHED = Buying(0.243, 4.414, 0.793, 2.426)


def cdnow() -> NDArray[np.float64]:
    """Return repeats, last and known weeks, mean worth of a repeat order, by customer."""
    with CDNOW.open(encoding="utf-8") as file:
        rows = np.array([[float(v) for v in row.values()] for row in csv.DictReader(file)])
    return np.repeat(rows[:, :4], rows[:, 4].astype(int), axis=0)


def test_the_parameters_of_cdnow_are_those_published() -> None:
    customers = cdnow()
    assert len(customers) == 2_357
    found = fit_buying(customers[:, 0], customers[:, 1], customers[:, 2])
    published = (0.243, 4.414, 0.793, 2.426)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(published, abs=0.0005)
    told = log_likelihood(found, customers[:, 0], customers[:, 1], customers[:, 2])
    assert told == pytest.approx(-9_582.4, abs=0.05)


def test_the_published_customer_is_expected_to_order_as_published() -> None:
    assert expected_orders(PUBLISHED, 2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=0.0005)


def test_the_parameters_do_not_hang_on_the_unit_of_time() -> None:
    customers = cdnow()
    weeks = fit_buying(customers[:, 0], customers[:, 1], customers[:, 2])
    days = fit_buying(customers[:, 0], customers[:, 1] * 7, customers[:, 2] * 7)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-3)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-3)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    r=st.floats(0.4, 2.0),
    alpha=st.floats(5.0, 40.0),
    a=st.floats(0.4, 1.2),
    b=st.floats(1.5, 4.0),
    seed=st.integers(0, 1_000),
)
def test_simulated_customers_are_expected_to_do_what_they_do(
    r: float, alpha: float, a: float, b: float, seed: int
) -> None:
    true = Buying(r, alpha, a, b)
    known = np.random.default_rng(seed).uniform(50, 400, 4_000)
    rows = np.array(list(simulate(true, known, seed)))
    found = fit_buying(rows[:, 0], rows[:, 1], rows[:, 2])
    # Parameters trade off against each other; what they say of the future does not.
    ahead = expected_orders(found, rows[:, 0], rows[:, 1], rows[:, 2], 90)
    truth = expected_orders(true, rows[:, 0], rows[:, 1], rows[:, 2], 90)
    assert ahead.mean() == pytest.approx(truth.mean(), rel=0.1)
    assert np.abs(ahead - truth).mean() < 0.1 * truth.mean() + 0.02
    assert found.r / found.alpha == pytest.approx(r / alpha, rel=0.35)
    assert log_likelihood(found, *rows.T) >= log_likelihood(true, *rows.T) - 1e-3


magnitudes = st.floats(-7, 7).map(np.exp).map(float)


@given(
    model=st.builds(Buying, magnitudes, magnitudes, magnitudes, magnitudes),
    repeats=st.integers(0, 2_000),
    last=st.floats(0, 5_000),
    since=st.floats(0, 5_000),
    ahead=st.floats(0.1, 2_000),
)
def test_what_is_expected_is_a_number_that_grows_with_time(
    model: Buying, repeats: int, last: float, since: float, ahead: float
) -> None:
    history = (repeats, last if repeats else 0.0, last + since)
    soon, later = (float(expected_orders(model, *history, t)) for t in (ahead, 2 * ahead))
    assert np.isfinite([soon, later]).all()
    assert 0 <= soon <= later * 1.02 + 1e-6  # what replaces the closed form has three digits
    assert 0 <= float(alive(model, *history)) <= 1


def test_where_the_closed_form_holds_its_replacement_says_the_same() -> None:
    x, t, ahead = np.array([0.0, 2.0, 40.0]), np.array([30.0, 90.0, 300.0]), np.full(3, 120.0)
    for model in (PUBLISHED, Buying(0.5, 30.0, 2.0, 3.0), Buying(2.0, 9.0, 0.2, 8.0)):
        closed, summed = (each(model, x, t, ahead) for each in (_closed_form, _by_quantiles))
        assert summed == pytest.approx(closed, rel=0.02)


@pytest.mark.parametrize("singular", [Buying(0.5, 9.0, 1.0, 2.0), Buying(0.5, 9.0, 0.4, 0.6)])
def test_where_the_closed_form_is_zero_by_zero_its_limit_is_taken(singular: Buying) -> None:
    near = Buying(singular.r, singular.alpha, singular.a + 1e-4, singular.b)
    for history in ((0, 0.0, 50.0), (3, 40.0, 50.0)):
        expected = float(expected_orders(near, *history, 30))
        assert float(expected_orders(singular, *history, 30)) == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("customers", [0, 1, 49])
def test_few_customers_are_too_few(customers: int) -> None:
    with pytest.raises(CannotFit, match="50 are needed"):
        fit_buying([1] * customers, [5] * customers, [9] * customers)


def test_customers_who_never_came_back_tell_nothing() -> None:
    with pytest.raises(CannotFit, match="ordered again"):
        fit_buying([0] * 500, [0] * 500, [9] * 500)


def test_customers_all_alike_can_be_fitted() -> None:
    found = fit_buying([2] * 500, [60] * 500, [90] * 500)
    assert 0 < float(expected_orders(found, 2, 60, 90, 30)) < 5
