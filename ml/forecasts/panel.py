"""A panel: what was ordered of each product, period by period, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEK_DAYS = 7


class NotEnoughData(Exception):
    """Too little was sold so far to say anything; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Products by periods, the earliest first.

    ``sold``: (products, periods) pieces ordered, less what came back. ``open_share``: the same
    shape, 0 to 1, how much of the period the product could be bought: 0 is sold out, closed, or
    not yet there. ``categories``: the category of each product; '' has none. ``days``: of a
    period, 1 or 7. ``orders``, ``views``, ``basket_adds``, ``prices``: the same shape, or None
    where nobody counted; a price is NaN before the first.
    """

    products: Sequence[str]
    categories: Sequence[str]
    sold: Floats
    open_share: Floats
    start: date
    days: int = WEEK_DAYS
    orders: Floats | None = None
    views: Floats | None = None
    basket_adds: Floats | None = None
    prices: Floats | None = None
    demand: Floats = field(init=False)
    """(products, periods) what would have been ordered of a product always in stock; NaN before
    it was there."""

    def __post_init__(self) -> None:
        from ml.forecasts.censoring import demand_behind  # noqa: PLC0415 - it speaks of panels

        object.__setattr__(self, "demand", demand_behind(self.sold, self.open_share))

    @property
    def periods(self) -> int:
        """How many there are."""
        return int(self.sold.shape[1])

    @cached_property
    def tree(self) -> Tree:
        """How the products add up."""
        return Tree.of(self.categories)

    def until(self, period: int) -> Panel:
        """Return what was known before a period began."""

        def cut(counted: Floats | None) -> Floats | None:
            return None if counted is None else counted[:, :period]

        return replace(
            self,
            sold=self.sold[:, :period],
            open_share=self.open_share[:, :period],
            orders=cut(self.orders),
            views=cut(self.views),
            basket_adds=cut(self.basket_adds),
            prices=cut(self.prices),
        )


@dataclass(frozen=True, eq=False)
class Tree:
    """Rows of a forecast: the products, then the categories, then the total.

    ``names``: of the categories. ``category_of``: (products,) places in ``names``.
    """

    names: tuple[str, ...]
    category_of: Ints

    @classmethod
    def of(cls, categories: Sequence[str]) -> Tree:
        """Return the tree of products with these categories."""
        names = tuple(sorted(set(categories)))
        places = {name: place for place, name in enumerate(names)}
        return cls(names, np.array([places[name] for name in categories], np.int64))

    @property
    def products(self) -> slice:
        """The rows of products."""
        return slice(0, len(self.category_of))

    @property
    def categories(self) -> slice:
        """The rows of categories."""
        return slice(len(self.category_of), len(self.category_of) + len(self.names))

    @property
    def total(self) -> slice:
        """The row of the total."""
        return slice(self.rows - 1, self.rows)

    @property
    def aggregates(self) -> slice:
        """The rows of categories and of the total."""
        return slice(len(self.category_of), self.rows)

    @property
    def levels(self) -> dict[str, slice]:
        """The rows of each level."""
        return {"product": self.products, "category": self.categories, "total": self.total}

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.category_of) + len(self.names) + 1

    def added_up(self, of_products: Floats) -> Floats:
        """Return (rows, ...) for (products, ...); what is NaN counts nothing."""
        known = np.nan_to_num(of_products)
        categories = np.zeros((len(self.names), *known.shape[1:]))
        np.add.at(categories, self.category_of, known)
        return np.concatenate([of_products, categories, categories.sum(axis=0, keepdims=True)])
