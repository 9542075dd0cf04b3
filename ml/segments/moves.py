"""Moves: who went from which named segment to which, from one month's end to the next."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from domain.segmentation import Move
from ml.segments.named_segments import NEW_DAYS, Standing, name_of
from ml.segments.rfm import fit_borders, score
from ml.segments.shopper_numbers import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domain.segmentation import Borders

MOST_MONTHS = 12


class PastOrder(NamedTuple):
    """An order as it is known now: ``net_minor`` is less what was given back since.

    ``is_sale`` is false where only what came back is known.
    """

    person: str
    placed_at: datetime
    currency: str
    is_sale: bool
    is_kept: bool
    goods_minor: int
    discount_minor: int
    net_minor: int


class _Customer:
    """What one customer had ordered by a moment."""

    __slots__ = (
        "by_currency",
        "currency",
        "discount",
        "first",
        "goods",
        "last",
        "orders",
        "undone",
    )

    def __init__(self) -> None:
        self.orders = self.undone = self.goods = self.discount = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.currency = ""
        self.by_currency: dict[str, int] = {}

    def add(self, order: PastOrder) -> None:
        net = self.by_currency.get(order.currency, 0) + order.net_minor
        self.by_currency[order.currency] = net
        if not order.is_sale:
            return
        if not order.is_kept:
            self.undone += 1
            return
        self.orders += 1
        self.goods += order.goods_minor
        self.discount += order.discount_minor
        self.first = self.first or order.placed_at
        self.last, self.currency = order.placed_at, order.currency

    @property
    def revenue(self) -> int:
        return self.by_currency.get(self.currency, 0)


def month_ends(as_of: datetime, first: datetime) -> list[datetime]:
    """Return the ends of the last months (UTC) and the present, from before ``first`` on."""
    ends = [as_of]
    end = as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if end == as_of:
        end = _month_before(end)
    while len(ends) == 1 or (len(ends) <= MOST_MONTHS and ends[-1] > first):
        ends.append(end)
        end = _month_before(end)
    return ends[::-1]


def _month_before(start: datetime) -> datetime:
    return (start - timedelta(days=1)).replace(day=1)


def moves(orders: Iterable[PastOrder], as_of: datetime) -> tuple[Move, ...]:
    """Return how customers moved in each of the last months, the present one too.

    What is known now, by when it was ordered: an order that was cancelled since counts nowhere.
    Each month's end has borders of its own.
    """
    ordered = sorted((o for o in orders if o.placed_at <= as_of), key=lambda o: o.placed_at)
    if not ordered:
        return ()
    customers: dict[str, _Customer] = {}
    before: dict[str, str] = {}
    found: list[Move] = []
    taken = 0
    for nth, end in enumerate(month_ends(as_of, ordered[0].placed_at)):
        while taken < len(ordered) and (ordered[taken].placed_at < end or end == as_of):
            order = ordered[taken]
            customers.setdefault(order.person, _Customer()).add(order)
            taken += 1
        after = _names(customers, end)
        if nth:
            found += _moves(before, after, end)
        before = after
    return tuple(found)


def _moves(before: dict[str, str], after: dict[str, str], end: datetime) -> list[Move]:
    month = (end - timedelta.resolution).astimezone(UTC).strftime("%Y-%m")
    counts = Counter((before.get(person, ""), name) for person, name in after.items())
    return [Move(month, old, new, count) for (old, new), count in sorted(counts.items())]


def _names(customers: dict[str, _Customer], end: datetime) -> dict[str, str]:
    borders = _borders(list(customers.values()))
    known: dict[Standing, str] = {}
    names = {}
    for person, customer in customers.items():
        standing = _standing(customer, borders, end)
        if standing not in known:
            known[standing] = name_of(standing)
        names[person] = known[standing]
    return names


def _borders(customers: Sequence[_Customer]) -> Borders:
    with_orders = [each for each in customers if each.orders]
    return fit_borders(
        [seconds_of(each.last) for each in with_orders if each.last],
        [each.orders for each in with_orders],
        [each.revenue for each in with_orders],
        [each.currency for each in with_orders],
    )


def _standing(customer: _Customer, borders: Borders, end: datetime) -> Standing:
    share = customer.discount / customer.goods if customer.goods > 0 else 0.0
    scores = (0, 0, 0)
    if customer.orders and customer.last:
        scores = (
            score(borders.recency, seconds_of(customer.last)),
            score(borders.frequency, customer.orders),
            score(borders.monetary.get(customer.currency, ()), customer.revenue),
        )
    return Standing(
        min(customer.orders, 3),
        min(customer.undone, 1),
        *scores,
        is_new=customer.first is not None and customer.first > end - timedelta(days=NEW_DAYS),
        discount_share=round(share, 2),
        views=0,
        basket_adds=0,
    )
