"""A blend of recommenders: weights found on what happened after its components were trained.

Every component's scores become shares of a row, and the blend adds their logarithms, weighted: a
conditional logit (McFadden 1974). To the context's own products it adds what their visits tell.
A few thousand later cases settle its handful of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import optimize

from ml.recommendation.kinds import KINDS, kind_of
from ml.recommendation.recommender import best
from ml.recommendation.scores import Named, Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.recommendation.vector_table import Likeness
    from ml.tensor_files import Arrays

FLOOR = 1e-4  # the share of what a component does not name
CANDIDATES = 100  # of each component, for a case
BATCH = 128
RIDGE = 1e-3
LEAST_TOTAL = 1e-12  # of a row that names nothing
LEAST_SPREAD = 1e-6  # of a component's logarithms; below it they tell nothing apart


class Part(msgspec.Struct, frozen=True):
    kind: str
    settings: msgspec.Raw
    weight: float


class BlendSettings(msgspec.Struct, frozen=True):
    parts: tuple[Part, ...]
    own_weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Blend:
    components: tuple[Recommender, ...]
    weights: tuple[float, ...]
    own_weights: tuple[float, ...]  # of what own_products says

    name: ClassVar[str] = "blend"
    log_scores: ClassVar[bool] = True

    @classmethod
    def fit(cls, components: Sequence[Recommender], contexts: Sessions, followed: Ints) -> Self:
        """Return the blend that makes later cases most likely.

        ``contexts`` and (cases,) ``followed`` must be later than what the components learnt from.
        A component that answers the same for all products weighs nothing.
        """
        logs, cases, hits = _candidates(components, contexts, followed)
        spread = logs.std(axis=0)
        scale = np.where(spread > LEAST_SPREAD, spread, np.inf)

        def loss(weights: Floats) -> tuple[float, Floats]:
            scores = logs @ (weights / scale)
            scores -= np.maximum.reduceat(scores, cases)[np.repeat(range(len(cases)), counts)]
            likely = np.exp(scores)
            totals = np.add.reduceat(likely, cases)
            likely /= np.repeat(totals, counts)
            value = np.mean(np.log(totals) - scores[hits]) + RIDGE * weights @ weights
            slope = (likely @ logs - logs[hits].sum(axis=0)) / len(cases) / scale
            return float(value), slope + 2 * RIDGE * weights

        counts = np.diff(cases, append=len(logs))
        start = np.full(logs.shape[1], 1 / logs.shape[1])
        found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x / scale
        weights = tuple(float(weight) for weight in found)
        return cls(tuple(components), weights[: len(components)], weights[len(components) :])

    def of(self, components: Sequence[Recommender]) -> Self:
        """Return the same weights over these components, trained anew on everything."""
        if [kind_of(each) for each in components] != [kind_of(each) for each in self.components]:
            raise ValueError("the components are of other kinds than those that were weighed")
        return type(self)(tuple(components), self.weights, self.own_weights)

    def scores(self, contexts: Sessions) -> Scores:
        parts = [_logs(component, contexts) for component in self.components]
        shape, ground = parts[0].shape, np.zeros((1, 1), np.float32)
        layers: list[Named] = []
        likenesses: list[Likeness] = []
        for part, weight in zip(parts, self.weights, strict=True):
            own = part.ground if len(part.ground) > 1 else None  # to write into
            weighed = np.multiply(part.ground, np.float32(weight), out=own)
            ground = np.add(ground, weighed, out=own)
            layers += [layer.times(weight) for layer in part.layers]
            likenesses += [likeness.times(weight) for likeness in part.likenesses]
        rows, products, facts = own_products(contexts)
        visited = facts @ np.array(self.own_weights, np.float32)
        layers.append(Named.of_owned(visited, rows, products, len(contexts)))
        return Scores(shape, ground, tuple(layers), tuple(likenesses))

    def without(self, kind: type[Recommender]) -> Self:
        """Return the blend of all other components; itself where there are none."""
        kept = [
            pair
            for pair in zip(self.components, self.weights, strict=True)
            if not isinstance(pair[0], kind)
        ]
        if not kept:
            return self
        components, weights = zip(*kept, strict=True)
        return type(self)(components, weights, self.own_weights)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @property
    def settings(self) -> BlendSettings:
        weighed = zip(self.components, self.weights, strict=True)
        return BlendSettings(
            tuple(
                Part(kind_of(each), msgspec.Raw(msgspec.json.encode(each.settings)), weight)
                for each, weight in weighed
            ),
            self.own_weights,
        )

    def arrays(self) -> Arrays:
        return {
            f"{place}/{name}": array
            for place, component in enumerate(self.components)
            for name, array in component.arrays().items()
        }

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        decoded = msgspec.json.decode(settings, type=BlendSettings)
        parts = decoded.parts
        own: list[Arrays] = [{} for _ in parts]
        for name, array in arrays.items():
            place, _, rest = name.partition("/")
            own[int(place)][rest] = array
        components = tuple(
            KINDS[part.kind].from_parts(bytes(part.settings), own[place])
            for place, part in enumerate(parts)
        )
        return cls(components, tuple(part.weight for part in parts), decoded.own_weights)


def log_shares(component: Recommender, contexts: Sessions) -> Scores:
    """Return the logarithm of each product's share of its row."""
    scores = _logs(component, contexts)
    if component.log_scores:
        rows = scores.whole()
        greatest = rows.max(axis=1)
        pairs = zip(rows, greatest, strict=True)  # row by row: each stays in the cache
        totals = np.array([np.exp(row - top).sum() for row, top in pairs], np.float32)
        return Scores(scores.shape, rows - (greatest + np.log(totals))[:, None])
    return scores


