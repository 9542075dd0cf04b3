"""Gamma-Gamma: the published numbers of CDNOW, simulated spenders, and what never varies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation import Spending
from ml.segments.gamma_gamma import expected_worth, fit_spending
from tests.ml.segments.test_bg_nbd import cdnow


def test_the_parameters_of_cdnow_are_those_published() -> None:
    customers = cdnow()
    again = customers[customers[:, 0] > 0]
    assert len(again) == 946
    found = fit_spending(again[:, 0], again[:, 3])
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(p=st.floats(2, 8), q=st.floats(3, 6), seed=st.integers(0, 1_000))
def test_simulated_spenders_are_found_again(p: float, q: float, seed: int) -> None:
    chance, v = np.random.default_rng(seed), 4_000.0
    orders = chance.integers(1, 12, 4_000)
    means = chance.gamma(p * orders, 1 / (chance.gamma(q, 1 / v, 4_000) * orders))
    found = fit_spending(orders, means)
    truth = expected_worth(Spending(p, q, v, 0), orders, means)
    assert np.abs(expected_worth(found, orders, means) / truth - 1).mean() < 0.05


@pytest.mark.parametrize("customers", [0, 1, 5, 400])
def test_constant_spend_is_expected_again(customers: int) -> None:
    found = fit_spending([3] * customers, [1_299] * customers)
    assert found.p == 0
    assert expected_worth(found, 3, 1_299) == (pytest.approx(1_299) if customers else 0)
    assert expected_worth(found, 0, 0) == (pytest.approx(1_299) if customers else 0)


def test_who_spent_nothing_is_expected_to_spend_as_all() -> None:
    model = Spending(6.0, 4.0, 1_500.0, 3_000.0)
    assert float(expected_worth(model, 4, 0)) == pytest.approx(6.0 * 1_500 / 3)
    few, many = (float(expected_worth(model, n, 9_000)) for n in (1, 50))
    assert 3_000 < few < many < 9_000
