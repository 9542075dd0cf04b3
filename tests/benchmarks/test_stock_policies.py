"""The back-test of stock policies against a shop that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.stock_policies import SETTINGS, _one
from benchmarks.weekly_sales import groups_of

WEEKS = 8
PRICE = np.array([1_000.0])  # ten pounds


def lived(up_to: float, begin: float = 30.0) -> tuple[float, ...]:
    """Return what one product costs whose ten pieces a week are wanted, two weeks to deliver."""
    wanted = np.full((1, WEEKS), 10.0)
    leads = np.full((1, WEEKS), 2)
    levels = np.full((1, WEEKS), up_to)
    return _one(levels, wanted, np.array([begin]), PRICE, leads)


def test_stock_for_three_weeks_serves_a_lead_time_of_two_and_a_review_of_one() -> None:
    _, lost_margin, carrying, fill_rate, mean_stock = lived(30.0)
    assert (lost_margin, fill_rate, mean_stock) == (0.0, 1.0, 0.0)
    # Each week begins with ten pieces and ends with none.
    shelf_days = 7 * 5 * (WEEKS - 2)
    assert carrying == pytest.approx(shelf_days * 10 * SETTINGS.carrying_share)


def test_what_is_not_there_is_lost() -> None:
    cost, lost_margin, carrying, fill_rate, _ = lived(15.0, begin=20.0)
    assert 0.4 < fill_rate < 0.6
    assert cost == pytest.approx(lost_margin + carrying)
    missed = (1 - fill_rate) * 10 * (WEEKS - 2)
    assert lost_margin == pytest.approx(missed * 10 * SETTINGS.margin_share)


def test_too_much_lies_about() -> None:
    assert lived(60.0)[0] > lived(30.0)[0]


def test_products_are_grouped_by_the_commonest_word_that_says_what_they_are() -> None:
    names = ["RED LUNCH BAG", "JUMBO BAG PINK", "SET OF 3 CAKE TINS", "12"]
    assert groups_of(names, [5.0, 9.0, 1.0, 1.0]) == ["BAG", "BAG", "CAKE", "other"]
