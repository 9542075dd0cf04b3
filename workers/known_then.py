"""What the shop knew at a moment of its past: goods, rules, what was liked, who bought what.

The same as its read models, in memory, moved along the log by who replays it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from domain.identity import Identity
from domain.order import Order
from domain.product import Product
from domain.rule import Rule
from domain.shopper import Shopper
from domain.visit import Visit
from ml.recommendation.chance import Goods
from ml.recommendation.sessions import EventKind
from ml.recommendation.shaping import Done, SetRule
from projections import identities
from projections.goods import MOST_DAYS, REPLENISH_DAYS
from projections.product_sales import ProductSales
from workers.interest_then import MOST, InterestThen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from domain.events import Event, Recorded

_RULE: tuple[type[Event], ...] = (Rule.Set, Rule.Changed, Rule.Removed)
_PRODUCT: tuple[type[Event], ...] = (
    Product.Added,
    Product.DetailsChanged,
    Product.StockAdjusted,
    Product.StockReserved,
    Product.StockReturned,
    Product.Withdrawn,
)
EVENTS: tuple[type[Event], ...] = (
    *_PRODUCT,
    *_RULE,
    *ProductSales.events,
    *identities.EVENTS,
)
"""What the shop's knowledge comes from."""


class KnownThen:
    """Goods, rules, interest and purchases as they stand after the events taken so far."""

    def __init__(self) -> None:
        self._goods: dict[str, Goods] = {}
        self._stock: dict[str, int | None] = {}
        self._added_at: dict[str, datetime] = {}
        self._withdrawn: set[str] = set()
        self._rules: dict[str, SetRule] = {}
        self._interest = InterestThen()
        self._bought: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._persons: dict[str, str] = {}

    def take(self, recorded: Recorded) -> None:
        """Learn from an event."""
        event = recorded.event
        if isinstance(event, _PRODUCT):
            self._take_product(recorded.stream_id.partition("-")[2], recorded)
        elif isinstance(event, _RULE):
            self._take_rule(recorded)
        elif isinstance(event, identities.EVENTS):
            self._take_identity(recorded)
        elif isinstance(event, ProductSales.events) and not getattr(event, "bot", ""):
            self._interest.take(recorded)
            self._take_purchase(recorded)

    def rules(self) -> list[SetRule]:
        """Return the rules that stand, what was said last coming last."""
        return list(self._rules.values())

    def goods_of(self, products: Iterable[str]) -> Mapping[str, Goods]:
        """Return what is known of products; of a shop without a catalogue, anything is sold."""
        return self._goods or {product_id: Goods() for product_id in products}

    def baseline(self, now: datetime) -> list[tuple[str, float]]:
        """Return (product, score) of what is liked; of what is new where nothing was looked at."""
        if found := self._interest.popular(now.date()):
            return found
        there = [each for each in self._added_at if each not in self._withdrawn]
        there.sort(key=lambda each: (-self._added_at[each].timestamp(), each))
        return [(each, 0.0) for each in there[:MOST]]

    def done(self, visitor: str, strongest: Mapping[str, int], now: datetime) -> dict[str, Done]:
        """Return what a visitor did; ``strongest``: by product, the strongest EventKind of it."""
        found = {
            product_id: Done(
                is_in_basket=kind == EventKind.ADDED,
                bought_at=now if kind == EventKind.PURCHASED else None,
            )
            for product_id, kind in strongest.items()
        }
        source = visitor if visitor.startswith("shopper:") else f"visitor:{visitor}"
        for each in {source, self._persons.get(source, source)}:
            for product_id, at in self._bought.get(each, {}).items():
                known = found.get(product_id, Done())
                found[product_id] = known._replace(bought_at=at)
        return found

    def _take_product(self, product_id: str, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case Product.Added() | Product.DetailsChanged():
                goods = self._goods.get(product_id, Goods())
                self._goods[product_id] = goods._replace(
                    category=event.category,
                    brand=event.attributes.get("brand", ""),
                    replenish_days=_replenish_days(event.attributes),
                )
                if isinstance(event, Product.Added):
                    self._stock[product_id] = event.stock
                    self._added_at[product_id] = recorded.occurred_at
            case Product.StockAdjusted():
                self._stock[product_id] = event.stock
            case Product.StockReserved() | Product.StockReturned():
                is_back = isinstance(event, Product.StockReturned)
                stock = self._stock.get(product_id)
                if stock is not None:
                    self._stock[product_id] = stock + event.quantity * (1 if is_back else -1)
            case Product.Withdrawn():
                self._withdrawn.add(product_id)
        if product_id in self._goods:
            stock = self._stock.get(product_id)
            is_on_sale = product_id not in self._withdrawn and (stock is None or stock > 0)
            self._goods[product_id] = self._goods[product_id]._replace(is_on_sale=is_on_sale)

    def _take_rule(self, recorded: Recorded) -> None:
        event = recorded.event
        self._rules.pop(recorded.stream_id, None)  # what is said again comes last
        if isinstance(event, Rule.Set | Rule.Changed):
            self._rules[recorded.stream_id] = SetRule(recorded.event_id, event.terms)

    def _take_identity(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Identity.Joined):
            self._persons.setdefault(f"visitor:{event.visitor}", f"shopper:{event.shopper_id}")
        elif isinstance(event, Shopper.VisitorJoined):
            shopper_id = recorded.stream_id.partition("-")[2]
            self._persons.setdefault(f"visitor:{event.visitor}", f"shopper:{shopper_id}")
        elif isinstance(event, Identity.Separated):
            self._persons.pop(f"visitor:{event.visitor}", None)

    def _take_purchase(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Order.Placed):
            products = [line.product_id for line in event.lines]
        elif isinstance(event, Visit.ProductPurchased):
            products = [event.product_id]
        else:
            return
        source = f"shopper:{event.shopper_id}" if event.shopper_id else f"visitor:{event.visitor}"
        bought = self._bought[source]
        for product_id in products:
            bought[product_id] = max(
                recorded.occurred_at, bought.get(product_id, recorded.occurred_at)
            )


def _replenish_days(attributes: Mapping[str, str]) -> float | None:
    """Return after how many days a product is bought again, as its attributes say."""
    try:
        days = float(attributes["replenish_days"])
    except (KeyError, ValueError):
        days = math.nan
    if days >= 0:
        return min(days, MOST_DAYS)
    return REPLENISH_DAYS if attributes.get("replenishable") == "true" else None
