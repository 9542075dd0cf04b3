"""Item-to-item: products of the same sessions, by cosine; of purchases only, bought together."""

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
from ml.recommendation.sessions import EventKind

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class ItemNeighboursSettings(msgspec.Struct, frozen=True, kw_only=True):
    bought: bool = False  # learn from purchases only: frequently bought together
    half_life: float = 0.5  # of the training period
    context_steps: float = 1.5  # decay over the context's events
    shrink: float = 2.0  # pairs seen together this often count half


@dataclass(frozen=True, eq=False)
class ItemNeighbours:
    settings: ItemNeighboursSettings
    similarities: Floats  # (pairs,)
    neighbours: Ints  # (pairs,)
    starts: Ints  # (products + 1,)

    name: ClassVar[str] = "item neighbours"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: ItemNeighboursSettings | None = None
    ) -> Self:
        settings = settings or ItemNeighboursSettings()
        events = np.ones(len(sessions.items), bool)
        if settings.bought and sessions.kinds is not None:
            events = sessions.kinds == EventKind.PURCHASED
        owners, items = sessions.owners[events], sessions.items[events]
        shape = (len(sessions), products)
        seen = sparse.csr_matrix((np.ones(len(items), np.float32), (owners, items)), shape=shape)
        seen.data[:] = 1  # once a session
        weights = session_weights(sessions, settings.half_life)
        together = (seen.T @ sparse.diags(np.sqrt(weights))) @ (
            sparse.diags(np.sqrt(weights)) @ seen
        )
        together = together.tocoo()
        sizes = np.asarray(seen.T @ weights).ravel()
        cosine = together.data / np.sqrt(sizes[together.row] * sizes[together.col])
        support = together.data / (together.data + settings.shrink)
        other = together.row != together.col
        similar = sparse.csr_matrix(
            (
                (cosine * support)[other].astype(np.float32),
                (together.row[other], together.col[other]),
            ),
            shape=(products, products),
        )
        return cls(settings, similar.data, similar.indices, similar.indptr)

    def scores(self, contexts: Sessions) -> Scores:
        seen = context_matrix(contexts, len(self.starts) - 1, self.settings.context_steps)
        return Scores.of_cells(seen @ self._similar)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _similar(self) -> sparse.csr_matrix:
        return csr(self.similarities, self.neighbours, self.starts, len(self.starts) - 1)

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=ItemNeighboursSettings), **arrays)
