"""Revisits: the shopper's own products again, by how often and how lately they were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np

from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Named, Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class RevisitsSettings(msgspec.Struct, frozen=True, kw_only=True):
    most_visits: int = 5  # more count as many
    most_steps: int = 30  # as with visits, events since the latest one
    prior: float = 20.0  # cases at the mean rate that each cell begins with


@dataclass(frozen=True, slots=True, eq=False)
class Revisits:
    settings: RevisitsSettings
    rates: Floats  # (visits, steps): how often the next event was such a product again
    catalogue: Ints  # (1,) the number of products

    name: ClassVar[str] = "revisits"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: RevisitsSettings | None = None
    ) -> Self:
        settings = settings or RevisitsSettings()
        visits, again = _visits(sessions)
        events = np.arange(len(sessions.items))
        ends = sessions.offsets[1:][sessions.owners]
        waited = np.where(again < 0, ends - 1, again) - events - 1  # steps the product stood unmet
        shape = (settings.most_visits, settings.most_steps + 1)

        def histogram(chosen: NDArray[np.bool_]) -> Floats:
            rows = np.minimum(visits[chosen], settings.most_visits) - 1
            columns = np.minimum(waited[chosen], settings.most_steps)
            cells = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
            return cells.reshape(shape).astype(np.float32)

        returned = histogram(again >= 0)
        left = histogram((again < 0) & (waited > 0))
        left = np.pad(left[:, 1:], ((0, 0), (0, 1)))  # unmet n times is unmet at steps 0 to n - 1
        offered = np.cumsum((returned + left)[:, ::-1], axis=1)[:, ::-1]
        mean = returned.sum() / max(offered.sum(), 1)
        rates = (returned + settings.prior * mean) / (offered + settings.prior)
        return cls(settings, rates.astype(np.float32), np.array([products]))

    def scores(self, contexts: Sessions) -> Scores:
        visits, again = _visits(contexts)
        latest = again < 0
        rows = np.minimum(visits[latest], self.settings.most_visits) - 1
        columns = np.minimum(contexts.steps_to_end[latest], self.settings.most_steps)
        named = Named.of_owned(
            self.rates[rows, columns],
            contexts.owners[latest],
            contexts.items[latest],
            len(contexts),
        )
        return Scores.of_named(named, int(self.catalogue[0]))

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=RevisitsSettings), **arrays)


def _visits(sessions: Sessions) -> tuple[Ints, Ints]:
    """Return (events,) the product's visits so far, and where its next one stands or -1."""
    order = np.lexsort((np.arange(len(sessions.items)), sessions.items, sessions.owners))
    items, owners = sessions.items[order], sessions.owners[order]
    same = (items[1:] == items[:-1]) & (owners[1:] == owners[:-1])
    first = np.concatenate([[True], ~same])
    places = np.arange(len(order))
    visits, again = np.empty_like(order), np.full_like(order, -1)
    visits[order] = places - np.maximum.accumulate(np.where(first, places, 0)) + 1
    again[order[:-1][same]] = order[1:][same]
    return visits, again
