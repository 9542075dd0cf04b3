"""Turns a model's scores into lists: the best products, each with the touches it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.behaviour import contexts_of
from ml.recommender import best
from ml.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ml.behaviour import Touch
    from ml.recommender import Recommender
    from ml.sessions import Floats, Ints, Vocabulary

LENGTH = 120
"""Products kept of a list: enough to leave out what is sold out, seen or unwanted."""
AT_ONCE = 64
"""Contexts of one prediction: 64 rows of 50,000 products are 13 MB."""


class Neighbours(NamedTuple):
    """For each product those that go with it, best first: (products, k) numbers and scores."""

    products: Ints
    scores: Floats


class Ranked(NamedTuple):
    """A product of a list; ``because``: the touches it rests on, the strongest first."""

    product_id: str
    score: float
    because: tuple[Touch, ...]


def neighbours_of(model: Recommender, products: int, k: int) -> Neighbours:
    """Return the ``k`` products that a model answers to each product alone, itself left out."""
    numbers: list[Ints] = []
    scores: list[Floats] = []
    for start in range(0, products, AT_ONCE):
        alone = np.arange(start, min(start + AT_ONCE, products))
        answered = _shares(model, Sessions.of([[int(number)] for number in alone]))
        answered[np.arange(len(alone)), alone] = -np.inf
        top = best(answered, k)
        numbers.append(top)
        scores.append(np.take_along_axis(answered, top, axis=1))
    if not numbers:
        return Neighbours(np.zeros((0, k), np.int64), np.zeros((0, k), np.float32))
    return Neighbours(np.concatenate(numbers), np.concatenate(scores))


def rank(
    model: Recommender,
    vocabulary: Vocabulary,
    neighbours: Neighbours,
    histories: Sequence[Sequence[Touch]],
) -> Iterator[list[Ranked]]:
    """Yield a list for each history; an empty one where the model knows none of its products."""
    for start in range(0, len(histories), AT_ONCE):
        some = histories[start : start + AT_ONCE]
        contexts = contexts_of(some, vocabulary)
        scores = _shares(model, contexts)
        top = best(scores, LENGTH)
        for row, history in enumerate(some):
            if contexts.lengths[row] == 0:
                yield []
                continue
            known = [(n, t) for t in history if (n := vocabulary.number(t.product_id)) is not None]
            reasons = _reasons(neighbours, known)
            yield [
                Ranked(
                    vocabulary.products[number],
                    round(float(scores[row, number]), 6),
                    reasons.get(int(number), (known[-1][1],)),
                )
                for number in top[row]
            ]


def _shares(model: Recommender, contexts: Sessions) -> Floats:
    """Return scores that can be added up: a model of logarithms answers its shares."""
    scores = model.predict(contexts)
    return np.exp(scores) if model.log_scores else scores


def _reasons(
    neighbours: Neighbours, known: Sequence[tuple[int, Touch]]
) -> dict[int, tuple[Touch, ...]]:
    """Return for each neighbour of a touched product the touches of the one nearest to it."""
    of: dict[int, list[Touch]] = {}
    for number, touch in known:
        of.setdefault(number, []).append(touch)
    numbers = list(of)
    others = neighbours.products[numbers].ravel()
    owners = np.repeat(np.arange(len(numbers)), neighbours.products.shape[1])
    rising = np.argsort(neighbours.scores[numbers].ravel(), kind="stable")  # the nearest stays
    nearest = zip(others[rising].tolist(), owners[rising].tolist(), strict=True)
    touched = [tuple(of[number]) for number in numbers]
    return {other: touched[owner] for other, owner in nearest}
