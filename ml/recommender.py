"""What every recommender answers, for serving and for evaluation alike."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from ml.sessions import Floats, Ints, Sessions

Arrays = dict[str, NDArray[Any]]


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

    def predict(self, contexts: Sessions) -> Floats:
        """Return (contexts, products) float32, higher better, for shoppers' events so far.

        Each row depends on its own context only. An empty context gets a constant row, or what
        the model knows without one.
        """
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
    k = min(k, scores.shape[1])
    if k < scores.shape[1]:
        kept = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        kept.sort(axis=1)
    else:
        kept = np.broadcast_to(np.arange(k), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, kept, axis=1), axis=1, kind="stable")
    return np.take_along_axis(kept, order, axis=1)
