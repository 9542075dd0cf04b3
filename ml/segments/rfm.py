"""RFM: scores 1 to 5 for how lately, how often and for how much a customer ordered."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from domain.segmentation import Borders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HIGHEST = 5
MIDDLE = 3


def quintile_borders(values: Iterable[int]) -> tuple[int, ...]:
    """Return from which value on the scores 2 to 5 begin; empty where there is no value.

    A value's score is the fifth that the middle of its equals lies in, so who is equal has equal
    scores: a single customer has 3, and so has everyone where all are equal. A score that nobody
    reaches begins above the highest value.
    """
    distinct, counts = np.unique(np.fromiter(values, np.int64), return_counts=True)
    if not len(distinct):
        return ()
    below = np.cumsum(counts) - counts
    # In whole numbers: the rounding of a quotient must not decide about a customer.
    scores = HIGHEST * (2 * below + counts) // (2 * counts.sum()) + 1
    reached = np.searchsorted(scores, np.arange(2, HIGHEST + 1))
    return tuple(int(distinct[n]) if n < len(distinct) else int(distinct[-1]) + 1 for n in reached)


def score(borders: Sequence[int], value: int) -> int:
    """Return the score of a value; 3, the middle, where there are no borders."""
    return bisect_right(borders, value) + 1 if borders else MIDDLE


def fit_borders(
    last_orders: Sequence[int],
    orders: Sequence[int],
    revenues: Sequence[int],
    currencies: Sequence[str],
) -> Borders:
    """Return the borders among some customers, in equal order: seconds, counts, minor units.

    Who pays in one currency is compared with who pays in the same.
    """
    by_currency: dict[str, list[int]] = {}
    for currency, revenue in zip(currencies, revenues, strict=True):
        by_currency.setdefault(currency, []).append(revenue)
    return Borders(
        recency=quintile_borders(last_orders),
        frequency=quintile_borders(orders),
        monetary={name: quintile_borders(of) for name, of in sorted(by_currency.items())},
    )
