"""Vectors of all products, for whoever asks which have the greatest inner products with theirs.

A first answer is made of 8-bit numbers, in a seventh of the time of floats, and comes with how far
off it can be at most (Cauchy-Schwarz). Exact products of the few that may be among the best then
decide, so that nothing is lost by it; see ``Scores.best``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from ml.recommendation.sessions import Floats, Ints

STEPS = 127  # of a number of eight bits, to either side of 0
FLOAT_ERROR = 1e-5  # of a product of floats, for each unit of length of what is asked
FEWEST_ROWS = 4
"""Of a multiplication: smaller ones are summed up in another order, and then a visitor would be
scored otherwise alone than among others."""
MOST_PICKED = 0.1
"""Share of the rows of a table above which one multiplication by all is quicker than picking."""


@dataclass(frozen=True, eq=False)
class VectorTable:
    """``vectors``: (products, width) float32, none longer than 1 by more than rounding."""

    vectors: Tensor

    def products(self, asked: Tensor) -> Floats:
        """Return (rows, products) the inner products with (rows, width)."""
        rows = len(asked)
        if rows < FEWEST_ROWS:
            asked = torch.cat([asked, asked.new_zeros(FEWEST_ROWS - rows, asked.shape[1])])
        return (asked @ self.vectors.T)[:rows].cpu().numpy()

    def products_of(self, asked: Tensor, numbers: Ints) -> Floats:
        """Return the inner products of one vector (width,) with some rows."""
        products: Floats
        if self.vectors.device.type != "cpu" or len(numbers) > MOST_PICKED * len(self.vectors):
            products = self.products(asked[None])[0][numbers]
        else:
            products = np.einsum("ij,j->i", self.vectors.numpy()[numbers], asked.numpy())
        return products

    def about(self, asked: Tensor) -> AboutProducts:
        """Return about the inner products with (rows, width)."""
        if self._is_coarse_quicker:
            return self._coarse(asked)
        products = torch.from_numpy(self.products(asked))
        errors = (FLOAT_ERROR * asked.norm(dim=1)).tolist()
        return AboutProducts(products, [1.0] * len(asked), errors)

    def _coarse(self, asked: Tensor) -> AboutProducts:
        table = self._bytes
        steps = (asked.abs().amax(1) / STEPS).clamp(min=torch.finfo(asked.dtype).tiny)
        rounded = (asked / steps[:, None]).round()
        products = torch._int_mm(rounded.to(torch.int8), table.numbers.T)  # noqa: SLF001
        error = (table.error + FLOAT_ERROR) * asked.norm(dim=1)
        error += table.longest * (asked - rounded * steps[:, None]).norm(dim=1)
        return AboutProducts(products, (steps * table.step).tolist(), error.tolist())

    @cached_property
    def _bytes(self) -> _Bytes:
        step = float(self.vectors.abs().max()) / STEPS or 1.0
        numbers = (self.vectors / step).round()
        error = (self.vectors - numbers * step).norm(dim=1).max()
        longest = numbers.norm(dim=1).max() * step
        return _Bytes(numbers.to(torch.int8), step, float(error), float(longest))

    @cached_property
    def _is_coarse_quicker(self) -> bool:
        """Whether this processor multiplies bytes quicker than floats: those with VNNI do.

        The answers are the same either way, so it may depend on what was timed. The function is
        one that torch keeps for quantised models, without a promise; where it is gone, floats do.
        """
        if self.vectors.device.type != "cpu" or not hasattr(torch, "_int_mm"):
            return False
        asked = self.vectors[:16]
        try:
            coarse = _seconds(lambda: self._coarse(asked))
        except RuntimeError:  # not on this processor, or not with these shapes
            return False
        return coarse < _seconds(lambda: self.products(asked))


class AboutProducts(NamedTuple):
    """Inner products: (rows, products) times (rows,) ``steps``, off by ``errors`` at most."""

    products: Tensor
    steps: list[float]
    errors: list[float]

    def add_to(self, scores: Floats, row: int, out: Floats) -> None:
        """Write (products,) ``scores`` with those of a row added to ``out``, another array."""
        total = torch.from_numpy(out)
        total.copy_(self.products[row])
        torch.add(torch.from_numpy(scores), total, alpha=self.steps[row], out=total)


class _Bytes(NamedTuple):
    """A table times ``step``. ``error``: the greatest distance between a row and what it stands
    for; ``longest``: the length of the longest.
    """

    numbers: Tensor
    step: float
    error: float
    longest: float


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Scores that are inner products: ``asked`` (contexts, width) with every row of a table."""

    asked: Tensor
    table: VectorTable

    def times(self, weight: float) -> Self:
        return type(self)(self.asked * weight, self.table)


def _seconds(work: Callable[[], object]) -> float:
    """Return the least time that work took, of a few."""
    work()
    spans = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        spans.append(time.perf_counter() - started)
    return min(spans)
