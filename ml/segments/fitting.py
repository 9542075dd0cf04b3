"""Fitting: borders, models and groups from what is known of the customers at a moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from domain.segmentation import Fit
from ml.segments.bg_nbd import fit_buying
from ml.segments.cannot_fit import CannotFit
from ml.segments.clusters import fit_clusters
from ml.segments.gamma_gamma import fit_spending
from ml.segments.moves import moves
from ml.segments.named_segments import NEW_DAYS
from ml.segments.rfm import fit_borders
from ml.segments.shopper_numbers import seconds_of, whole_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.segmentation import Buying, Clusters, Spending, Worth
    from ml.segments.moves import PastOrder
    from ml.segments.shopper_numbers import ShopperNumbers

TIMES_AHEAD = 4
"""Value looks at most so many times as far ahead as orders reach back."""


def fit_segmentation(
    known: Sequence[ShopperNumbers],
    orders: Sequence[PastOrder],
    *,
    until: int,
    as_of: datetime,
    worth: Worth,
    seed: int = 1,
) -> Fit:
    """Return a fit to the shoppers with an account or an order, known up to a log position.

    What there is too little for is absent, with the reason; the rest stands.
    """
    customers = [each for each in known if each.orders and each.last_order_at]
    absent: dict[str, str] = {}
    buying: Buying | None = None
    clusters: Clusters | None = None
    try:
        buying = _buying(customers, as_of)
    except CannotFit as reason:
        absent["value"] = str(reason)
    try:
        clusters, _ = fit_clusters(known, as_of, seed=seed)
    except CannotFit as reason:
        absent["clusters"] = str(reason)
    return Fit(
        until=until,
        as_of=as_of,
        new_since=as_of - timedelta(days=NEW_DAYS),
        customers=len(customers),
        borders=fit_borders(
            [seconds_of(each.last_order_at) for each in customers if each.last_order_at],
            [each.orders for each in customers],
            [each.revenue_minor for each in customers],
            [each.currency for each in customers],
        ),
        buying=buying,
        spending=_spending(customers),
        worth=_within_reach(worth, customers, as_of),
        clusters=clusters,
        moves=moves(orders, as_of),
        absent=absent,
    )


def _buying(customers: Sequence[ShopperNumbers], as_of: datetime) -> Buying:
    rows = [
        (
            each.order_days - 1,
            whole_days(each.first_order_at, each.last_order_at),
            whole_days(each.first_order_at, max(as_of, each.last_at)),
        )
        for each in customers
        if each.first_order_at and each.last_order_at
    ]
    repeats, last, known = np.array(rows, np.float64).reshape(-1, 3).T
    return fit_buying(repeats, last, known)


def _within_reach(worth: Worth, customers: Sequence[ShopperNumbers], as_of: datetime) -> Worth:
    """Return how value is counted, over a shorter time where a few weeks would tell of a year."""
    first = min((each.first_order_at for each in customers if each.first_order_at), default=as_of)
    reach = max(TIMES_AHEAD * whole_days(first, as_of), 1)
    return msgspec.structs.replace(worth, horizon_days=min(worth.horizon_days, reach))


def _spending(customers: Sequence[ShopperNumbers]) -> dict[str, Spending]:
    """Return a model for each currency, of what a day with orders was worth."""
    found = {}
    for currency in sorted({each.currency for each in customers}):
        days, means = [], []
        for each in customers:
            if each.currency == currency:
                days.append(each.order_days)
                means.append(max(each.revenue_minor, 0) / each.order_days)
        found[currency] = fit_spending(days, means)
    return found
