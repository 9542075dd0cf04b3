"""Visit: what a visitor looked at, in order. Facts: nothing is decided, so nothing is refused."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Any, TypeVar

from domain.events import Aggregate, Event

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=Event)


class Visit(Aggregate):
    """What visitors did; the read model ``visits`` cuts it into visits."""

    CATEGORY = "visit"

    class Event(Aggregate.Event):
        """Something that a visitor did, and the circumstances as far as they are known.

        ``shopper_id``: who was signed in. ``device``: desktop, mobile, tablet or server.
        ``source``: what brought them. ``bot``: why it is taken for one; empty for people. Marked
        events are kept and not counted. What is empty is not recorded.
        """

        visitor: str
        """The anonymous id, whoever is signed in."""
        shopper_id: str = field(default="", kw_only=True)
        device: str = field(default="", kw_only=True)
        source: str = field(default="", kw_only=True)
        bot: str = field(default="", kw_only=True)

    class PageViewed(Event):
        TOPIC = "visit.page_viewed"
        url: str
        title: str = ""
        referrer: str = ""

    class ProductViewed(Event):
        TOPIC = "visit.product_viewed"
        product_id: str
        category: str = field(default="", kw_only=True)

    class ProductClicked(Event):
        TOPIC = "visit.product_clicked"
        product_id: str
        placement: str = ""
        rank: int = 0

    class Dwelled(Event):
        """Time during which a page was seen and in focus."""

        TOPIC = "visit.dwelled"
        milliseconds: int
        product_id: str = ""
        url: str = ""

    class Scrolled(Event):
        """How far down a page was seen, at most."""

        TOPIC = "visit.scrolled"
        url: str
        percent: int

    class Searched(Event):
        TOPIC = "visit.searched"
        query: str
        results: int | None = field(default=None, kw_only=True)
        """How many were found, where the shop says so."""

    class ProductCarted(Event):
        """A basket addition of a shop whose baskets are not here."""

        TOPIC = "visit.product_carted"
        product_id: str
        quantity: int = 1
        category: str = field(default="", kw_only=True)

    class ProductUncarted(Event):
        """As ProductCarted, taken out again."""

        TOPIC = "visit.product_uncarted"
        product_id: str
        quantity: int = 1
        category: str = field(default="", kw_only=True)

    class ProductPurchased(Event):
        """A line of an order of a shop whose orders are not here."""

        TOPIC = "visit.product_purchased"
        product_id: str
        quantity: int = 1
        unit_price_minor: int = 0
        currency: str = ""
        order: str = ""
        category: str = field(default="", kw_only=True)

    class PurchaseRefunded(Event):
        """Money given back for such an order: for one product, or for the order."""

        TOPIC = "visit.purchase_refunded"
        order: str
        refund_minor: int
        currency: str
        product_id: str = ""
        quantity: int = 0

    class CheckoutStarted(Event):
        TOPIC = "visit.checkout_started"
        value_minor: int = 0
        currency: str = ""

    class ProductRated(Event):
        """A review of a shop whose reviews are not here; 1 to 5 stars."""

        TOPIC = "visit.product_rated"
        product_id: str
        rating: int

    class RecommendationsShown(Event):
        """A list that was seen, in its order."""

        TOPIC = "visit.recommendations_shown"
        recommendation_id: str
        placement: str
        product_ids: tuple[str, ...]

    class RecommendationClicked(Event):
        TOPIC = "visit.recommendation_clicked"
        recommendation_id: str
        placement: str
        product_id: str
        rank: int

    class ConsentChanged(Event):
        """What the visitor allows, by purpose, and the signals of their browser (gpc, dnt)."""

        TOPIC = "visit.consent_changed"
        purposes: dict[str, bool]
        signals: tuple[str, ...] = ()

    class StayedActive(Event):
        """The page is still seen and in focus, without anything else to tell."""

        TOPIC = "visit.stayed_active"

    class Left(Event):
        """The page was closed or navigated away from."""

        TOPIC = "visit.left"
        url: str = ""

    class CustomTracked(Event):
        """What the shop calls by a name that is not ours."""

        TOPIC = "visit.custom_tracked"
        name: str
        properties: dict[str, Any]


def fact(event_class: type[E], visit_id: str, occurred_at: datetime, **fields: object) -> E:
    """Return an event of a visit; the log gives it its version."""
    make: Callable[..., E] = event_class
    return make(
        originator_id=Visit.stream_id(visit_id),
        originator_version=0,
        timestamp=occurred_at,
        **fields,
    )
