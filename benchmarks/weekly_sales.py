"""Online Retail by week: the products that were ordered most, in groups by their names.

A week's demand is what was ordered less what of it came back in that week. Days on which nothing
at all was sold, where others of that week were open, count as closed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.online_retail import events_of
from domain.order import Order
from ml.forecasts.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ml.forecasts.panel import Floats

FIRST_MONDAY = date(2010, 12, 6)
WEEKS = 52
FIRST_ORIGIN = 40
"""Products and groups are chosen by the weeks before it."""
PRODUCTS = 500
GROUPS = 14
NO_GROUP = "other"
TELL_NOTHING = frozenset(
    {
        "SET",
        "THE",
        "AND",
        "WITH",
        "FOR",
        "RED",
        "PINK",
        "BLUE",
        "WHITE",
        "BLACK",
        "GREEN",
        "IVORY",
        "SILVER",
        "GOLD",
        "ASSORTED",
        "DESIGN",
        "SMALL",
        "LARGE",
        "MINI",
        "PACK",
        "RETROSPOT",
    }
)
"""Words of names that do not say what a thing is."""


class _Line(NamedTuple):
    product: str
    name: str
    week: int
    quantity: int
    unit_price_minor: int
    order: str
    day: date


def read(path: Path) -> Panel:
    """Return the weeks of the products that were ordered most before the first origin."""
    lines = list(_lines(path))
    pieces: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(WEEKS))
    for line in lines:
        pieces[line.product][line.week] += line.quantity
    before = {product: by_week[:FIRST_ORIGIN].sum() for product, by_week in pieces.items()}
    products = sorted(before, key=lambda product: (-before[product], product))[:PRODUCTS]
    places = {product: place for place, product in enumerate(products)}
    lines_of_these = [line for line in lines if line.product in places]
    names = {line.product: line.name.upper() for line in reversed(lines_of_these)}
    open_days = Counter(_week(day) for day in {line.day for line in lines})
    by_week = np.array([open_days[week] for week in range(WEEKS)], float)
    sold = np.maximum(np.stack([pieces[product] for product in products]), 0.0)
    is_there = np.maximum.accumulate(sold > 0, axis=1)  # the file tells of no other beginning
    return Panel(
        products,
        groups_of([names[each] for each in products], [before[each] for each in products]),
        sold,
        is_there * np.minimum(by_week / np.median(by_week), 1.0),
        FIRST_MONDAY,
        orders=_orders(lines_of_these, places),
        prices=_prices(lines_of_these, places),
    )


def groups_of(names: Iterable[str], weights: Iterable[float]) -> list[str]:
    """Return for each product the commonest telling word of its name, by pieces before."""
    words = [
        [word for word in re.findall(r"[A-Z]{3,}", name) if word not in TELL_NOTHING]
        for name in names
    ]
    counts: Counter[str] = Counter()
    for of_one, weight in zip(words, weights, strict=True):
        for word in dict.fromkeys(of_one):
            counts[word] += int(weight)
    kept = [word for word, _ in counts.most_common(GROUPS)]
    return [next((word for word in kept if word in of_one), NO_GROUP) for of_one in words]


def _lines(path: Path) -> Iterator[_Line]:
    for event in events_of(path):
        if isinstance(event, Order.Placed):
            bought, way = event.timestamp, 1
        elif isinstance(event, Order.Returned):
            bought, way = event.placed_at, -1
            if _week(_day(bought)) != _week(_day(event.timestamp)):
                continue  # by the end of the week nobody knew
        else:
            continue
        day = _day(bought)
        if not 0 <= _week(day) < WEEKS:
            continue
        for line in event.lines:
            yield _Line(
                line.product_id,
                line.name,
                _week(day),
                way * line.quantity,
                line.unit_price_minor,
                event.originator_id,
                day,
            )


def _orders(lines: Iterable[_Line], places: dict[str, int]) -> Floats:
    found = np.zeros((len(places), WEEKS))
    bought = {(line.product, line.week, line.order) for line in lines if line.quantity > 0}
    for product, week, _ in bought:
        found[places[product], week] += 1
    return found


def _prices(lines: Iterable[_Line], places: dict[str, int]) -> Floats:
    """Return the median price of each week; one holds until the next."""
    paid: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for line in lines:
        if line.quantity > 0:
            paid[places[line.product], line.week].append(line.unit_price_minor)
    found = np.full((len(places), WEEKS), np.nan)
    for (place, week), prices in paid.items():
        found[place, week] = float(np.median(prices))
    for week in range(1, WEEKS):
        unknown = np.isnan(found[:, week])
        found[unknown, week] = found[unknown, week - 1]
    return found


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _week(day: date) -> int:
    return (day - FIRST_MONDAY) // timedelta(days=7)
