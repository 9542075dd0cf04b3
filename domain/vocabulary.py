"""Every event there is, by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.basket import Basket
from domain.category import Category
from domain.events import Event
from domain.forecast import Forecast
from domain.identity import Identity
from domain.model import Model
from domain.order import Order
from domain.product import Product
from domain.purchase import Purchase
from domain.recommendation import Recommendation
from domain.reservation import Reservation
from domain.review import Review
from domain.rule import Rule
from domain.segment import Segment
from domain.segmentation import Segmentation
from domain.shopper import Shopper
from domain.visit import Visit

if TYPE_CHECKING:
    from domain.events import Aggregate

AGGREGATES: tuple[type[Aggregate], ...] = (
    Shopper,
    Reservation,
    Category,
    Product,
    Basket,
    Order,
    Purchase,
    Review,
    Visit,
    Identity,
    Model,
    Recommendation,
    Rule,
    Segmentation,
    Segment,
    Forecast,
)


def _events_of(aggregate: type[Aggregate]) -> list[type[Event]]:
    nested = (member for member in vars(aggregate).values() if isinstance(member, type))
    return [member for member in nested if issubclass(member, Event) and hasattr(member, "TOPIC")]


EVENTS: dict[str, type[Event]] = {
    event.TOPIC: event for aggregate in AGGREGATES for event in _events_of(aggregate)
}
"""Event classes by topic."""

AGGREGATE_OF: dict[str, type[Aggregate]] = {
    event.TOPIC: aggregate for aggregate in AGGREGATES for event in _events_of(aggregate)
}
"""The aggregate that each topic belongs to."""
