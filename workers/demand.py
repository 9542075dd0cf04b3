"""Demand: what the read models and the log tell of each product, day by day, as panels."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from domain.visit import Visit
from ml.forecasts.panel import WEEK_DAYS, NotEnoughData, Panel
from projections.checkpoints import live_positions
from projections.product_sales import (
    BASKET_ADDS,
    ORDERS,
    RETURNED_UNITS,
    UNITS,
    VIEWS,
    ProductSales,
    fold_sales,
)
from workers.shelves import EVENTS, Shelves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import asyncpg

    from application.journal import Journal
    from domain.events import Recorded
    from ml.forecasts.panel import Floats

PAGE = 5_000
MOST_DAYS = 2 * 364
MOST_PRODUCTS = 4_000
"""With a row of their own, those ordered most; what is left of a category is one more row."""
QUIET = timedelta(days=28)
"""A shop without a sale or a view for longer has ended, or was imported: it is foreseen from its
last day."""
REST = ""
_TOPICS = [event.TOPIC for event in EVENTS]
_SALES_TOPICS = [event.TOPIC for event in ProductSales.events]


class Demand(NamedTuple):
    """Panels by length of period, and what there is of each product.

    ``first_day``: the first one foreseen. ``stocks``: pieces left, None where not counted.
    """

    until: int
    first_day: date
    by_day: Panel
    by_week: Panel | None
    stocks: Mapping[str, int | None]


class _Day(NamedTuple):
    product_id: str
    day: date
    orders: int
    units: int
    views: int
    basket_adds: int


async def read_demand(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    now: datetime,
    *,
    reading: Callable[[int, int], None] = lambda _position, _head: None,
) -> Demand:
    """Return what is known of demand at ``now``. Raises NotEnoughData.

    Today counts as far as it has gone. What the read model of sales lacks of the log is folded
    here. ``reading`` is told the position reached and the head.
    """
    days, position = await _read_sales(pool)
    head = await journal.head()
    shelves = Shelves()
    await _fold(journal, 0, head, _TOPICS, shelves.add, reading)
    # What the read model has not seen yet.
    await _fold(journal, position, head, _SALES_TOPICS, days.add, reading)
    found = days.all()
    if not any(day.units > 0 for day in found):
        raise NotEnoughData("nothing was sold yet")
    return _demand(found, shelves.categories(), shelves, head, now)


async def _read_sales(pool: asyncpg.Pool[Any]) -> tuple[_Days, int]:
    """Return what the read model knows, and the position up to which it does."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        position = (await live_positions(connection)).get(ProductSales.name)
        if position is None:  # nobody has begun to fold it
            return _Days([]), 0
        return _Days([_Day(*row) for row in await connection.fetch(_DAYS)]), position


async def _fold(
    journal: Journal,
    after: int,
    head: int,
    topics: Sequence[str],
    add: Callable[[Recorded], None],
    reading: Callable[[int, int], None],
) -> None:
    while after < head:
        page = await journal.read(after, PAGE, topics=topics, until=head)
        if not page:
            break
        for recorded in page:
            add(recorded)
        after = page[-1].position
        reading(after, head)
    reading(head, head)


class _Days:
    """What the read model has by product and day, and events after it by the same rule."""

    def __init__(self, known: list[_Day]) -> None:
        self._known = known
        self._later: dict[tuple[str, date, str], list[int]] = {}

    def add(self, recorded: Recorded) -> None:
        """Take an event that the read model has not seen."""
        event = recorded.event
        if not (isinstance(event, Visit.Event) and event.bot):
            fold_sales(self._later, recorded)

    def all(self) -> list[_Day]:
        """Return all of them; a product may have several for one day."""
        return [*self._known, *(_later(key, row) for key, row in self._later.items())]


def _later(key: tuple[str, date, str], row: list[int]) -> _Day:
    units = row[UNITS] - row[RETURNED_UNITS]
    return _Day(key[0], key[1], row[ORDERS], units, row[VIEWS], row[BASKET_ADDS])


