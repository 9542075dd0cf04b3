"""Scores of all products for some contexts: a ground, and what is named above it.

Most components name a few hundred of 50,000 products, a neural one knows all by their vectors, and
a list needs the best hundred. Whoever needs whole rows and whoever needs the best gets them from
the same additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from ml.recommendation.recommender import nearly_best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from ml.recommendation.sessions import Floats, Ints
    from ml.recommendation.vector_table import AboutProducts, Likeness

AT_ONCE = 64  # contexts whose likenesses are looked up together: 13 MB for 50,000 products


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A product's score is its ground, its likenesses and its cell of each layer, added up.

    ``ground``: float32 that broadcasts to ``shape``, (contexts, products); where it has several
    rows they are the asker's, to write into. ``layers``: sparse matrices of that shape, without a
    cell twice. ``likenesses``: of all products, by their vectors.
    """

    shape: tuple[int, int]
    ground: Floats
    layers: tuple[sparse.csr_matrix, ...] = ()
    likenesses: tuple[Likeness, ...] = ()

    @classmethod
    def of_rows(cls, rows: Floats, contexts: int | None = None) -> Self:
        """Return scores that are known of every product; one row may serve all contexts."""
        return cls((len(rows) if contexts is None else contexts, rows.shape[1]), rows)

    @classmethod
    def of_named(cls, cells: sparse.csr_matrix) -> Self:
        """Return the scores of what is named; all others have 0."""
        return cls(cells.shape, np.zeros((1, 1), np.float32), (cells,))

    def whole(self) -> Floats:
        """Return (contexts, products): everything."""
        rows = np.empty(self.shape, np.float32)
        for number, row in enumerate(rows):
            self._fill(row, number)
        for likeness in self.likenesses:
            rows += likeness.table.products(likeness.asked)
        return rows

    def best(self, k: int, *, without: Ints | None = None) -> tuple[Ints, Floats]:
        """Return (contexts, k) the best products of ``whole``, ties by number, and their scores.

        The last bits of a likeness may differ from those of ``whole``. ``without``: (contexts,) a
        product of each that does not count.
        """
        contexts, products = self.shape
        found = np.empty((contexts, min(k, products)), np.int64)
        scores = np.empty(found.shape, np.float32)
        row = np.empty(products, np.float32)
        likely = _Likely(self.likenesses, self.shape)
        for number in range(contexts):
            self._fill(row, number)
            if without is not None:
                row[without[number]] = -np.inf
            chosen, exact = likely.best(row, number, found.shape[1])
            order = np.argsort(-exact, kind="stable")[: found.shape[1]]
            found[number], scores[number] = chosen[order], exact[order]
        return found, scores

    def _fill(self, row: Floats, number: int) -> None:
        """Fill in all but the likenesses."""
        row[:] = self.ground[0 if len(self.ground) == 1 else number]
        for layer in self.layers:
            first, end = layer.indptr[number : number + 2].tolist()
            row[layer.indices[first:end]] += layer.data[first:end]


class _Likely:
    """Adds likenesses: about to all products, exactly to those that may then be among the best."""

    def __init__(self, likenesses: Sequence[Likeness], shape: tuple[int, int]) -> None:
        self._likenesses = likenesses
        self._space = np.empty((2, shape[1]), np.float32) if likenesses else None
        self._about: list[AboutProducts] = []

    def best(self, row: Floats, number: int, k: int) -> tuple[Ints, Floats]:
        """Return at least the k best products, in order of their numbers, and their scores."""
        if self._space is None:
            chosen = nearly_best(row, k)
            return chosen, row[chosen]
        place = number % AT_ONCE
        if place == 0:
            some = slice(number, number + AT_ONCE)
            self._about = [each.table.about(each.asked[some]) for each in self._likenesses]
        total, part = self._space
        total[:] = row
        for about in self._about:
            np.copyto(part, about.products[place], casting="unsafe")
            part *= about.steps[place]
            total += part
        off_by = sum(float(about.errors[place]) for about in self._about)
        chosen = nearly_best(total, k, 2 * off_by)
        exact = row[chosen]
        for each in self._likenesses:
            exact += each.table.products_of(each.asked[number], chosen)
        return chosen, exact
