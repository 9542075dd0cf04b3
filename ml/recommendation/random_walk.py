"""A random walk over products: where a few steps from those of the context lead.

Reaches products that no session holds together with those of the context; S-Walk (Choi et al.,
WSDM 2022) has the idea. The walk is taken once, at training, and cut to each product's best ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import sparse

from ml.recommendation.event_weights import context_matrix, csr
from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Scores
from ml.recommendation.sequential_rules import pairs

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class RandomWalkSettings(msgspec.Struct, frozen=True, kw_only=True):
    steps: int = 20  # of a session that one step of the walk may span
    distance_power: float = 1.0
    backward: float = 0.5  # weight of "came before" beside "came after"
    half_life: float = 1.5  # of the training period
    target_power: float = 0.4  # damps products that everything leads to
    hops: int = 3
    hop_weight: float = 0.8  # of each further step of the walk
    branches: int = 100  # of each product that a step may take
    ends: int = 200  # kept of each product
    context_steps: float = 1.5  # decay over the context's events


ROWS = 1_000  # walked at a time, so that memory stays small


@dataclass(frozen=True, eq=False)
class RandomWalk:
    settings: RandomWalkSettings
    weights: Floats  # (ends of all products,)
    ends: Ints  # (ends of all products,)
    starts: Ints  # (products + 1,)

    name: ClassVar[str] = "random walk"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: RandomWalkSettings | None = None
    ) -> Self:
        settings = settings or RandomWalkSettings()
        steps = pairs(
            sessions,
            products,
            steps=settings.steps,
            distance_power=settings.distance_power,
            half_life=settings.half_life,
        )
        steps = steps + settings.backward * steps.T
        received = np.asarray(steps.sum(axis=0)).ravel()
        steps = steps @ sparse.diags(np.maximum(received, 1e-6) ** -settings.target_power)
        left = np.asarray(steps.sum(axis=1)).ravel()
        steps = (sparse.diags(1 / np.maximum(left, 1e-12)) @ steps).tocsr().astype(np.float32)
        steps = _strongest(steps, settings.branches)
        walk = steps
        for _ in range(settings.hops - 1):
            blocks = (steps[start : start + ROWS] for start in range(0, products, ROWS))
            walk = sparse.vstack(
                [
                    _strongest(block + settings.hop_weight * (block @ walk), settings.ends)
                    for block in blocks
                ]
            ).tocsr()
        return cls(settings, walk.data, walk.indices, walk.indptr)

    def scores(self, contexts: Sessions) -> Scores:
        seen = context_matrix(contexts, len(self.starts) - 1, self.settings.context_steps)
        return Scores.of_cells(seen @ self._walk)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _walk(self) -> sparse.csr_matrix:
        return csr(self.weights, self.ends, self.starts, len(self.starts) - 1)

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=RandomWalkSettings), **arrays)


def _strongest(rows: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """Return the same rows with no more than their ``count`` greatest cells."""
    rows = rows.tocsr()
    kept = []
    for start, stop in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        cells = rows.data[start:stop]
        few = len(cells) <= count
        kept.append(
            start + (np.arange(len(cells)) if few else np.argpartition(-cells, count)[:count])
        )
    starts = np.concatenate([[0], np.cumsum([len(each) for each in kept])])
    places = np.concatenate(kept)
    return sparse.csr_matrix((rows.data[places], rows.indices[places], starts), shape=rows.shape)
