"""Products that a model has not learnt of: each stands beside the known ones that it reads like.

What a visitor does to a newcomer counts as done to the one most like it. A newcomer is listed for
who is shown its like, its share reduced by how little they are alike, until a training knows it.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter, neg
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.recommendation.content import ContentSimilarity
    from ml.recommendation.descriptions import ProductContent
    from ml.recommendation.sessions import Ints, Vocabulary

LEAST_ALIKE = 0.15
"""Cosine of two descriptions below which they say nothing of each other."""
DECIMALS = 8
"""Of scores."""
NEAREST = 10
"""Known products that a newcomer stands beside."""
MOST_BESIDE = 3
"""Newcomers next to one product: more would push what shoppers are known to like off the lists."""


class StandIn(NamedTuple):
    """A newcomer, the numbers of the products it is most like, the most first, and how much."""

    product_id: str
    numbers: tuple[int, ...]
    likeness: tuple[float, ...]


class StandIns:
    """The products of a model's vocabulary, and those that came after it.

    Without ``content`` nobody knows what a newcomer is like, and none is listed.
    """

    def __init__(self, vocabulary: Vocabulary, content: ContentSimilarity | None = None) -> None:
        self.vocabulary = vocabulary
        self._content = content
        self._newcomers: dict[str, StandIn] = {}
        self._beside: dict[int, dict[str, float]] = {}
        self._has_beside = np.zeros(len(vocabulary), np.bool_)
        self._names = np.array(vocabulary.products, np.object_)

    def number(self, product_id: str) -> int | None:
        """Return the number of a product, or of the one that it is most like."""
        number = self.vocabulary.number(product_id)
        if number is None and (newcomer := self._newcomers.get(product_id)) is not None:
            return newcomer.numbers[0]
        return number

    def describe(self, described: Mapping[str, ProductContent]) -> list[StandIn]:
        """Take what is said of products by now; return where those that are new to it stand."""
        new = [each for each in described if each not in self.vocabulary]
        if self._content is None or not new:
            return []
        found, cosines = self._content.nearest([described[each] for each in new], NEAREST)
        placed = []
        for product_id, numbers, likeness in zip(new, found, cosines, strict=True):
            self._leave(product_id)
            near = int((likeness >= LEAST_ALIKE).sum())  # the most alike come first
            if near:
                pairs = numbers[:near].tolist(), likeness[:near].tolist()
                placed.append(StandIn(product_id, *map(tuple, pairs)))
                self._newcomers[product_id] = placed[-1]
                for number, alike in zip(*pairs, strict=True):
                    self._beside.setdefault(number, {})[product_id] = alike
                    self._has_beside[number] = True
        return placed

    def next_to(self, number: int) -> list[tuple[str, float]]:
        """Return the latest newcomers beside a product, and how much each is like it."""
        return list(self._beside.get(number, {}).items())[-MOST_BESIDE:]

    def beside(
        self, numbers: Ints, scores: Sequence[float], because: Sequence[int]
    ) -> tuple[list[str], list[float], list[int]]:
        """Return a list's product ids, scores and reasons, with the newcomers among them.

        A newcomer comes before the first that scores less.
        """
        listed = self._names[numbers].tolist(), list(scores), list(because)
        best: dict[str, tuple[float, int]] = {}
        for place in np.flatnonzero(self._has_beside[numbers]).tolist():
            for product_id, alike in self.next_to(int(numbers[place])):
                found = round(scores[place] * alike, DECIMALS), because[place]
                best[product_id] = max(found, best.get(product_id, found), key=itemgetter(0))
        for product_id, (score, reason) in best.items():
            place = bisect_right(listed[1], -score, key=neg)
            for column, value in zip(listed, (product_id, score, reason), strict=True):
                column.insert(place, value)
        return listed

    def _leave(self, product_id: str) -> None:
        if (before := self._newcomers.pop(product_id, None)) is not None:
            for number in before.numbers:
                del self._beside[number][product_id]
                self._has_beside[number] = bool(self._beside[number])
