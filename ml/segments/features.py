"""What customers are grouped by: logarithms of what they did, and shares of what they like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ml.segments.shopper_numbers import days_between

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ml.segments.shopper_numbers import ShopperNumbers

MOST_CATEGORIES = 5
PLAIN = (
    "days_since_order",
    "orders",
    "mean_order",
    "days_known",
    "product_views",
    "basket_adds",
)
WORDS = {
    "days_since_order": ("ordered long ago", "ordered lately"),
    "orders": ("order often", "order seldom"),
    "mean_order": ("large orders", "small orders"),
    "days_known": ("known for long", "known since lately"),
    "product_views": ("look at much", "look at little"),
    "basket_adds": ("put much into baskets", "put little into baskets"),
}
"""What a feature above and below the usual means."""


def features(
    shopper: ShopperNumbers, as_of: datetime, categories: Iterable[str]
) -> tuple[float, ...]:
    """Return the features of a customer as of a moment, PLAIN and then the categories' shares."""
    as_of = max(as_of, shopper.last_at)
    pieces = sum(shopper.tastes.values())
    ordered = shopper.last_order_at or shopper.first_at  # who never did: since they were first here
    return (
        math.log1p(days_between(ordered, as_of)),
        math.log1p(shopper.orders),
        math.log1p(shopper.mean_order_minor / 100),
        math.log1p(days_between(shopper.first_at, as_of)),
        math.log1p(shopper.views),
        math.log1p(shopper.basket_adds),
        *(shopper.tastes.get(name, 0) / pieces if pieces else 0.0 for name in categories),
    )


def main_categories(shoppers: Iterable[ShopperNumbers]) -> tuple[str, ...]:
    """Return the categories that most of the customers' pieces are of, the most liked first.

    None where there is but one: everybody would have the same share of it.
    """
    pieces: dict[str, int] = {}
    for shopper in shoppers:
        for category, count in shopper.tastes.items():
            if category:
                pieces[category] = pieces.get(category, 0) + count
    if len(pieces) < 2:  # noqa: PLR2004
        return ()
    ranked = sorted(pieces, key=lambda name: (-pieces[name], name))
    return tuple(ranked[:MOST_CATEGORIES])


def in_words(feature: str, deviation: float) -> str:
    """Return what a feature so far from the usual means."""
    if feature in WORDS:
        return WORDS[feature][deviation < 0]
    return f"{'like' if deviation > 0 else 'avoid'} {feature.removeprefix('category:')}"
