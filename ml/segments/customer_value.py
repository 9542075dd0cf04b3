"""Customer value: the margin that a customer is expected to bring over a time, discounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.segments.bg_nbd import alive, expected_orders
from ml.segments.gamma_gamma import expected_worth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from domain.segmentation import Buying, Spending, Worth

DAYS_A_MONTH = 365 / 12


class Values(NamedTuple):
    """By customer: whether they are still there, their orders ahead, and what these bring."""

    alive: NDArray[np.float64]
    orders: NDArray[np.float64]
    value_minor: NDArray[np.float64]


def customer_values(
    buying: Buying,
    spending: Spending,
    worth: Worth,
    *,
    order_days: ArrayLike,
    last_days: ArrayLike,
    known_days: ArrayLike,
    mean_minor: ArrayLike,
) -> Values:
    """Return what customers are expected to do within the horizon.

    ``order_days``: on how many days they ordered. ``last_days``: from the first of them to the
    last. ``known_days``: from the first to now. ``mean_minor``: worth of what they ordered a day.
    """
    days = np.asarray(order_days, np.float64)
    history = (days - 1, last_days, known_days)
    before = np.zeros_like(days)
    discounted = np.zeros_like(days)
    ends = _ends(worth.horizon_days)
    for begin, end in zip([0.0, *ends], ends, strict=False):
        orders = expected_orders(buying, *history, end)
        years = (begin + end) / 2 / 365
        discounted += (orders - before) / (1 + worth.yearly_discount) ** years
        before = orders
    value = discounted * expected_worth(spending, days, mean_minor) * worth.margin
    return Values(alive(buying, *history), before, value)


def _ends(horizon_days: int) -> list[float]:
    """Return the ends of the months of the horizon; the last one may be short."""
    months = int(horizon_days / DAYS_A_MONTH)
    ends = [month * DAYS_A_MONTH for month in range(1, months + 1)]
    return ends if ends and ends[-1] >= horizon_days - 1 else [*ends, float(horizon_days)]
