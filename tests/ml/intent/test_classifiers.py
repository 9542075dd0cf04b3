"""Classifiers: what is kept of them answers as what was fitted, and lays its answer out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from ml.intent.classifiers import probabilities
from ml.intent.fitting import FITS, calibrate
from ml.intent.measures import calibration_error, measure
from ml.intent.tree_ensemble import TreeEnsemble


def cases(count: int = 2_000, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of five features and what happened, which the first two say most about."""
    random = np.random.default_rng(seed)
    rows = random.exponential(3, (count, 5)).astype(np.float32)
    odds = rows[:, 0] - 1.5 * rows[:, 1] + 0.3 * rows[:, 2] * (rows[:, 3] > 2) - 0.5
    return rows, (random.random(count) < expit(odds)).astype(np.float64)


def test_boosted_trees_answer_as_the_model_that_grew_them() -> None:
    rows, happened = cases()
    rows[::7, 1] = np.nan
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(rows, happened)
    kept = TreeEnsemble.of_boosting(model)
    assert kept.predict(rows) == pytest.approx(model.decision_function(rows), abs=1e-9)


def test_a_forest_answers_as_the_model_that_grew_it() -> None:
    rows, happened = cases()
    rows[::7, 1] = np.nan
    model = RandomForestClassifier(20, min_samples_leaf=3, random_state=0).fit(rows, happened)
    kept = TreeEnsemble.of_forest(model)
    assert kept.predict(rows) == pytest.approx(model.predict_proba(rows)[:, 1], abs=1e-9)


def test_the_shares_of_features_add_up_to_a_trees_answer() -> None:
    rows, happened = cases()
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(rows, happened)
    kept = TreeEnsemble.of_boosting(model)
    answers, shares, mean = kept.explained(rows)
    assert (answers == kept.predict(rows)).all()
    assert shares.sum(axis=1) + mean == pytest.approx(answers, abs=1e-9)


@pytest.mark.parametrize("name", FITS)
def test_every_classifier_learns_and_names_what_moved_it(name: str) -> None:
    rows, happened = cases()
    later, happened_later = cases(seed=1)
    fitted = FITS[name](rows, happened, 1)
    found = measure(happened_later, probabilities(fitted, later))
    assert found.auc > 0.8
    weight = np.abs(fitted.explained(later).contributions).mean(axis=0)
    assert weight[:2].min() > 3 * weight[4]


@pytest.mark.parametrize("name", FITS)
def test_a_row_is_answered_alike_to_the_last_bit_alone_and_among_others(name: str) -> None:
    rows, happened = cases(600)
    fitted = calibrate(FITS[name](rows, happened, 1), rows[:300], happened[:300])
    whole = probabilities(fitted, rows)
    for size in (1, 2, 3, 7, 31, 32, 64, 599):
        parts = [probabilities(fitted, rows[n : n + size]) for n in range(0, 600, size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
        told = [fitted.explained(rows[n : n + size]).log_odds for n in range(0, 600, size)]
        assert np.concatenate(told).tobytes() == fitted.log_odds(rows).tobytes()


@pytest.mark.parametrize("name", FITS)
def test_the_same_seed_grows_the_same_classifier(name: str) -> None:
    rows, happened = cases(600)
    one, other = (FITS[name](rows, happened, 5).log_odds(rows) for _ in range(2))
    assert (one == other).all()


def test_calibration_lays_odds_on_what_happened_later() -> None:
    rows, happened = cases()
    fitted = FITS["gradient boosting"](rows, happened, 1)
    later, happened_later = cases(4_000, seed=1)
    rarer = np.flatnonzero((happened_later == 0) | (np.arange(4_000) % 4 == 0))
    some, rest = rarer[::2], rarer[1::2]
    calibrated = calibrate(fitted, later[some], happened_later[some])
    before, after = (
        calibration_error(happened_later[rest], probabilities(each, later[rest]))
        for each in (fitted, calibrated)
    )
    assert after < before / 2
    assert np.argsort(calibrated.log_odds(later)).tolist() == (
        np.argsort(fitted.log_odds(later)).tolist()
    )


def test_measures_know_the_perfect_the_constant_and_the_wrong() -> None:
    happened = np.array([0.0] * 90 + [1.0] * 10)
    perfect = measure(happened, happened * 0.98 + 0.01)
    assert (perfect.ap, perfect.auc, perfect.accuracy, perfect.lift_10) == (1, 1, 1, 10)
    constant = measure(happened, np.full(100, 0.1))
    assert constant.auc == 0.5
    assert [constant.brier_skill, constant.lift_1] == pytest.approx([0, 1])
    assert measure(happened, 1 - happened).auc == 0


def test_one_kind_of_case_only_has_no_ranking_and_no_error() -> None:
    found = measure(np.zeros(20), np.full(20, 0.2))
    assert np.isnan(found.auc)
    assert found.ece == pytest.approx(0.2)
