"""What anybody would say without learning features: a share, a rule, and a chain of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.intent.outcomes import ABANDONMENT, INTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ml.intent.examples import Examples
    from ml.intent.tree_ensemble import Matrix

SMOOTHED = 1.0
"""Added to each side of a share, so that none is 0 or 1."""


def share(past: Examples, asked: Examples) -> Matrix:
    """Return how many it happened to, for everybody."""
    return np.full(len(asked), _share(past.happened))


def basket_rule(past: Examples, asked: Examples) -> Matrix:
    """Return how many it happened to with something in the basket, and without."""
    return _by(past.has_basket, past, asked.has_basket)


def checkout_rule(past: Examples, asked: Examples) -> Matrix:
    """Return how many it happened to with a checkout begun, and without."""
    return _by(past.column("checkouts") > 0, past, asked.column("checkouts") > 0)


@dataclass(frozen=True, slots=True, eq=False)
class MarkovChain:
    """How probable it is after each kind of event, if the next one depends on it alone."""

    happens: Matrix  # (kinds,)

    @classmethod
    def fit(cls, past: Examples) -> MarkovChain:
        """Absorb a chain with the counted steps in "happened" or "ended" (Kemeny, Snell 1960)."""
        steps = past.steps()
        kinds = steps.shape[0] - 1
        counts = steps[:kinds].astype(np.float64)
        counts[:, -2:] += 1e-3  # a kind never left ends somewhere
        steps = counts / counts.sum(axis=1, keepdims=True)
        return cls(np.linalg.solve(np.eye(kinds) - steps[:, :kinds], steps[:, kinds]))

    def __call__(self, asked: Examples) -> Matrix:
        return np.clip(self.happens[asked.kinds], 1e-4, 1 - 1e-4)


def markov_chain(past: Examples, asked: Examples) -> Matrix:
    """Return what a chain of the past's events foresees."""
    return MarkovChain.fit(past)(asked)


BASELINES: Mapping[str, Mapping[str, Callable[[Examples, Examples], Matrix]]] = {
    INTENT: {"share": share, "basket rule": basket_rule, "markov chain": markov_chain},
    ABANDONMENT: {"share": share, "checkout rule": checkout_rule, "markov chain": markov_chain},
}
"""By target, then by name."""


def _by(is_past: NDArray[np.bool_], past: Examples, is_asked: NDArray[np.bool_]) -> Matrix:
    with_it, without = (_share(past.happened[is_past == each]) for each in (True, False))
    return np.where(is_asked, with_it, without)


def _share(happened: Matrix) -> float:
    return float((happened.sum() + SMOOTHED) / (len(happened) + 2 * SMOOTHED))
