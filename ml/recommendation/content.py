"""What products say of themselves, as numbers: a product added a minute ago has its row at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer

from ml.recommendation.event_weights import context_matrix, csr
from ml.recommendation.recommender import arrays_of, best
from ml.recommendation.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.recommendation.descriptions import ProductContent
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class ContentSettings(msgspec.Struct, frozen=True, kw_only=True):
    buckets: int = 2**15  # of hashed words
    dimensions: int = 64  # of the dense rows for the sequence model
    context_steps: float = 1.5  # decay over the context's events
    neighbours: int = 100  # kept of each product
    common: float = 0.2  # words of more products than this share make no neighbours
    never_common: int = 500  # but words of so few products do, however small the catalogue
    seed: int = 1


ROWS = 64  # of neighbours found at a time, so that memory stays small


@dataclass(frozen=True, eq=False)
class ContentSimilarity:
    """Recommends what reads like the context; ``dense`` feeds the sequence model.

    The nearest products of each, by cosine, are found once: an answer adds up a few short rows.
    """

    settings: ContentSettings
    rarity: Floats  # (buckets,) inverse document frequency
    projection: Floats  # (dimensions, buckets)
    weights: Floats  # (words,) the products' rows, normalised, as a sparse matrix
    buckets: Ints  # (words,)
    starts: Ints  # (products + 1,)
    likeness: Floats  # (pairs,) cosines of a product and those that read like it, itself the first
    alike: Ints  # (pairs,)
    alike_starts: Ints  # (products + 1,)

    name: ClassVar[str] = "content similarity"
    log_scores: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, products: Sequence[ProductContent], settings: ContentSettings | None = None
    ) -> Self:
        settings = settings or ContentSettings()
        counts = _hashed(products, settings)
        documents = np.bincount(counts.indices, minlength=settings.buckets)
        rarity = (np.log((1 + len(products)) / (1 + documents)) + 1).astype(np.float32)
        rows = _normalised(counts @ sparse.diags(rarity))
        dimensions = min(settings.dimensions, *rows.shape)
        projection = np.zeros((dimensions, settings.buckets), np.float32)
        if rows.nnz:  # else no product says anything of itself, and there is no direction
            svd = TruncatedSVD(dimensions, random_state=settings.seed).fit(rows)
            projection = svd.components_.astype(np.float32)
        return cls._of(settings, rarity, projection, rows)

    def with_products(self, added: Sequence[ProductContent]) -> Self:
        """Return the same model for a catalogue with these products at its end."""
        rows = sparse.vstack([self._rows, self._weighted(added)]).tocsr()
        return self._of(self.settings, self.rarity, self.projection, rows)

    def nearest(self, described: Sequence[ProductContent], k: int) -> tuple[Ints, Floats]:
        """Return (described, k) the products that each reads most like, and their cosines."""
        return _nearest(self._weighted(described), self._rows, k, self._is_telling)

    @property
    def dense(self) -> Floats:
        """(products, dimensions): the rows by their strongest directions."""
        rows: Floats = (self._rows @ self.projection.T).astype(np.float32)
        return rows

    def scores(self, contexts: Sessions) -> Scores:
        products = len(self.starts) - 1
        seen = context_matrix(contexts, products, self.settings.context_steps)
        return Scores.of_cells(seen @ self._alike)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _rows(self) -> sparse.csr_matrix:
        return csr(self.weights, self.buckets, self.starts, len(self.rarity))

    @cached_property
    def _alike(self) -> sparse.csr_matrix:
        return csr(self.likeness, self.alike, self.alike_starts, len(self.starts) - 1)

    @property
    def _is_telling(self) -> NDArray[np.bool_]:
        return _is_telling(self._rows, self.settings)

    @classmethod
    def _of(
        cls,
        settings: ContentSettings,
        rarity: Floats,
        projection: Floats,
        rows: sparse.csr_matrix,
    ) -> Self:
        found, likeness = _nearest(rows, rows, settings.neighbours, _is_telling(rows, settings))
        there = likeness > 0
        return cls(
            settings,
            rarity,
            projection,
            rows.data,
            rows.indices,
            rows.indptr,
            likeness[there],
            found[there],
            np.concatenate([[0], np.cumsum(there.sum(axis=1))]),
        )

    def _weighted(self, products: Sequence[ProductContent]) -> sparse.csr_matrix:
        return _normalised(_hashed(products, self.settings) @ sparse.diags(self.rarity))

    def arrays(self) -> Arrays:
        return arrays_of(self)

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        return cls(msgspec.json.decode(settings, type=ContentSettings), **arrays)


def _hashed(products: Sequence[ProductContent], settings: ContentSettings) -> sparse.csr_matrix:
    vectorizer = HashingVectorizer(
        n_features=settings.buckets, analyzer=_words, alternate_sign=False, norm=None
    )
    counts = vectorizer.transform(products).astype(np.float32)
    counts.data[:] = 1 + np.log(counts.data)
    return counts


def _words(product: ProductContent) -> list[str]:
    """Return the words of the text, and category, attributes and price as words of their own."""
    words = product.text.lower().split()
    path = product.category.lower().split("/") if product.category else []
    words += ["category=" + "/".join(path[:depth]) for depth in range(1, len(path) + 1)]
    words += [f"{name}={value}".lower() for name, value in product.attributes.items()]
    if product.price_minor:
        words.append(f"price={round(2 * np.log2(product.price_minor))}")  # steps of 41 %
    return words


def _normalised(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    rows = rows.tocsr().astype(np.float32)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(norms, 1e-9)) @ rows).tocsr().astype(np.float32)


def _is_telling(rows: sparse.csr_matrix, settings: ContentSettings) -> NDArray[np.bool_]:
    """Return (buckets,) whether so few products have the word that it makes neighbours."""
    most = max(settings.never_common, settings.common * rows.shape[0])
    is_telling: NDArray[np.bool_] = np.bincount(rows.indices, minlength=rows.shape[1]) <= most
    return is_telling


def _nearest(
    asked: sparse.csr_matrix, rows: sparse.csr_matrix, k: int, is_telling: NDArray[np.bool_]
) -> tuple[Ints, Floats]:
    """Return (asked, k) the rows that are most alike, the most first, and their cosines."""
    k = min(k, rows.shape[0])
    words = (rows @ sparse.diags(is_telling.astype(np.float32))).T.tocsr()
    words.eliminate_zeros()
    found = np.empty((asked.shape[0], k), np.int32)
    likeness = np.empty(found.shape, np.float32)
    for start in range(0, asked.shape[0], ROWS):
        some = slice(start, start + ROWS)
        cosines = (asked[some] @ words).toarray()
        found[some] = best(cosines, k)
        likeness[some] = np.take_along_axis(cosines, found[some].astype(np.int64), axis=1)
    return found, likeness
