"""Forecasts of shops whose demand is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecasts.backtest import Backtest
from ml.forecasts.forecaster import forecast, forecast_at
from ml.forecasts.hierarchy import add_up
from ml.forecasts.intervals import LEVELS
from ml.forecasts.panel import NotEnoughData, Tree
from ml.forecasts.series_classes import SeriesClass, classify
from tests.ml.forecasts.simulated import panel_of, poisson_shop


@settings(max_examples=100, deadline=None)
@given(
    categories=st.lists(st.sampled_from("abcd"), min_size=1, max_size=12),
    seed=st.integers(0, 10_000),
)
def test_means_add_up_whatever_each_row_says(categories: list[str], seed: int) -> None:
    tree = Tree.of(categories)
    random = np.random.default_rng(seed)
    own = random.gamma(0.5, 50.0, (tree.rows, 3)) * (random.random((tree.rows, 3)) < 0.7)
    found = add_up(own, tree)

    products = found[tree.products]
    for place in range(len(tree.names)):
        of_category = products[tree.category_of == place].sum(axis=0)
        assert np.allclose(found[tree.categories][place], of_category, rtol=1e-12)
    assert np.allclose(found[tree.total][0], products.sum(axis=0), rtol=1e-12)
    assert (found >= 0).all()


def test_each_level_has_a_third_of_the_say() -> None:
    tree = Tree.of(["a", "a", "b"])
    own = np.array([[1.0], [3.0], [4.0], [8.0], [4.0], [24.0]])
    bottom_up, middle_out, top_down = [4.0, 4.0, 8.0], [8.0, 4.0, 12.0], [16.0, 8.0, 24.0]
    expected = np.mean([bottom_up, middle_out, top_down], axis=0)
    found = add_up(own, tree)[:, 0]
    assert found[3:] == pytest.approx(expected)
    assert found[1] == pytest.approx(3 * found[0])


def test_where_products_expect_nothing_so_does_their_category() -> None:
    tree = Tree.of(["a", "b"])
    found = add_up(np.array([[0.0], [4.0], [8.0], [4.0], [12.0]]), tree)
    assert found[tree.categories][0] == 0
    assert np.isfinite(found).all()


def test_series_fall_into_their_classes() -> None:
    smooth = np.full(24, 10.0)
    erratic = np.tile([1.0, 40.0], 12)
    intermittent = np.tile([0.0, 0.0, 5.0], 8)
    lumpy = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 60.0], 4)
    found = classify(np.stack([smooth, erratic, intermittent, lumpy, np.zeros(24)]))
    assert [each.value for each in found] == [
        "smooth",
        "erratic",
        "intermittent",
        "lumpy",
        "silent",
    ]


@pytest.mark.slow
def test_intervals_cover_what_they_say_on_demand_of_a_known_distribution() -> None:
    sold, pace = poisson_shop(80, 44)
    backtest = Backtest(panel_of(sold), horizon=4, renew=16)
    inside = {0.5: [], 0.8: [], 0.95: []}  # type: dict[float, list[float]]
    ends = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.95: (0.025, 0.975)}
    for origin in (36, 40):
        found = forecast_at(backtest, origin, past_origins=6)
        came = sold[:, origin : origin + 4]
        for share, (low, high) in ends.items():
            least = found.quantiles[: len(sold), :, LEVELS.index(low)]
            most = found.quantiles[: len(sold), :, LEVELS.index(high)]
            inside[share].append(float(((came >= least) & (came <= most)).mean()))
        assert np.abs(found.mean[: len(sold)].mean(axis=1) / pace - 1).mean() < 0.2
    for share, each in inside.items():
        assert np.mean(each) == pytest.approx(share, abs=0.07)


@pytest.mark.slow
def test_the_total_remembers_a_surprise_of_long_ago() -> None:
    sold, _ = poisson_shop(4, 44)
    surprised = sold.copy()
    surprised[:, 15] *= 3
    calm, wary = (
        forecast(panel_of(each), horizon=3, past_origins=10).quantiles[-1]
        for each in (sold, surprised)
    )
    most, middle = LEVELS.index(0.975), LEVELS.index(0.5)
    assert (wary[:, most] > calm[:, most] + 0.5 * calm[:, middle]).all()
    assert wary[:, middle] == pytest.approx(calm[:, middle], rel=0.2)


@pytest.mark.slow
def test_what_comes_later_changes_no_forecast() -> None:
    sold, _ = poisson_shop(12, 26)
    poisoned = sold.copy()
    poisoned[:, 20:] = 1e6
    panels = [panel_of(sold), panel_of(poisoned)]
    before, after = (forecast_at(Backtest(panel, horizon=3), 20) for panel in panels)
    assert (before.mean == after.mean).all()
    assert (before.quantiles == after.quantiles).all()


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize("periods", [1, 2, 3, 5, 9, 15, 16])
def test_a_short_history_is_answered_too(periods: int, days: int) -> None:
    sold, pace = poisson_shop(8, periods)
    found = forecast(panel_of(sold, days=days), horizon=4)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.quantiles).all()
    assert (np.diff(found.quantiles, axis=-1) >= 0).all()
    assert found.mean[-1].mean() == pytest.approx(pace.sum(), rel=0.5)


def test_what_never_changes_goes_on() -> None:
    found = forecast(panel_of(np.full((3, 30), 7.0)), horizon=4)
    assert found.mean[:3] == pytest.approx(7.0)
    assert found.mean[-1] == pytest.approx(21.0)


def test_one_product_is_a_shop_too() -> None:
    sold, _ = poisson_shop(1, 30)
    found = forecast(panel_of(sold), horizon=4)
    assert found.mean.shape == (3, 4)
    assert np.allclose(found.mean[0], found.mean[2])


def test_a_product_never_sold_is_expected_to_sell_nothing() -> None:
    sold, _ = poisson_shop(4, 20)
    sold[2] = 0
    found = forecast(panel_of(sold), horizon=4)
    assert found.classes[2] is SeriesClass.SILENT
    assert (found.mean[2] == 0).all()


def test_nothing_sold_is_not_enough() -> None:
    with pytest.raises(NotEnoughData):
        forecast(panel_of(np.zeros((0, 0))), horizon=4)
    with pytest.raises(NotEnoughData):
        forecast(panel_of(np.zeros((3, 0))), horizon=4)
    with pytest.raises(NotEnoughData, match="came back"):
        forecast(panel_of(np.full((3, 10), -2.0)), horizon=4)


def test_a_category_just_begun_is_told_by_what_it_sold_since() -> None:
    sold, pace = poisson_shop(6, 60)
    sold[5] = 0
    sold[5, -6:] = np.random.default_rng(1).poisson(80, 6)
    open_share = np.ones(sold.shape)
    open_share[5, :-6] = 0
    panel = panel_of(sold, [*["known"] * 5, "new"], open_share=open_share)
    found = forecast(panel, horizon=4)
    known, new, total = range(6, 9)
    low, high = LEVELS.index(0.05), LEVELS.index(0.95)
    for row, expected in ((known, pace[:5].sum()), (new, 80), (total, pace[:5].sum() + 80)):
        assert found.mean[row] == pytest.approx(expected, rel=0.25)
        assert (found.quantiles[row, :, low] < expected).all()
        assert (found.quantiles[row, :, high] > expected).all()
        assert (found.quantiles[row, :, high] < 2 * expected).all()
