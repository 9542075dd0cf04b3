"""What recommenders learn from and answer to: what shoppers looked at, in order, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class EventKind(IntEnum):
    """What a shopper did to a product. Saved in artifacts: numbers are never reused."""

    VIEWED = 0
    CLICKED = 1
    ADDED = 2
    REMOVED = 3
    PURCHASED = 4
    RATED = 5


class Vocabulary:
    """The products a model knows. A product's number is its place, for good."""

    def __init__(self, products: Iterable[str]) -> None:
        self.products = tuple(products)
        self._numbers = {product: number for number, product in enumerate(self.products)}
        if len(self._numbers) != len(self.products):
            raise ValueError("a product is named twice")

    def __len__(self) -> int:
        return len(self.products)

    def __contains__(self, product: object) -> bool:
        return product in self._numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.products == other.products

    def __hash__(self) -> int:
        return hash(self.products)

    def number(self, product: str) -> int | None:
        return self._numbers.get(product)

    @classmethod
    def of(cls, sequences: Iterable[Iterable[str]]) -> Self:
        """Return the products of these sequences, in the order of their first appearance."""
        return cls(dict.fromkeys(chain.from_iterable(sequences)))


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """Sessions one after the other, the oldest first; also the contexts a model answers to.

    ``items``: (events,) product numbers. ``offsets``: (sessions + 1,) where each session begins.
    ``kinds``: (events,) EventKind. ``dwell_seconds``: (events,), NaN where unknown.
    ``times``: (events,) Unix seconds. The last three may be missing.
    """

    items: Ints
    offsets: Ints
    kinds: NDArray[np.int8] | None = None
    dwell_seconds: Floats | None = None
    times: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Self:
        """Return sessions that are known by their product numbers only."""
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
        items = np.fromiter(chain.from_iterable(sequences), np.int64, int(lengths.sum()))
        return cls(items, _offsets(lengths))

    @classmethod
    def of_products(cls, sequences: Iterable[Iterable[str]], vocabulary: Vocabulary) -> Self:
        """Return sessions of product ids; products that the vocabulary lacks are left out."""
        numbers = vocabulary.number
        known = [[n for p in each if (n := numbers(p)) is not None] for each in sequences]
        return cls.of(known)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Ints]:
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.items[start:stop]

    @property
    def lengths(self) -> Ints:
        return np.diff(self.offsets)

    @property
    def owners(self) -> Ints:
        """(events,): the number of the session that each event belongs to."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def steps_to_end(self) -> Ints:
        """(events,): how many events of its session follow each event."""
        return np.repeat(self.offsets[1:], self.lengths) - 1 - np.arange(len(self.items))

    def take(self, sessions: Ints) -> Sessions:
        """Return these sessions in this order."""
        return self._pick(self.offsets[:-1][sessions], self.lengths[sessions])

    def between(self, start: int, stop: int) -> Sessions:
        """Return the sessions from ``start`` up to but without ``stop``."""
        return self.take(np.arange(len(self))[start:stop])

    def latest(self, events: int) -> Sessions:
        """Return the same sessions with no more than their latest events."""
        lengths = np.minimum(self.lengths, events)
        return self._pick(self.offsets[1:] - lengths, lengths)

    def without_tail(self, share: float) -> tuple[Sessions, Sessions]:
        """Return the earlier sessions and the latest ``share`` of them."""
        cut = len(self) - max(1, round(len(self) * share))
        return self.between(0, cut), self.between(cut, len(self))

    def cases(self, *, shortest_prefix: int = 1) -> tuple[Sessions, Ints]:
        """Return every prefix, and (cases,) the product that followed it."""
        counts = np.maximum(self.lengths - shortest_prefix, 0)
        lengths = (
            shortest_prefix + np.arange(counts.sum()) - np.repeat(_offsets(counts)[:-1], counts)
        )
        starts = np.repeat(self.offsets[:-1], counts)
        return self._pick(starts, lengths), self.items[starts + lengths]

    def _pick(self, starts: Ints, lengths: Ints) -> Sessions:
        offsets = _offsets(lengths)
        events = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Sessions(
            self.items[events],
            offsets,
            None if self.kinds is None else self.kinds[events],
            None if self.dwell_seconds is None else self.dwell_seconds[events],
            None if self.times is None else self.times[events],
        )


def _offsets(lengths: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
