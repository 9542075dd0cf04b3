"""What visitors liked at a moment of the past, as projections/recommendations.py answers now."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from projections.product_sales import BASKET_ADDS, RETURNED_UNITS, UNITS, VIEWS, fold_sales
from projections.recommendations import POPULAR_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from domain.events import Recorded

MOST = 300
DAILY = 0.8
"""What interest counts for, one day later."""


class InterestThen:
    """Views, basket additions and sales by product and day, up to the events taken so far."""

    def __init__(self) -> None:
        self._days: dict[date, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._numbers: dict[str, int] = {}
        self._products: list[str] = []
        self._today: date | None = None
        self._scores = np.zeros(1_024)
        self._touched = np.zeros(1_024, np.int64)

    def take(self, recorded: Recorded) -> None:
        """Count an event of ProductSales."""
        rows: dict[tuple[str, date, str], list[int]] = {}
        fold_sales(rows, recorded)
        for (product_id, day, _), row in rows.items():
            kept = row[UNITS] - row[RETURNED_UNITS]
            score = row[VIEWS] + 3 * row[BASKET_ADDS] + 10 * kept
            touched = row[VIEWS] + row[BASKET_ADDS] + row[UNITS]
            before = self._days[day].get(product_id, (0, 0))
            self._days[day][product_id] = (before[0] + score, before[1] + touched)
            if self._today is not None:
                self._add(self._today, day, {product_id: (score, touched)})

    def popular(self, today: date) -> list[tuple[str, float]]:
        """Return (product, score), the best first."""
        if today != self._today:
            self._today = today
            self._scores[:] = 0
            self._touched[:] = 0
            for day, counts in self._days.items():
                self._add(today, day, counts)
        some = np.flatnonzero(self._touched > 0)
        if len(some) > MOST:  # ties at the end of the list are told apart by their ids
            least = np.partition(self._scores[some], len(some) - MOST)[len(some) - MOST]
            some = some[self._scores[some] >= least - 1e-9]
        found = [(self._products[n], round(float(self._scores[n]), 9)) for n in some.tolist()]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:MOST]

    def _add(self, today: date, day: date, counts: Mapping[str, tuple[int, int]]) -> None:
        age = (today - day).days
        if age >= POPULAR_DAYS:
            return
        factor = DAILY**age
        for product_id, (score, touched) in counts.items():
            number = self._numbers.setdefault(product_id, len(self._numbers))
            if number == len(self._products):
                self._products.append(product_id)
                if number == len(self._scores):
                    self._scores = np.concatenate([self._scores, np.zeros(number)])
                    self._touched = np.concatenate([self._touched, np.zeros(number, np.int64)])
            self._scores[number] += score * factor
            self._touched[number] += touched
