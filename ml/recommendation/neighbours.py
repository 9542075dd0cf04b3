"""What goes with each product: found once, in training, and kept beside the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ml.recommendation.sessions import Sessions
from ml.saved_models import SavedModel, read_model, write_model
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints, Vocabulary

FORMAT = "footfall-neighbours-1"
KEPT = 60
"""Of a product."""
AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """For each product others, the best first.

    ``products``: (products, kept) their numbers. ``scores``: of the same shape, which can be added
    up; 0 where a model has no more to name.
    """

    products: NDArray[np.int32]
    scores: Floats

    @classmethod
    def found_by(
        cls,
        model: Recommender,
        products: int,
        kept: int = KEPT,
        tell: Callable[[int], None] = lambda _done: None,
    ) -> Self:
        """Return what a model answers to each product alone. ``tell`` hears how many are done."""
        kept = min(kept, products - 1)
        found = np.zeros((products, kept), np.int32)
        scores = np.zeros((products, kept), np.float32)
        for start in range(0, products, AT_ONCE):
            some = np.arange(start, min(start + AT_ONCE, products))
            answered = model.scores(Sessions.of([[number] for number in some.tolist()]))
            best, logs = answered.best(kept, without=some)
            found[some] = best
            scores[some] = shares(logs) if model.log_scores else logs
            tell(int(some[-1]) + 1)
        return cls(found, scores)

    def of(self, numbers: Ints) -> tuple[NDArray[np.int32], Floats]:
        """Return the rows of these products."""
        return self.products[numbers], self.scores[numbers]


@dataclass(frozen=True, slots=True, eq=False)
class GoesWith:
    """What is like each product, and what is bought with it."""

    alike: Neighbours
    complements: Neighbours

    def save(self, path: Path, vocabulary: Vocabulary, about: dict[str, Any]) -> None:
        """Write the file, whole or not at all."""
        arrays = {
            "alike/products": self.alike.products,
            "alike/scores": self.alike.scores,
            "complements/products": self.complements.products,
            "complements/scores": self.complements.scores,
        }
        saved = SavedModel("neighbours", b"{}", vocabulary.products, arrays, about)
        write_model(path, FORMAT, saved)

    @classmethod
    def load(cls, path: Path, vocabulary: Vocabulary) -> Self:
        """Read what lies beside a model of this vocabulary; raises ArtifactRefused, or OSError."""
        saved = read_model(path, FORMAT)
        if saved.columns != vocabulary.products:
            raise ArtifactRefused(f"{path} belongs to a model of other products")
        try:
            parts = [
                Neighbours(saved.arrays[f"{kind}/products"], saved.arrays[f"{kind}/scores"])
                for kind in ("alike", "complements")
            ]
        except KeyError as error:
            raise ArtifactRefused(f"{path} lacks {error}") from error
        return cls(*parts)


def shares(logs: Floats) -> Floats:
    """Return the shares of rows of logarithms, the greatest coming first."""
    found = np.exp(logs - logs[:, :1])
    total: Floats = found / found.sum(axis=1, keepdims=True)
    return total
