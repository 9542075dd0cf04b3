"""Factors: the features that moved a score most, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.intent.features import FEATURES

if TYPE_CHECKING:
    from ml.intent.tree_ensemble import Matrix

MOST = 3
LEAST_EFFECT = 0.01
"""In log odds; what moved a score by less did not."""

WORDS = {
    "events": "events of this visit",
    "page_views": "pages looked at",
    "product_views": "looks at products",
    "products": "products looked at",
    "looked_again": "second looks at a product",
    "views_of_favourite": "looks at one product",
    "clicks": "clicks on products",
    "recommendation_clicks": "clicks on recommendations",
    "searches": "searches",
    "empty_searches": "searches without a result",
    "checkouts": "checkouts begun",
    "items_added": "additions to the basket",
    "items_removed": "removals from the basket",
    "quantity_changes": "quantities changed",
    "orders": "orders",
    "basket_products": "products in the basket",
    "basket_pieces": "pieces in the basket",
    "basket_minor": "value of the basket",
    "basket_below_highest_minor": "value taken out of the basket",
    "seconds_since_first_add": "seconds since the first addition",
    "basket_brought_along": "basket of an earlier visit",
    "dwell_seconds": "seconds of looking",
    "longest_dwell_seconds": "seconds at one product",
    "seconds": "seconds in the shop",
    "seconds_since_previous": "seconds since the event before",
    "events_in_last_minute": "events in the last minute",
    "seconds_per_event": "seconds an event",
    "categories": "categories looked at",
    "main_category_share": "share of one category",
    "price_mean_minor": "mean price looked at",
    "price_lowest_minor": "lowest price looked at",
    "price_latest_of_mean": "latest price over the mean",
    "is_signed_in": "signed in",
    "past_visits": "earlier visits",
    "past_ordering_visits": "earlier visits with an order",
    "past_revenue_minor": "spent before",
    "days_since_visit": "days since the last visit",
    "days_since_order": "days since the last order",
    "hour_sine": "time of day",
    "hour_cosine": "time of day",
    "is_weekend": "weekend",
    "device_desktop": "desktop",
    "device_mobile": "mobile",
    "device_tablet": "tablet",
    "source_direct": "came directly",
    "source_campaign": "came by a campaign",
}


class Factor(msgspec.Struct, frozen=True):
    """A feature, its value (None: not known), and what it added to the log odds.

    ``text`` says it in words; amounts are in minor units.
    """

    feature: str
    value: float | None
    effect: float
    text: str


def factors_of(rows: Matrix, contributions: Matrix) -> list[tuple[Factor, ...]]:
    """Return for each of (rows, features) those that moved its score most, the strongest first."""
    strongest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :MOST]
    values = np.take_along_axis(rows, strongest, axis=1).tolist()
    effects = np.take_along_axis(contributions, strongest, axis=1).tolist()
    return [
        tuple(
            _factor(FEATURES[feature], value, effect)
            for feature, value, effect in zip(*of_row, strict=True)
            if abs(effect) >= LEAST_EFFECT
        )
        for of_row in zip(strongest.tolist(), values, effects, strict=True)
    ]


def _factor(feature: str, value: float, effect: float) -> Factor:
    way = "raises" if effect > 0 else "lowers"
    is_known = not math.isnan(value)
    return Factor(
        feature,
        round(value, 3) if is_known else None,
        round(effect, 3),
        f"{WORDS[feature]}: {_told(feature, value) if is_known else 'not known'} ({way} it)",
    )


def _told(feature: str, value: float) -> str:
    if feature.startswith(("is_", "device_", "source_")) or feature == "basket_brought_along":
        return "yes" if value else "no"
    if feature.endswith(("_share", "_of_mean", "_sine", "_cosine")):
        return f"{value:.2f}"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"  # noqa: PLR2004
