"""What the shop counts of a shopper, from their events alone."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

DAY = 86_400


class ShopperNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """One shopper. An order counts while some of it is kept; money is net of what came back.

    ``order_days``: days (UTC) with an order. ``undone``: orders of which nothing is kept.
    ``currency``: of the latest order; money in others is not in these numbers. ``tastes``: by
    category, pieces put into a basket or bought.
    """

    person: str
    is_known: bool
    """Has an account or an order; else an anonymous visitor."""
    first_at: datetime
    last_at: datetime
    views: int = 0
    basket_adds: int = 0
    orders: int = 0
    order_days: int = 0
    undone: int = 0
    currency: str = ""
    revenue_minor: int = 0
    goods_minor: int = 0
    discount_minor: int = 0
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    tastes: dict[str, int] = {}

    @property
    def discount_share(self) -> float:
        """Of the goods' price, how much was taken off."""
        return self.discount_minor / self.goods_minor if self.goods_minor > 0 else 0.0

    @property
    def mean_order_minor(self) -> float:
        """What an order was worth in the mean; 0 without one."""
        return max(self.revenue_minor, 0) / self.orders if self.orders else 0.0


def seconds_of(moment: datetime) -> int:
    """Return whole seconds since 1970."""
    return int(moment.timestamp())


def days_between(begin: datetime, end: datetime) -> float:
    """Return days, not below 0."""
    return max((end - begin).total_seconds() / DAY, 0.0)


def whole_days(begin: datetime, end: datetime) -> int:
    """Return how many days (UTC) later the second moment's day is, not below 0."""
    days = (end.astimezone(UTC).date() - begin.astimezone(UTC).date()).days
    return max(days, 0)
