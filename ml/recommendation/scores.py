"""Scores of all products for some contexts: a ground, and what is named above it.

Most components name a few hundred of 50,000 products, and a list needs the best hundred. Whoever
needs whole rows and whoever needs the best gets them from the same additions, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from ml.recommendation.recommender import best

if TYPE_CHECKING:
    from scipy import sparse

    from ml.recommendation.sessions import Floats, Ints

AT_ONCE = 8  # whole rows of 50,000 products that a core's cache holds


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A product's score is its ground and what stands in its cell of each layer, added up.

    ``ground``: float32 that broadcasts to ``shape``, (contexts, products); where it has several
    rows they are the asker's, to write into. ``layers``: sparse matrices of that shape, without a
    cell twice.
    """

    shape: tuple[int, int]
    ground: Floats
    layers: tuple[sparse.csr_matrix, ...] = ()

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
        for start in range(0, len(rows), AT_ONCE):
            self._fill(rows[start : start + AT_ONCE], start)
        return rows

    def best(self, k: int, *, without: Ints | None = None) -> tuple[Ints, Floats]:
        """Return (contexts, k) the best products of ``whole``, ties by number, and their scores.

        ``without``: (contexts,) a product of each that does not count.
        """
        contexts, products = self.shape
        found = np.empty((contexts, min(k, products)), np.int64)
        scores = np.empty(found.shape, np.float32)
        space = np.empty((min(AT_ONCE, contexts), products), np.float32)
        for start in range(0, contexts, AT_ONCE):
            rows = space[: min(AT_ONCE, contexts - start)]
            self._fill(rows, start)
            those = slice(start, start + len(rows))
            if without is not None:
                rows[np.arange(len(rows)), without[those]] = -np.inf
            found[those] = best(rows, k)
            scores[those] = np.take_along_axis(rows, found[those], axis=1)
        return found, scores

    def _fill(self, rows: Floats, start: int) -> None:
        rows[:] = self.ground if len(self.ground) == 1 else self.ground[start : start + len(rows)]
        for layer in self.layers:
            bounds = layer.indptr[start : start + len(rows) + 1].tolist()
            for row, first, end in zip(rows, bounds[:-1], bounds[1:], strict=True):
                row[layer.indices[first:end]] += layer.data[first:end]
