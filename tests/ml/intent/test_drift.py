"""Drift: what moved is named, and chance is not taken for it."""

from __future__ import annotations

import numpy as np

from ml.intent.drift import BLOCK_VISITS, FEWEST_BLOCKS, Drift, DriftWatch, Histograms
from ml.intent.features import FEATURES


def rows(count: int, seed: int) -> np.ndarray:
    """Return rows of counts, amounts and marks, some of them unknown."""
    random = np.random.default_rng(seed)
    found = random.exponential(5, (count, len(FEATURES))).astype(np.float32)
    found[:, ::3] = np.floor(found[:, ::3] / 4)
    found[:, 1::5] = random.random((count, len(found[0, 1::5]))) < 0.3
    found[random.random(found.shape) < 0.1] = np.nan
    found[:, 7] = 0
    return found


def watched(recent: np.ndarray, foreseen: float = 0.3, share: float = 0.3) -> list[Drift]:
    random = np.random.default_rng(9)
    watch = DriftWatch(Histograms.of(rows(20_000, 0)))
    found = []
    for number, row in enumerate(recent):
        watch.saw(number, row, foreseen)
        told = watch.ended(number, happened=bool(random.random() < share))
        found += [told] if told is not None else []
    return found


def test_nothing_is_told_without_drift() -> None:
    assert watched(rows(3_000, 1)) == []


def test_features_that_moved_are_named_with_how_far_they_did() -> None:
    recent = rows(1_000, 1)
    recent[:, FEATURES.index("seconds")] *= 4
    recent[:, 7] = 1  # what never was
    found = watched(recent)
    assert found
    assert set(found[-1].features) == {"seconds", FEATURES[7]}
    assert list(found[-1].features.values()) == sorted(found[-1].features.values(), reverse=True)
    assert not found[-1].is_miscalibrated


def test_visits_that_end_otherwise_than_foreseen_are_told() -> None:
    [*found] = watched(rows(600, 1), foreseen=0.3, share=0.6)
    assert found[-1].is_miscalibrated
    assert found[-1].observed > 1.5 * found[-1].expected
    assert found[-1].features == {}


def test_few_visits_say_nothing() -> None:
    recent = rows(BLOCK_VISITS * FEWEST_BLOCKS - 1, 1) * 100
    assert watched(recent, share=1.0) == []
    assert watched(np.repeat(recent[:1], BLOCK_VISITS * FEWEST_BLOCKS, axis=0))


def test_the_hour_is_nobodys_drift() -> None:
    recent = rows(1_000, 1)
    recent[:, FEATURES.index("hour_sine")] = 1.0
    assert watched(recent) == []
