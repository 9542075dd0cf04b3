"""Scores of all products for some contexts: a ground, and what is named above it.

Most components name a few hundred of 50,000 products, a neural one knows all by their vectors, and
a list needs the best hundred. Whoever needs whole rows and whoever needs the best gets them from
the same additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from ml.recommendation.recommender import nearly_best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from ml.recommendation.sessions import Floats, Ints
    from ml.recommendation.vector_table import AboutProducts, Likeness

AT_ONCE = 64  # contexts whose likenesses are looked up together: 13 MB for 50,000 products


class Named(NamedTuple):
    """Scores of what is named, context by context, no product twice. All others have none.

    ``scores``: (named,) float32. ``products``: (named,). ``starts``: (contexts + 1,) into both.
    """

    scores: Floats
    products: Ints
    starts: Ints

    @classmethod
    def of(cls, cells: sparse.csr_matrix) -> Self:
        """Return the cells of a matrix (contexts, products) that holds none of them twice."""
        return cls(cells.data, cells.indices.astype(np.int64), cells.indptr.astype(np.int64))

    @classmethod
    def of_owned(cls, scores: Floats, owners: Ints, products: Ints, contexts: int) -> Self:
        """Return the scores of products; ``owners``: the context of each, in ascending order."""
        return cls(scores, products, np.searchsorted(owners, np.arange(contexts + 1)))

    def times(self, weight: float) -> Self:
        return self._replace(scores=self.scores * np.float32(weight))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A product's score is its ground, its likenesses and what each layer names, added up.

    ``shape``: (contexts, products). ``ground``: float32 that broadcasts to it; where it has several
    rows they are the asker's, to write into. ``likenesses``: of all products, by their vectors.
    """

    shape: tuple[int, int]
    ground: Floats
    layers: tuple[Named, ...] = ()
    likenesses: tuple[Likeness, ...] = ()

    @classmethod
    def of_rows(cls, rows: Floats, contexts: int | None = None) -> Self:
        """Return scores that are known of every product; one row may serve all contexts."""
        return cls((len(rows) if contexts is None else contexts, rows.shape[1]), rows)

    @classmethod
    def of_named(cls, named: Named, products: int) -> Self:
        """Return the scores of what is named; all others have 0."""
        shape = len(named.starts) - 1, products
        return cls(shape, np.zeros((1, 1), np.float32), (named,))

    @classmethod
    def of_cells(cls, cells: sparse.csr_matrix) -> Self:
        """Return the same of a matrix that holds no cell twice."""
        return cls.of_named(Named.of(cells), cells.shape[1])

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
        k = min(k, products)
        found, scores = np.empty((contexts, k), np.int64), np.empty((contexts, k), np.float32)
        row, space = np.empty(products, np.float32), np.empty((2, products), np.float32)
        for start in range(0, contexts, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            about = [each.table.about(each.asked[some]) for each in self.likenesses]
            for place, number in enumerate(range(contexts)[some]):
                self._fill(row, number)
                if without is not None:
                    row[without[number]] = -np.inf
                chosen = _likely(row, about, place, k, space)
                exact = row[chosen]
                for each in self.likenesses:
                    exact += each.table.products_of(each.asked[number], chosen)
                order = np.argsort(-exact, kind="stable")[:k]
                found[number], scores[number] = chosen[order], exact[order]
        return found, scores

    def _fill(self, row: Floats, number: int) -> None:
        """Fill in all but the likenesses."""
        row[:] = self.ground[0 if len(self.ground) == 1 else number]
        for named in self.layers:
            some = slice(*named.starts[number : number + 2].tolist())
            row[named.products[some]] += named.scores[some]


def _likely(row: Floats, about: Sequence[AboutProducts], place: int, k: int, space: Floats) -> Ints:
    """Return what may be among the best k once its likenesses are added, in order of numbers.

    ``about``: at their ``place``, what the likenesses are, about. ``space``: (2, products), to
    work with.
    """
    for turn, each in enumerate(about):
        each.add_to(row, place, space[turn % 2])
        row = space[turn % 2]
    return nearly_best(row, k, 2 * sum(each.errors[place] for each in about))