def _demand(
    days: list[_Day],
    categories: Mapping[str, str],
    shelves: Shelves,
    head: int,
    now: datetime,
) -> Demand:
    latest = max(day.day for day in days)
    today = now.astimezone(UTC).date()
    if today - latest > QUIET:  # its last day is over
        today = latest
        now = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
    first = max(min(day.day for day in days), today - timedelta(days=MOST_DAYS - 1))
    length = (today - first).days + 1
    products = _products(days, categories, shelves)
    places = {product_id: place for place, product_id in enumerate(products)}
    ordered = {day.product_id for day in days if day.units > 0}
    rows, rest = _places(places, categories, ordered)

    counted = {name: np.zeros((len(rows), length)) for name in _Day._fields[2:]}
    for day in days:
        column = (day.day - first).days
        place = places.get(day.product_id, rest.get(categories.get(day.product_id, "")))
        if 0 <= column < length and place is not None:
            for name, matrix in counted.items():
                matrix[place, column] += getattr(day, name)
    named = [product_id for product_id, _ in rows]
    share = shelves.open_share(named, first, length, now)
    gone = (now - datetime(today.year, today.month, today.day, tzinfo=UTC)) / timedelta(days=1)
    for name in ("orders", "views", "basket_adds"):
        _complete_today(counted[name], gone)
    panel = Panel(
        named,
        [category for _, category in rows],
        np.maximum(counted["units"], 0.0),
        share,
        first,
        1,
        orders=counted["orders"],
        views=counted["views"],
        basket_adds=counted["basket_adds"],
        prices=shelves.prices(named, first, length),
    )
    return Demand(head, today + timedelta(days=1), panel, weekly(panel), shelves.stocks())


def weekly(panel: Panel) -> Panel | None:
    """Return the panel in weeks that end with its last day; None where no week is over."""
    weeks = panel.periods // WEEK_DAYS
    if weeks == 0:
        return None
    left_out = panel.periods - weeks * WEEK_DAYS

    def cut(matrix: Floats) -> Floats:
        return matrix[:, left_out:].reshape(len(matrix), weeks, WEEK_DAYS)

    def summed(matrix: Floats | None) -> Floats | None:
        if matrix is None:
            return None
        found: Floats = cut(matrix).sum(axis=2)
        return found

    return Panel(
        panel.products,
        panel.categories,
        cut(panel.sold).sum(axis=2),
        cut(panel.open_share).mean(axis=2),
        panel.start + timedelta(days=left_out),
        WEEK_DAYS,
        orders=summed(panel.orders),
        views=summed(panel.views),
        basket_adds=summed(panel.basket_adds),
        prices=None if panel.prices is None else cut(panel.prices)[:, :, -1],
    )


def _products(days: list[_Day], categories: Mapping[str, str], shelves: Shelves) -> list[str]:
    """Return those that are told apart: on sale still, the ones ordered most of late first."""
    pieces: dict[str, float] = dict.fromkeys(categories, 0.0)
    latest = max(day.day for day in days)
    for day in days:
        fresh = 0.5 ** ((latest - day.day).days / 90)
        pieces[day.product_id] = pieces.get(day.product_id, 0.0) + max(day.units, 0) * fresh
    sold = [product_id for product_id in pieces if shelves.is_sold(product_id)]
    return sorted(sold, key=lambda product_id: (-pieces[product_id], product_id))[:MOST_PRODUCTS]


def _places(
    places: Mapping[str, int], categories: Mapping[str, str], ordered: set[str]
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Return (product, category) of each row, and the row of the rest of each category."""
    rows = [(product_id, categories.get(product_id, "")) for product_id in places]
    rest = {}
    for category in sorted({categories.get(p, "") for p in ordered - places.keys()}):
        rest[category] = len(rows)
        rows.append((REST, category))
    return rows, rest


def _complete_today(counted: Floats, gone: float) -> None:
    """Add to today's counts what is usual of the hours to come."""
    before = counted[:, -1 - WEEK_DAYS : -1]
    if before.shape[1]:
        counted[:, -1] += (1.0 - min(gone, 1.0)) * before.mean(axis=1)


_DAYS = """
    SELECT product_id, day, sum(orders)::int, sum(units - returned_units)::int,
           sum(views)::int, sum(basket_adds)::int
    FROM product_sales GROUP BY product_id, day"""