def _logs(component: Recommender, contexts: Sessions) -> Scores:
    """Return the same but for a number that is added to a whole row, which moves no product."""
    scores = component.scores(contexts)
    if component.log_scores:
        return scores
    if scores.ground.any() or len(scores.layers) != 1:
        rows = np.maximum(scores.whole(), 0)  # a linear model's doubts count as nothing known
        rows /= np.maximum(rows.sum(axis=1, keepdims=True), LEAST_TOTAL)
        return Scores(scores.shape, np.log(rows + np.float32(FLOOR)))
    [named] = scores.layers
    shares = np.maximum(named.scores, 0)
    totals = np.add.reduceat(np.append(shares, 0), named.starts[:-1])  # of an empty row: unused
    shares /= np.repeat(np.maximum(totals, LEAST_TOTAL), np.diff(named.starts))
    above = named._replace(scores=np.log1p(shares / np.float32(FLOOR)))
    return Scores(scores.shape, np.full((1, 1), np.log(FLOOR), np.float32), (above,))


def own_products(contexts: Sessions) -> tuple[Ints, Ints, Floats]:
    """Return rows and products of all pairs of a context and a product in it, and (pairs, 3).

    The three: the logarithm of 1 + its visits, that it is there at all, that it is the latest.
    """
    most = contexts.items.max(initial=0) + 1
    pairs, visits = np.unique(contexts.owners * most + contexts.items, return_counts=True)
    rows, products = np.divmod(pairs, most)
    ends = np.maximum(contexts.offsets[1:] - 1, 0)
    latest = contexts.items[ends[rows]] == products
    facts = [np.log1p(visits), np.ones(len(rows)), latest]
    return rows, products, np.stack(facts, axis=1).astype(np.float32)


def _candidates(
    components: Sequence[Recommender], contexts: Sessions, followed: Ints
) -> tuple[Floats, Ints, Ints]:
    """Return (rows, components + 3) of what is weighed, where each case begins, and its hit's row.

    A case's rows are the best products of each component, and the one that followed.
    """
    rows, starts, hits, total = [], [], [], 0
    for start in range(0, len(contexts), BATCH):
        some = contexts.between(start, start + BATCH)
        logs = [log_shares(component, some).whole() for component in components]
        named = np.concatenate([best(each, CANDIDATES) for each in logs], axis=1)
        owners, own, facts = own_products(some)
        for fact in facts.T:
            cells = np.zeros_like(logs[0])
            cells[owners, own] = fact
            logs.append(cells)
        for case, target in enumerate(followed[start : start + BATCH]):
            products = np.unique(np.append(named[case], target))
            rows.append(np.stack([each[case, products] for each in logs], axis=1))
            starts.append(total)
            hits.append(total + int(np.searchsorted(products, target)))
            total += len(products)
    return np.concatenate(rows).astype(np.float64), np.array(starts), np.array(hits)
