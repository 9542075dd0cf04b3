from __future__ import annotations

import numpy as np
import pytest

from ml.recommendation.ranking_metrics import bootstrap, coverage, hit_rate, ranks, reciprocal_rank


def test_ties_count_against_the_model() -> None:
    scores = np.array([[0, 0, 0, 0], [3, 2, 2, 1]], np.float32)
    assert ranks(scores, np.array([0, 1])).tolist() == [4, 3]


def test_what_is_no_number_is_no_hit() -> None:
    nan = np.float32("nan")
    scores = np.array([[nan, nan, nan], [1, nan, 0]], np.float32)
    assert ranks(scores, np.array([1, 0])).tolist() == [3, 2]


def test_hits_and_reciprocal_ranks_stop_at_k() -> None:
    found = np.array([1, 2, 4, 21])
    assert hit_rate(found, 20) == 0.75
    assert reciprocal_rank(found, 20) == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert reciprocal_rank(found, 2) == pytest.approx((1 + 1 / 2) / 4)


def test_coverage_is_the_share_of_products_in_any_list() -> None:
    assert coverage(np.array([[0, 1], [1, 2]]), 6) == 0.5


def test_cases_of_one_session_are_drawn_together() -> None:
    values = np.tile(np.array([0, 1], np.float32), 200)
    alone = bootstrap(values, np.arange(400))
    paired = bootstrap(values, np.arange(400) // 2)  # each session holds a hit and a miss
    assert alone.value == paired.value == 0.5
    assert alone.low < 0.5 < alone.high
    assert (paired.low, paired.high) == (0.5, 0.5)
