"""What anybody would say without learning features: a share, a rule, and a chain of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.intent.examples import Examples
    from ml.intent.tree_ensemble import Matrix

SMOOTHED = 1.0
"""Added to each side of a share, so that none is 0 or 1."""


def share(past: Examples, asked: Examples) -> Matrix:
    """Return how many ordered, for everybody."""
    return np.full(len(asked), _share(past.ordered))


def basket_rule(past: Examples, asked: Examples) -> Matrix:
    """Return how many ordered with something in the basket, and without."""
    with_it, without = (_share(past.ordered[past.has_basket == each]) for each in (True, False))
    return np.where(asked.has_basket, with_it, without)


@dataclass(frozen=True, slots=True, eq=False)
class MarkovChain:
    """How probable an order is after each kind of event, if the next one depends on it alone."""

    orders: Matrix  # (kinds,)

    @classmethod
    def fit(cls, past: Examples) -> MarkovChain:
        """Absorb a chain with the counted steps in "ordered" or "ended" (Kemeny and Snell 1960)."""
        kinds = past.steps.shape[0] - 1
        counts = past.steps[:kinds].astype(np.float64)
        counts[:, -2:] += 1e-3  # a kind never left ends somewhere
        steps = counts / counts.sum(axis=1, keepdims=True)
        return cls(np.linalg.solve(np.eye(kinds) - steps[:, :kinds], steps[:, kinds]))

    def __call__(self, asked: Examples) -> Matrix:
        return np.clip(self.orders[asked.kinds], 1e-4, 1 - 1e-4)


def markov_chain(past: Examples, asked: Examples) -> Matrix:
    """Return what a chain of the past's events foresees."""
    return MarkovChain.fit(past)(asked)


BASELINES = {"share": share, "basket rule": basket_rule, "markov chain": markov_chain}


def _share(ordered: Matrix) -> float:
    return float((ordered.sum() + SMOOTHED) / (len(ordered) + 2 * SMOOTHED))
