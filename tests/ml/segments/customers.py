"""What tests of segments share: customers and orders made by hand."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from ml.segments.moves import PastOrder
from ml.segments.shopper_numbers import ShopperNumbers

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)


def an_order(person: str, days_ago: float, minor: int = 1_000, **other: object) -> PastOrder:
    """Return an order placed so many days before AS_OF."""
    said: dict[str, object] = {
        "currency": "EUR",
        "is_sale": True,
        "is_kept": True,
        "goods_minor": minor,
        "discount_minor": 0,
        "net_minor": minor,
        **other,
    }
    return PastOrder(person, AS_OF - timedelta(days=days_ago), **said)  # type: ignore[arg-type]


def numbers(person: str, orders: list[PastOrder]) -> ShopperNumbers:
    """Return what the read model counts of these orders."""
    kept = [order for order in orders if order.is_kept]
    moments = [order.placed_at for order in orders] or [AS_OF]
    return ShopperNumbers(
        person=person,
        is_known=True,
        first_at=min(moments),
        last_at=max(moments),
        orders=len(kept),
        order_days=len({order.placed_at.date() for order in kept}),
        undone=sum(order.is_sale and not order.is_kept for order in orders),
        currency=orders[-1].currency if orders else "",
        revenue_minor=sum(order.net_minor for order in orders),
        goods_minor=sum(order.goods_minor for order in kept),
        first_order_at=min((order.placed_at for order in kept), default=None),
        last_order_at=max((order.placed_at for order in kept), default=None),
        tastes={"lamps": len(kept)} if kept else {},
    )


def a_shop(customers: int, *, seed: int = 1) -> dict[str, list[PastOrder]]:
    """Return orders by person: some come often, most once or twice."""
    chance = random.Random(seed)
    shop = {}
    for n in range(customers):
        person = f"shopper:{n}"
        times = chance.choice((1, 1, 1, 2, 3, 8))
        days = sorted((chance.uniform(0, 400) for _ in range(times)), reverse=True)
        shop[person] = [an_order(person, day, chance.randrange(500, 9_000)) for day in days]
    return shop
