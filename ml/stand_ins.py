"""Products that a model has not learnt of: each stands beside the known one that it reads like.

What a visitor does to a newcomer counts as done to that one, and the newcomer is listed next to
it, its share reduced by how little they are alike, until a training knows better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ml.blend import Blend
from ml.content import ContentSimilarity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.content import ProductContent
    from ml.recommender import Recommender
    from ml.sessions import Vocabulary

LEAST_ALIKE = 0.15
"""Cosine of two descriptions below which they say nothing of each other."""
MOST_BESIDE = 3
"""Newcomers next to one product: more would push what shoppers are known to like off the lists."""


class StandIn(NamedTuple):
    """A newcomer, the number of the product that it is most like, and how much."""

    product_id: str
    number: int
    likeness: float


class StandIns:
    """The products of a model's vocabulary, and those that came after it."""

    def __init__(self, vocabulary: Vocabulary, model: Recommender | None = None) -> None:
        self.vocabulary = vocabulary
        parts = model.components if isinstance(model, Blend) else (model,)
        self._content = next((p for p in parts if isinstance(p, ContentSimilarity)), None)
        self._newcomers: dict[str, StandIn] = {}
        self._beside: dict[int, list[StandIn]] = {}

    def number(self, product_id: str) -> int | None:
        """Return the number of a product, or of the one that it stands beside."""
        number = self.vocabulary.number(product_id)
        if number is None and (newcomer := self._newcomers.get(product_id)) is not None:
            return newcomer.number
        return number

    def describe(self, described: Mapping[str, ProductContent]) -> list[StandIn]:
        """Take what is said of products by now; return where those that are new to it stand."""
        new = [each for each in described if each not in self.vocabulary]
        if self._content is None or not new:
            return []
        nearest, likeness = self._content.nearest([described[each] for each in new])
        placed = []
        for product_id, number, alike in zip(new, nearest, likeness, strict=True):
            self._leave(product_id)
            if alike >= LEAST_ALIKE:
                newcomer = StandIn(product_id, int(number), float(alike))
                self._newcomers[product_id] = newcomer
                self._beside.setdefault(newcomer.number, []).append(newcomer)
                placed.append(newcomer)
        return placed

    def next_to(self, number: int) -> list[StandIn]:
        """Return the latest newcomers beside a product, the most alike first."""
        latest = self._beside.get(number, [])[-MOST_BESIDE:]
        return sorted(latest, key=lambda each: -each.likeness)

    def beside(
        self, numbers: Sequence[int], scores: Sequence[float], because: Sequence[int]
    ) -> tuple[list[str], list[float], list[int]]:
        """Return a list's product ids, scores and reasons, with the newcomers among them."""
        products = self.vocabulary.products
        rows = list(
            zip((products[n] for n in numbers), map(_rounded, scores), because, strict=True)
        )
        if self._beside:
            rows += [
                (newcomer.product_id, _rounded(score * newcomer.likeness), reason)
                for number, score, reason in zip(numbers, scores, because, strict=True)
                if number in self._beside
                for newcomer in self.next_to(number)
            ]
            rows.sort(key=lambda row: -row[1])
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]

    def _leave(self, product_id: str) -> None:
        if (before := self._newcomers.pop(product_id, None)) is not None:
            self._beside[before.number].remove(before)


def _rounded(score: float) -> float:
    return float(f"{score:.6g}")
