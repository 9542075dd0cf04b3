"""What every recommender answers, for serving and for evaluation alike."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import msgspec
import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from ml.recommendation.scores import Scores
    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays

COLUMNS = 8  # for each of the best: how many maxima bound them from below


class Progress(msgspec.Struct, frozen=True):
    """Where a training stands; ``score`` is measured on the validation tail, higher is better."""

    done: int
    of: int
    seconds: float
    loss: float | None = None
    score: float | None = None


def silent(progress: Progress) -> None:
    """Tell nobody about the progress."""


class Recommender(Protocol):
    """A fitted model. It never changes: a newer one is another object."""

    name: ClassVar[str]
    log_scores: ClassVar[bool]  # scores are logarithms of likelihoods, else weights from 0

    @property
    def settings(self) -> msgspec.Struct: ...

    def scores(self, contexts: Sessions) -> Scores:
        """Return scores, higher better, for shoppers' events so far.

        Each row depends on its own context only. An empty context gets a constant row, or what
        the model knows without one.
        """
        ...

    def predict(self, contexts: Sessions) -> Floats:
        """Return ``scores`` as (contexts, products) float32."""
        ...

    def arrays(self) -> Arrays:
        """Return everything that was learnt, as arrays of numbers."""
        ...

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        """Return the model that has these JSON settings and arrays."""
        ...


def arrays_of(model: DataclassInstance) -> Arrays:
    """Return every field but the settings of a model that is a dataclass of arrays."""
    return {each.name: getattr(model, each.name) for each in fields(model)[1:]}


def best(scores: Floats, k: int) -> Ints:
    """Return (rows, k) the products with the highest scores, best first, ties by number."""
    found = np.empty((len(scores), min(k, scores.shape[1])), np.int64)
    for number, row in enumerate(scores):
        chosen = nearly_best(row, found.shape[1])
        found[number] = chosen[np.argsort(-row[chosen], kind="stable")[: found.shape[1]]]
    return found


def nearly_best(row: Floats, k: int, margin: float = 0.0) -> Ints:
    """Return the numbers of the k greatest and what is at most ``margin`` below them, in order.

    Without a margin some that tie for the last place may be missing, but those with the lowest
    numbers are there.
    """
    bound = _bound(row, k)
    if margin > 0:
        kept = np.flatnonzero(row >= bound - margin)
        scores = row[kept]
        kth = np.partition(scores, len(kept) - k)[len(kept) - k]
        nearly: Ints = kept[scores >= kth - margin]
        return nearly
    kept = np.flatnonzero(row > bound)
    if len(kept) < k:  # then the bound is the last one's score, and those who have it tie
        kept = np.sort(np.append(kept, np.flatnonzero(row == bound)[: k - len(kept)]))
    return kept


def _bound(row: Floats, k: int) -> float:
    """Return a score that at least k have: the k-th greatest of the maxima of some columns."""
    columns = COLUMNS * k
    few = row
    if len(row) > 2 * columns:
        few = row[: len(row) // columns * columns].reshape(-1, columns).max(axis=0)
    return float(np.partition(few, len(few) - k)[len(few) - k])
