"""Visit: what a visitor looked at, in order. Facts: nothing is decided, so nothing is refused."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, TypeVar

from domain.events import Aggregate, Event

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=Event)


class Visit(Aggregate):
    """A visitor's events of one visit; ``visitor`` is the anonymous id, whoever is signed in."""

    CATEGORY = "visit"

    class PageViewed(Aggregate.Event):
        TOPIC = "visit.page_viewed"
        visitor: str
        url: str
        title: str = ""
        referrer: str = ""
        shopper_id: str = ""

    class ProductViewed(Aggregate.Event):
        TOPIC = "visit.product_viewed"
        visitor: str
        product_id: str
        shopper_id: str = ""

    class ProductClicked(Aggregate.Event):
        TOPIC = "visit.product_clicked"
        visitor: str
        product_id: str
        placement: str = ""
        rank: int = 0
        shopper_id: str = ""

    class Dwelled(Aggregate.Event):
        """Time during which a page was seen and in focus."""

        TOPIC = "visit.dwelled"
        visitor: str
        milliseconds: int
        product_id: str = ""
        url: str = ""
        shopper_id: str = ""

    class Searched(Aggregate.Event):
        TOPIC = "visit.searched"
        visitor: str
        query: str
        shopper_id: str = ""

    class ProductCarted(Aggregate.Event):
        """Imported behaviour: a basket addition of a shop whose baskets are not here."""

        TOPIC = "visit.product_carted"
        visitor: str
        product_id: str
        quantity: int = 1
        shopper_id: str = ""

    class ProductUncarted(Aggregate.Event):
        """Imported behaviour: as ProductCarted, taken out again."""

        TOPIC = "visit.product_uncarted"
        visitor: str
        product_id: str
        quantity: int = 1
        shopper_id: str = ""

    class ProductPurchased(Aggregate.Event):
        """Imported behaviour: a purchase of a shop whose orders are not here."""

        TOPIC = "visit.product_purchased"
        visitor: str
        product_id: str
        quantity: int = 1
        unit_price_minor: int = 0
        currency: str = ""
        order: str = ""
        shopper_id: str = ""


def fact(event_class: type[E], visit_id: str, occurred_at: datetime, **fields: object) -> E:
    """Return an event of a visit; the log gives it its version."""
    make: Callable[..., E] = event_class
    return make(
        originator_id=Visit.stream_id(visit_id),
        originator_version=0,
        timestamp=occurred_at,
        **fields,
    )
