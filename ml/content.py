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

from ml.event_weights import context_matrix, csr
from ml.recommender import arrays_of
from ml.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.recommender import Arrays
    from ml.sessions import Floats, Ints, Sessions


class ProductContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop says about a product; whatever is not known stays empty."""

    text: str = ""
    category: str = ""
    attributes: dict[str, str] = {}
    price_minor: int | None = None


class ContentSettings(msgspec.Struct, frozen=True, kw_only=True):
    buckets: int = 2**15  # of hashed words
    dimensions: int = 64  # of the dense rows for the sequence model
    context_steps: float = 1.5  # decay over the context's events
    seed: int = 1


@dataclass(frozen=True, eq=False)
class ContentSimilarity:
    """Recommends what reads like the context; ``dense`` feeds the sequence model."""

    settings: ContentSettings
    rarity: Floats  # (buckets,) inverse document frequency
    projection: Floats  # (dimensions, buckets)
    weights: Floats  # (words,) the products' rows, normalised, as a sparse matrix
    buckets: Ints  # (words,)
    starts: Ints  # (products + 1,)

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
        return cls(settings, rarity, projection, rows.data, rows.indices, rows.indptr)

    def with_products(self, added: Sequence[ProductContent]) -> Self:
        """Return the same model for a catalogue with these products at its end."""
        rows = sparse.vstack([self._rows, self._weighted(added)]).tocsr()
        return type(self)(
            self.settings, self.rarity, self.projection, rows.data, rows.indices, rows.indptr
        )

    @property
    def dense(self) -> Floats:
        """(products, dimensions): the rows by their strongest directions."""
        rows: Floats = (self._rows @ self.projection.T).astype(np.float32)
        return rows

    def scores(self, contexts: Sessions) -> Scores:
        rows = self._rows
        seen = context_matrix(contexts, rows.shape[0], self.settings.context_steps)
        return Scores.of_named(_normalised(seen @ rows) @ rows.T)

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    @cached_property
    def _rows(self) -> sparse.csr_matrix:
        return csr(self.weights, self.buckets, self.starts, len(self.rarity))

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
