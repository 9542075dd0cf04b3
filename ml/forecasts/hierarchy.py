"""Means that add up: products to categories, categories to the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.forecasts.panel import Floats, Tree


def add_up(own: Floats, tree: Tree) -> Floats:
    """Return (rows, horizon) that add up, from what each row says by itself.

    The mean of three ways: from the products up, from the categories up and down, from the total
    down, where those above are shared by the forecasts of those below. To combine them errs less
    than any one of them that was best before (Hollyman, Petropoulos and Tipping, Understanding
    forecast reconciliation, EJOR 2021). The sums are exact up to floating point: each upper row is
    computed as the sum of those below. A category whose products all expect nothing stays at
    nothing.
    """
    products, categories = own[tree.products], own[tree.categories]
    of_categories = _share(categories, tree.added_up(products)[tree.categories])
    of_total = _share(own[tree.total], categories.sum(axis=0, keepdims=True))
    scaled = (1.0 + of_categories + of_categories * of_total) / 3.0
    return tree.added_up(products * scaled[tree.category_of])


def _share(wanted: Floats, found: Floats) -> Floats:
    return np.where(found > 0, wanted / np.where(found > 0, found, 1.0), 1.0)
