"""Intervals of sums that err by known shares of what was foreseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.forecasts.intervals import LEVELS
from ml.forecasts.ratios import MOST_TIMES, quantiles_by_ratio, ratios_of

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats

MIDDLE = LEVELS.index(0.5)
ENDS = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.95: (0.025, 0.975)}
BY_CHANCE = np.full((8, 4, len(LEVELS)), -1.0)


def past_of(deviation: float, origins: int, rows: int = 8, seed: int = 1) -> dict[int, Floats]:
    random = np.random.default_rng(seed)
    return {at: random.normal(0.0, deviation, (rows, 4)) for at in range(origins)}


def test_the_middle_stays_what_was_said() -> None:
    middle = np.geomspace(1.0, 1e6, 32).reshape(8, 4)
    lacking = {at: each + 0.5 for at, each in past_of(0.2, 20).items()}
    found = quantiles_by_ratio(middle, lacking, BY_CHANCE)
    assert found[..., MIDDLE] == pytest.approx(middle)
    assert (np.diff(found, axis=-1) >= 0).all()


def test_it_reaches_as_many_times_up_as_down() -> None:
    found = quantiles_by_ratio(np.full((8, 4), 99.0), past_of(0.4, 30), BY_CHANCE)
    for low, high in ENDS.values():
        down, up = found[..., LEVELS.index(low)], found[..., LEVELS.index(high)]
        assert (up + 1) * (down + 1) == pytest.approx(100.0**2)


def test_each_row_has_a_width_of_its_own() -> None:
    wide = np.array([3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])[:, None]
    past = {at: each * wide for at, each in past_of(0.1, 60).items()}
    found = quantiles_by_ratio(np.full((8, 4), 1e4), past, BY_CHANCE)
    reach = np.log(found[:, 0, LEVELS.index(0.9)] / 1e4)
    assert reach[0] / reach[1:].mean() == pytest.approx(3.0, rel=0.15)
    assert reach[1:].mean() == pytest.approx(0.1 * 1.28, rel=0.15)


@pytest.mark.parametrize("origins", [4, 12, 40])
def test_what_comes_next_lies_inside_as_often_as_said(origins: int) -> None:
    inside: dict[float, list[float]] = {share: [] for share in ENDS}
    for seed in range(60):
        past = past_of(0.3, origins + 1, seed=seed)
        coming = past.pop(origins)
        middle = np.full((8, 4), 1e5)
        came = np.exp(np.log1p(middle) + coming) - 1
        found = quantiles_by_ratio(middle, past, BY_CHANCE)
        for share, (low, high) in ENDS.items():
            least, most = found[..., LEVELS.index(low)], found[..., LEVELS.index(high)]
            inside[share].append(float(((came >= least) & (came <= most)).mean()))
    for share, each in inside.items():
        assert np.mean(each) == pytest.approx(share, abs=0.02)


def test_a_row_with_few_of_its_own_takes_the_width_of_all() -> None:
    past = past_of(0.3, 20)
    for each in past.values():
        each[5] = np.nan
    found = quantiles_by_ratio(np.full((8, 4), 1e4), past, BY_CHANCE)
    of_others = np.log(found[:5, 0, LEVELS.index(0.9)])
    assert np.log(found[5, 0, LEVELS.index(0.9)]) == pytest.approx(of_others.mean(), rel=0.05)


@pytest.mark.parametrize("past", [{}, {3: np.full((8, 4), np.nan)}, past_of(0.3, 1)])
def test_too_few_errors_make_no_interval(past: dict[int, Floats]) -> None:
    assert quantiles_by_ratio(np.ones((8, 4)), past, BY_CHANCE) is BY_CHANCE


def test_what_always_came_is_certain_to_come() -> None:
    past = {at: np.zeros((8, 4)) for at in range(20)}
    assert quantiles_by_ratio(np.full((8, 4), 7.0), past, BY_CHANCE) == pytest.approx(7.0)


def test_one_error_counts_so_many_times_at_most() -> None:
    found = ratios_of(np.array([0.0, 99.0, 99.0, 9.0]), np.array([1e9, 0.0, 99.0, np.nan]))
    most = np.log(MOST_TIMES)
    assert found == pytest.approx([most, -most, 0.0, np.nan], nan_ok=True)
