"""Popularity by recency: what many shoppers looked at lately. Knows nothing of the context."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np

from ml.recommendation.event_weights import session_weights
from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Scores

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Sessions
    from ml.tensor_files import Arrays


class PopularitySettings(msgspec.Struct, frozen=True, kw_only=True):
    half_life: float = 0.05  # of the training period


UNSEEN = 0.05  # events that a product is granted which nobody looked at lately


@dataclass(frozen=True, eq=False)
class Popularity:
    settings: PopularitySettings
    counts: Floats  # (products,)

    name: ClassVar[str] = "popularity by recency"
    log_scores: ClassVar[bool] = True

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: PopularitySettings | None = None
    ) -> Self:
        settings = settings or PopularitySettings()
        weights = session_weights(sessions, settings.half_life)[sessions.owners]
        counts = np.bincount(sessions.items, weights, minlength=products)
        return cls(settings, counts.astype(np.float32))

    def scores(self, contexts: Sessions) -> Scores:
        return Scores.of_rows(self._logs, len(contexts))

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _logs(self) -> Floats:
        """(1, products)."""
        logs: Floats = np.log(self.counts + UNSEEN).astype(np.float32)
        return logs[None, :]

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=PopularitySettings), **arrays)
