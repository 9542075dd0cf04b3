"""EASE: a closed-form linear item-to-item model, for catalogues small enough to invert.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019; sessions weigh by recency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import linalg, sparse

from ml.recommendation.event_weights import context_matrix, session_weights
from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Scores

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Sessions
    from ml.tensor_files import Arrays


class EaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    regularisation: float = 10.0
    half_life: float = 0.5  # of the training period
    context_steps: float = 1.5  # decay over the context's events
    largest_catalogue: int = 12_000  # products; the inverse takes their square in memory


class CatalogueTooLarge(ValueError):
    """The catalogue has more products than EASE can take."""


@dataclass(frozen=True, slots=True, eq=False)
class Ease:
    settings: EaseSettings
    weights: Floats  # (products, products)

    name: ClassVar[str] = "EASE"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(cls, sessions: Sessions, products: int, settings: EaseSettings | None = None) -> Self:
        """Solve for the weights; more products than the settings allow raise CatalogueTooLarge."""
        settings = settings or EaseSettings()
        if products > settings.largest_catalogue:
            raise CatalogueTooLarge(
                f"{products} products; {settings.largest_catalogue} is the most"
            )
        shape = (len(sessions), products)
        cells = (np.ones(len(sessions.items)), (sessions.owners, sessions.items))
        seen = sparse.csr_matrix(cells, shape=shape)
        seen.data[:] = 1  # once a session
        weighted = sparse.diags(session_weights(sessions, settings.half_life)) @ seen
        gram = (seen.T @ weighted).toarray()
        gram[np.diag_indices(products)] += settings.regularisation
        inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)
        weights = inverse / -np.diag(inverse)
        weights[np.diag_indices(products)] = 0
        return cls(settings, weights.astype(np.float32))

    def scores(self, contexts: Sessions) -> Scores:
        seen = context_matrix(contexts, len(self.weights), self.settings.context_steps)
        return Scores.of_rows(seen @ self.weights)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=EaseSettings), **arrays)
