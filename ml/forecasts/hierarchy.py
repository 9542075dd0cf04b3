"""Means that add up: products to categories, categories to the total."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats, Tree


class Way(Enum):
    """Whose word counts where levels disagree."""

    BOTTOM_UP = "bottom up"
    """The products'."""
    MIDDLE_OUT = "middle out"
    """The categories'; their products share it by their own forecasts."""
    TOP_DOWN = "top down"
    """The total's; categories, and in them products, share it by their own forecasts."""


def add_up(own: Floats, tree: Tree, way: Way) -> Floats:
    """Return (rows, horizon) that add up, from what each row says by itself.

    The sums are exact up to floating point: each upper row is computed as the sum of those below.
    A category whose products all expect nothing stays at nothing.
    """
    products = own[tree.products]
    if way is not Way.BOTTOM_UP:
        sums = tree.added_up(products)[tree.categories]
        wanted = own[tree.categories]
        if way is Way.TOP_DOWN:
            wanted = wanted * _share(own[tree.total], wanted.sum(axis=0, keepdims=True))
        products = products * _share(wanted, sums)[tree.category_of]
    return tree.added_up(products)


def _share(wanted: Floats, found: Floats) -> Floats:
    return np.where(found > 0, wanted / np.where(found > 0, found, 1.0), 1.0)
