"""Weighted sequential rules: who looked at this went on to that, sooner and lately weighing more.

Ludewig and Jannach, Evaluation of session-based recommendation algorithms, UMUAI 2018 (SR), with
weights for the age of the session and for every event of the context, not its last alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import sparse

from ml.recommendation.event_weights import context_matrix, csr, session_weights
from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Scores

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class SequentialRulesSettings(msgspec.Struct, frozen=True, kw_only=True):
    steps: int = 8  # a rule spans no more events than this
    distance_power: float = 1.0  # weight = 1 / distance ** power
    context_steps: float = 1.0  # decay over the context's events
    half_life: float = 0.5  # of the training period
    backward: float = 0.2  # weight of "came before" beside "came after"
    target_power: float = 0.2  # damps products that follow everything


@dataclass(frozen=True, eq=False)
class SequentialRules:
    settings: SequentialRulesSettings
    weights: Floats  # (rules,)
    followers: Ints  # (rules,)
    starts: Ints  # (products + 1,)

    name: ClassVar[str] = "sequential rules"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: SequentialRulesSettings | None = None
    ) -> Self:
        settings = settings or SequentialRulesSettings()
        rules = pairs(
            sessions,
            products,
            steps=settings.steps,
            distance_power=settings.distance_power,
            half_life=settings.half_life,
        )
        rules = (rules + settings.backward * rules.T).tocsr()
        received = np.asarray(rules.sum(axis=0)).ravel()
        damp = sparse.diags(np.maximum(received, 1e-6) ** -settings.target_power)
        rules = (rules @ damp).tocsr().astype(np.float32)
        return cls(settings, rules.data, rules.indices, rules.indptr)

    def scores(self, contexts: Sessions) -> Scores:
        seen = context_matrix(contexts, len(self.starts) - 1, self.settings.context_steps)
        return Scores.of_cells(seen @ self._rules)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _rules(self) -> sparse.csr_matrix:
        return csr(self.weights, self.followers, self.starts, len(self.starts) - 1)

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=SequentialRulesSettings), **arrays)


def pairs(
    sessions: Sessions, products: int, *, steps: int, distance_power: float, half_life: float
) -> sparse.csr_matrix:
    """Return (products, products): the weighted count of column coming after row."""
    ages = session_weights(sessions, half_life)
    owners = sessions.owners
    rules = sparse.csr_matrix((products, products), dtype=np.float32)
    for distance in range(1, steps + 1):
        together = np.flatnonzero(owners[distance:] == owners[:-distance])
        weights = ages[owners[together]] / distance**distance_power
        before, after = sessions.items[together], sessions.items[together + distance]
        rules = rules + sparse.csr_matrix((weights, (before, after)), shape=rules.shape)
    return rules
