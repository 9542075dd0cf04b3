"""Customer value: the margin that a customer is expected to bring over a time, discounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.segments.bg_nbd import alive, expected_orders
from ml.segments.gamma_gamma import expected_worth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from domain.segmentation import Buying, Spending, Worth

    Numbers = NDArray[np.float64]

DAYS_A_MONTH = 365 / 12


class Values(NamedTuple):
    """By customer: whether they are still there, their orders ahead, and what these bring."""

    alive: Numbers
    orders: Numbers
    value_minor: Numbers


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
    days, last, known = (
        np.asarray(each, np.float64) for each in (order_days, last_days, known_days)
    )
    ends = _ends(worth.horizon_days)  # (months,)
    by_end = expected_orders(
        buying, days[..., None] - 1, last[..., None], known[..., None], ends
    )  # (..., months)
    by_month = np.diff(by_end, axis=-1, prepend=0.0)
    years = (ends + np.concatenate([[0.0], ends[:-1]])) / 2 / 365
    discounted = (by_month / (1 + worth.yearly_discount) ** years).sum(axis=-1)
    value = discounted * expected_worth(spending, days, mean_minor) * worth.margin
    return Values(alive(buying, days - 1, last, known), by_end[..., -1], value)


def _ends(horizon_days: int) -> Numbers:
    """Return the ends of the months of the horizon in days; the last one may be short."""
    whole = np.arange(1, int(horizon_days / DAYS_A_MONTH) + 1) * DAYS_A_MONTH
    is_short = not len(whole) or whole[-1] < horizon_days - 1
    return np.array([*whole, float(horizon_days)] if is_short else whole, np.float64)
