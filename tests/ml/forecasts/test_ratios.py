"""Intervals of sums that err by known shares of what was foreseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.forecasts.intervals import LEVELS
from ml.forecasts.ratios import MOST_TIMES, Past, quantiles_by_ratio

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats

ROWS, HORIZON = 8, 4
MIDDLE = LEVELS.index(0.5)
ENDS = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.95: (0.025, 0.975)}


def past_of(
    origins: int, deviation: Floats | float, *, seed: int = 1
) -> tuple[dict[int, Past], Floats]:
    """Return what was foreseen of periods that err alike for all who foresee them, and what of
    the periods after the last origin came, (rows, horizon); it is 1,000 all along.
    """
    random = np.random.default_rng(seed)
    came = 1e3 * np.exp(random.normal(0.0, 1.0, (ROWS, origins + HORIZON)) * deviation)
    known = {at: came[:, at : min(at + HORIZON, origins)] for at in range(origins)}
    return {at: Past(np.full_like(one, 1e3), one) for at, one in known.items()}, came[:, origins:]


def around(middle: float, past: dict[int, Past]) -> Floats:
    return quantiles_by_ratio(np.full((ROWS, HORIZON), middle), past)


def test_the_middle_stays_what_was_said() -> None:
    past, _ = past_of(20, 0.2)
    lacking = {at: Past(each.foreseen / 2, each.came) for at, each in past.items()}
    middle = np.geomspace(1.0, 1e6, ROWS * HORIZON).reshape(ROWS, HORIZON)
    found = quantiles_by_ratio(middle, lacking)
    assert found[..., MIDDLE] == pytest.approx(middle)
    assert (np.diff(found, axis=-1) >= 0).all()


def test_it_reaches_as_many_times_up_as_down() -> None:
    found = around(99.0, past_of(40, 0.4)[0])
    for low, high in list(ENDS.values())[:2]:
        down, up = found[..., LEVELS.index(low)], found[..., LEVELS.index(high)]
        assert (up + 1) * (down + 1) == pytest.approx(100.0**2)


def test_each_row_has_a_width_of_its_own() -> None:
    wide = np.array([[0.3]] + [[0.1]] * 7)
    found = around(1e4, past_of(80, wide)[0])
    reach = np.log(found[:, 0, LEVELS.index(0.9)] / 1e4)
    assert reach[0] / reach[1:].mean() == pytest.approx(3.0, rel=0.2)
    assert reach[1:].mean() == pytest.approx(0.1 * 1.28, rel=0.15)


@pytest.mark.parametrize("origins", [16, 24, 48])
def test_what_comes_next_lies_inside_as_often_as_said(origins: int) -> None:
    wide = np.array([[0.5]] * 4 + [[0.1]] * 4)
    inside: dict[float, list[float]] = {share: [] for share in ENDS}
    for seed in range(150):
        past, came = past_of(origins, wide, seed=seed)
        found = around(1e3, past)
        for share, (low, high) in ENDS.items():
            least, most = found[..., LEVELS.index(low)], found[..., LEVELS.index(high)]
            inside[share].append(float(((came >= least) & (came <= most)).mean()))
    for share, each in inside.items():
        assert np.mean(each) == pytest.approx(share, abs=0.03)


def test_a_day_that_was_closed_promises_no_rush_on_another() -> None:
    past, _ = past_of(40, 0.2)
    for at, each in past.items():
        each.came[:, (np.arange(at, at + each.came.shape[1]) % 9) == 0] = 0.0
    found = around(1e3, past)
    assert found[..., -1].max() < 1e3 * 3
    assert found[..., 0].max() < 500


def test_one_surprise_in_what_is_always_the_same_is_no_more_than_it_was() -> None:
    past = {at: Past(np.full((2, 1), 7.0), np.full((2, 1), 7.0)) for at in range(40)}
    past[20].came[:] = 8.0
    found = quantiles_by_ratio(np.full((2, HORIZON), 7.0), past)
    assert 7.0 <= found.max() <= 8.5
    assert found[..., MIDDLE] == pytest.approx(7.0)


def test_no_interval_reaches_further_than_so_many_times() -> None:
    found = around(99.0, past_of(40, 0.9)[0])
    told = found[~np.isnan(found)]
    assert told.max() <= 100.0 * MOST_TIMES
    assert told.min() >= 100.0 / MOST_TIMES - 1.0


def test_of_a_row_that_errs_wildly_or_has_just_begun_nothing_is_said() -> None:
    past, _ = past_of(40, np.array([[2.0]] + [[0.2]] * 7))
    for each in past.values():
        each.came[5] = np.nan
    found = around(1e3, past)
    is_told = ~np.isnan(found).any(axis=(1, 2))
    assert is_told.tolist() == [False, *[True] * 4, False, True, True]


@pytest.mark.parametrize("origins", [0, 1, 4])
def test_too_few_errors_make_no_interval(origins: int) -> None:
    assert np.isnan(around(1e3, past_of(origins, 0.3)[0])).all()


def test_what_always_came_is_certain_to_come() -> None:
    past = {at: Past(*[np.full((ROWS, HORIZON), 7.0)] * 2) for at in range(20)}
    assert around(7.0, past) == pytest.approx(7.0)
