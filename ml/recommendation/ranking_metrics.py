"""How good ranked lists are: every product ranked, ties counted against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints


class Interval(msgspec.Struct, frozen=True):
    """A value with the bounds between which 95 % of bootstrap samples lie."""

    value: float
    low: float
    high: float


def ranks(scores: Floats, targets: Ints) -> Ints:
    """Return (cases,) the place of each target among all products, the best being 1.

    ``scores``: (cases, products). A product with the same score as the target, or without a
    number, stands before it: a model that answers a constant gains nothing.
    """
    own = scores[np.arange(len(targets)), targets][:, None]
    below: Ints = np.count_nonzero(scores < own, axis=1)  # NaN never is
    return len(scores[0]) - below


def hit_rate(target_ranks: Ints, k: int) -> float:
    """Return P@k as the session-based papers call it: the share of targets in the first k."""
    return float(np.mean(target_ranks <= k))


def reciprocal_rank(target_ranks: Ints, k: int) -> float:
    """Return MRR@k: the mean of 1/rank, nothing below the first k."""
    return float(np.mean(_gains(target_ranks, k)))


def coverage(recommended: Ints, products: int) -> float:
    """Return the share of products that appear in any list; ``recommended``: (cases, k)."""
    return len(np.unique(recommended)) / products


def bootstrap(values: Floats, owners: Ints, *, samples: int = 1_000, seed: int = 0) -> Interval:
    """Return the mean of (cases,) values; cases of one owner (a session) are drawn together."""
    _, groups = np.unique(owners, return_inverse=True)
    sums = np.bincount(groups, weights=values)
    counts = np.bincount(groups).astype(np.float64)
    random = np.random.default_rng(seed)
    means = np.empty(samples)
    for sample in range(samples):
        drawn = random.integers(len(sums), size=len(sums))
        means[sample] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(np.mean(values)), float(low), float(high))


def _gains(target_ranks: Ints, k: int) -> Floats:
    return np.where(target_ranks <= k, 1 / target_ranks, 0).astype(np.float32)
