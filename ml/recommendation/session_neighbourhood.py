"""Session neighbourhood: what shoppers with sessions like this one looked at nearby.

V-SKNN and STAN (Ludewig and Jannach 2018; Garg et al., SIGIR 2019): products of the context weigh
by recency and rarity, neighbours by recency, and a neighbour's products by their distance from the
latest product that both share. The newest sessions of each product alone are looked at, as in
Serenade (Kersbergen et al., SIGMOD 2022), so an answer takes about a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import sparse

from ml.recommendation.event_weights import session_weights
from ml.recommendation.recommender import arrays_of
from ml.recommendation.scores import Scores

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class NeighbourhoodSettings(msgspec.Struct, frozen=True, kw_only=True):
    neighbours: int = 500
    sample: int = 1_000  # the newest sessions of each product
    context_events: int = 20
    context_steps: float = 1.5  # decay over the context's events
    half_life: float = 0.3  # of the training period, over neighbours
    after_steps: float = 2.0  # decay over a neighbour's events after the shared product
    before_steps: float = 1.0  # and before it
    rarity: float = 0.5  # power of the inverse document frequency of shared products
    length_power: float = 0.3  # damps long neighbours
    target_rarity: float = 0.2  # power of the inverse document frequency of what is recommended


BATCH = 128


@dataclass(frozen=True, eq=False)
class SessionNeighbourhood:
    settings: NeighbourhoodSettings
    items: Ints  # (events,) the training sessions, one after the other
    offsets: Ints  # (sessions + 1,)
    session_scale: Floats  # (sessions,) weight of a neighbour by age and length
    postings: Ints  # (postings,) events, grouped by product, the newest session first
    starts: Ints  # (products + 1,) into postings
    rarity: Floats  # (products,) inverse document frequency

    name: ClassVar[str] = "session neighbourhood"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, sessions: Sessions, products: int, settings: NeighbourhoodSettings | None = None
    ) -> Self:
        settings = settings or NeighbourhoodSettings()
        events = np.arange(len(sessions.items))
        order = np.lexsort((-events, sessions.items))
        items, owners = sessions.items[order], sessions.owners[order]
        first = np.ones(len(order), bool)  # a product's latest event in each session
        first[1:] = (items[1:] != items[:-1]) | (owners[1:] != owners[:-1])
        order, items = order[first], items[first]
        counts = np.bincount(items, minlength=products)
        starts = np.concatenate([[0], np.cumsum(counts)])
        newest = np.arange(len(items)) - starts[items] < settings.sample
        kept = np.bincount(items[newest], minlength=products)
        ages = session_weights(sessions, settings.half_life)
        return cls(
            settings,
            sessions.items,
            sessions.offsets,
            (ages / np.maximum(sessions.lengths, 1) ** settings.length_power).astype(np.float32),
            order[newest],
            np.concatenate([[0], np.cumsum(kept)]),
            np.log1p(len(sessions) / np.maximum(counts, 1)).astype(np.float32),
        )

    def scores(self, contexts: Sessions) -> Scores:
        recent = contexts.latest(self.settings.context_events)
        parts = [
            self._found(recent.between(start, start + BATCH))
            for start in range(0, len(contexts), BATCH)
        ]
        if not parts:
            return Scores.of_cells(sparse.csr_matrix((0, len(self.rarity)), dtype=np.float32))
        return Scores.of_cells(sparse.vstack(parts, "csr") if len(parts) > 1 else parts[0])

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    def _found(self, contexts: Sessions) -> sparse.csr_matrix:
        settings, products = self.settings, len(self.rarity)
        owners, items, steps = _latest_of_each(contexts)
        weights = np.exp(-steps / settings.context_steps) * self.rarity[items] ** settings.rarity

        # Every event of the index that shares a product with a context.
        counts = self.starts[items + 1] - self.starts[items]
        which = np.repeat(np.arange(len(items)), counts)
        places = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        events = self.postings[self.starts[items][which] + places]
        sessions = np.searchsorted(self.offsets, events, side="right") - 1

        # One row for each pair of a context and a neighbour; shared products add up.
        pairs = owners[which] * (len(self.offsets) - 1) + sessions
        order = np.lexsort((steps[which], pairs))  # the latest shared product first
        pairs, events, which = pairs[order], events[order], which[order]
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        if not len(firsts):
            return sparse.csr_matrix((len(contexts), products), dtype=np.float32)
        shared = np.add.reduceat(weights[which], firsts)
        owner, session = np.divmod(pairs[firsts], len(self.offsets) - 1)
        similarity = shared * self.session_scale[session]
        nearest = _largest(owner, similarity, settings.neighbours)
        owner, session, similarity = owner[nearest], session[nearest], similarity[nearest]
        anchors = events[firsts][nearest]

        # The neighbours' products, by their distance from the shared one.
        lengths = self.offsets[session + 1] - self.offsets[session]
        pair = np.repeat(np.arange(len(session)), lengths)
        event = np.arange(len(pair)) + np.repeat(
            self.offsets[session] - (np.cumsum(lengths) - lengths), lengths
        )
        distance = event - anchors[pair]
        pace = np.where(distance >= 0, settings.after_steps, settings.before_steps)
        decay = np.exp(-np.abs(distance) / pace)
        ends = np.searchsorted(owner[pair], np.arange(len(contexts) + 1))
        found = sparse.csr_matrix(
            (similarity[pair] * decay, self.items[event], ends), shape=(len(contexts), products)
        )
        return (found @ self._target_weights).astype(np.float32)  # adds up what stands twice

    @cached_property
    def _target_weights(self) -> sparse.csr_matrix:
        return sparse.diags(self.rarity**self.settings.target_rarity).tocsr()

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=NeighbourhoodSettings), **arrays)


def _latest_of_each(contexts: Sessions) -> tuple[Ints, Ints, Ints]:
    """Return owners, items and steps to the end of each context's distinct products."""
    owners, steps = contexts.owners, contexts.steps_to_end
    order = np.lexsort((steps, contexts.items, owners))
    owners, items, steps = owners[order], contexts.items[order], steps[order]
    first = np.ones(len(order), bool)
    first[1:] = (owners[1:] != owners[:-1]) | (items[1:] != items[:-1])
    return owners[first], items[first], steps[first]


def _largest(groups: Ints, values: Floats, k: int) -> Ints:
    """Return where the k largest values of each group stand; groups are sorted."""
    order = np.lexsort((-values, groups))
    starts = np.searchsorted(groups, groups)
    largest: Ints = order[np.arange(len(order)) - starts < k]
    return largest
