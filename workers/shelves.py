"""Shelves: when a product could be bought, at which price and in which category, by the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from domain.product import Product

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.events import Event, Recorded
    from ml.forecasts.panel import Floats

EVENTS: tuple[type[Event], ...] = (
    Product.Added,
    Product.DetailsChanged,
    Product.PriceChanged,
    Product.StockAdjusted,
    Product.StockReserved,
    Product.StockReturned,
    Product.Withdrawn,
)
DAY_SECONDS = 86_400.0


class Shelf(msgspec.Struct):
    """A product since it was added. ``stock``: what is left; None is not counted."""

    stock: int | None
    since: datetime
    category: str = ""
    is_withdrawn: bool = False
    open_spans: list[tuple[datetime, datetime]] = []
    """Times at which it could be bought, without the one that goes on."""
    prices: list[tuple[datetime, int]] = []

    @property
    def is_open(self) -> bool:
        """Whether it can be bought now."""
        return not self.is_withdrawn and (self.stock is None or self.stock > 0)


class Shelves:
    """A fold of the log's products; what happens out of order counts from what went before."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def add(self, recorded: Recorded) -> None:
        """Take the next event of a product."""
        product_id, event = recorded.stream_id.partition("-")[2], recorded.event
        if isinstance(event, Product.Added):
            prices = [(recorded.occurred_at, event.price.amount)]
            self._shelves[product_id] = Shelf(
                event.stock, recorded.occurred_at, event.category, prices=prices
            )
            return
        shelf = self._shelves.get(product_id)
        if shelf is None:
            return
        now = max(shelf.since, recorded.occurred_at)
        if isinstance(event, Product.PriceChanged):
            shelf.prices.append((now, event.price.amount))
            return
        was_open = shelf.is_open
        _change(shelf, event)
        if shelf.is_open != was_open:
            if was_open:
                shelf.open_spans.append((shelf.since, now))
            shelf.since = now

    def open_share(self, products: Sequence[str], first: date, days: int, now: datetime) -> Floats:
        """Return (products, days) how much of each day they could be bought, until ``now``.

        One whose life the log does not tell is always there.
        """
        start = datetime.combine(first, time(), UTC)
        end = min(now, start + timedelta(days=days))
        shares = np.zeros((len(products), days))
        whole = _spread([(start, end)], start, days)
        for row, product_id in enumerate(products):
            shelf = self._shelves.get(product_id)
            if shelf is None:
                shares[row] = whole
                continue
            spans = [*shelf.open_spans, *([(shelf.since, end)] if shelf.is_open else [])]
            shares[row] = _spread(spans, start, days)
        return shares

    def prices(self, products: Sequence[str], first: date, days: int) -> Floats:
        """Return (products, days) the price at the end of each day; NaN before the first."""
        found = np.full((len(products), days), np.nan)
        for row, product_id in enumerate(products):
            shelf = self._shelves.get(product_id)
            for at, minor in shelf.prices if shelf else ():
                found[row, max(0, (at.astimezone(UTC).date() - first).days) :] = minor
        return found

    def is_sold(self, product_id: str) -> bool:
        """Whether it is on sale still, sold out or not."""
        shelf = self._shelves.get(product_id)
        return shelf is None or not shelf.is_withdrawn

    def categories(self) -> dict[str, str]:
        """Return the category of each product; '' where it has none."""
        return {product_id: shelf.category for product_id, shelf in self._shelves.items()}

    def stocks(self) -> Mapping[str, int | None]:
        """Return what is left of each product."""
        return {product_id: shelf.stock for product_id, shelf in self._shelves.items()}


def _change(shelf: Shelf, event: Event) -> None:
    match event:
        case Product.DetailsChanged():
            shelf.category = event.category
        case Product.StockAdjusted():
            shelf.stock = event.stock
        case Product.StockReserved() if shelf.stock is not None:
            shelf.stock -= event.quantity
        case Product.StockReturned() if shelf.stock is not None:
            shelf.stock += event.quantity
        case Product.Withdrawn():
            shelf.is_withdrawn = True


def _spread(spans: Sequence[tuple[datetime, datetime]], start: datetime, days: int) -> Floats:
    """Return (days,) the share of each day that lies inside some span."""
    found = np.zeros(days)
    for begin, end in spans:
        low = max(0.0, (begin - start).total_seconds() / DAY_SECONDS)
        high = min(float(days), (end - start).total_seconds() / DAY_SECONDS)
        if high <= low:
            continue
        first, last = int(low), min(int(high), days - 1)
        if first == last:
            found[first] += high - low
            continue
        found[first] += first + 1 - low
        found[first + 1 : last] += 1.0
        found[last] += high - last
    return np.minimum(found, 1.0)
