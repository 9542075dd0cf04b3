"""KPI explanation: from a number of a bucket back to the events that make it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from domain.basket import Basket
from domain.events import Recorded
from domain.order import Order
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit
from projections.live_kpis import BUCKETS, VISIT_EVENTS, BucketSize, bucket_start, counts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.events import Event
    from projections.projection import Connection

_SALES: tuple[type[Event], ...] = (Order.Placed, Visit.ProductPurchased)
_GIVEN_BACK: tuple[type[Event], ...] = (
    Order.Cancelled,
    Order.Returned,
    Order.CreditNoted,
    Visit.PurchaseRefunded,
)

EXPLAINS: dict[str, tuple[type[Event], ...]] = {
    "visitors": VISIT_EVENTS,
    "page_views": (Visit.PageViewed,),
    "product_views": (Visit.ProductViewed,),
    "clicks": (Visit.ProductClicked, Visit.RecommendationClicked),
    "searches": (Visit.Searched,),
    "baskets_started": (Basket.ItemAdded,),
    "items_added": (Basket.ItemAdded, Visit.ProductCarted),
    "items_removed": (Basket.ItemRemoved, Visit.ProductUncarted),
    "orders": _SALES,
    "orders_cancelled": (Order.Cancelled,),
    "units": _SALES,
    "units_returned": _GIVEN_BACK,
    "revenue_minor": _SALES,
    "refund_minor": _GIVEN_BACK,
    "registrations": (Shopper.Registered,),
    "reviews": (Review.Submitted, Visit.ProductRated),
    "bot_events": VISIT_EVENTS,
}
"""The classes of event that can make each number."""


class Explanation(msgspec.Struct, frozen=True):
    """Where to look for the events of a number; ``made_by`` then keeps those that count."""

    metric: str
    topics: tuple[str, ...]
    start: datetime
    """They occurred from here ..."""
    end: datetime
    """... to before here."""
    first_position: int
    """They stand in the log from here ..."""
    last_position: int
    """... to here; both 0 where nothing happened."""


class Part(msgspec.Struct, frozen=True):
    """One event of a number."""

    recorded: Recorded
    currency: str
    adds: int


async def explain(
    connection: Connection, metric: str, *, bucket: BucketSize, start: datetime
) -> Explanation:
    """Say where the events stand that make a number of the bucket in which ``start`` lies.

    KeyError for a metric that is not in EXPLAINS.
    """
    begin = bucket_start(start, bucket)
    row = await connection.fetchrow(
        """SELECT coalesce(min(first_position), 0), coalesce(max(position), 0) FROM live_kpis
           WHERE bucket = $1 AND bucket_start = $2""",
        bucket,
        begin,
    )
    return Explanation(
        metric=metric,
        topics=tuple(event.TOPIC for event in EXPLAINS[metric]),
        start=begin,
        end=begin + BUCKETS[bucket],
        first_position=row[0] if row else 0,
        last_position=row[1] if row else 0,
    )


async def made_by(
    connection: Connection, explanation: Explanation, events: Iterable[Recorded]
) -> list[Part]:
    """Return what each event adds to the number, without those that add nothing.

    ``events``: all of the bucket in log order, or more; together the parts are the number.
    """
    topics = set(explanation.topics)
    inside = [
        event
        for event in events
        if event.topic in topics and explanation.start <= event.occurred_at < explanation.end
    ]
    if explanation.metric == "visitors":
        return _first_of_each_visitor(inside)
    counting: set[int] = set()
    if explanation.metric == "orders":
        counting = await _counting_orders(connection, [event.position for event in inside])
    parts = []
    for event in inside:
        currency, counts = counts_of(event)
        adds = counts.get(explanation.metric, 0) or int(event.position in counting)
        if adds:
            parts.append(Part(event, currency, adds))
    return parts


def _first_of_each_visitor(events: Iterable[Recorded]) -> list[Part]:
    first: dict[str, Recorded] = {}
    for event in events:
        visitor: str = getattr(event.event, "visitor", "")
        if visitor and not getattr(event.event, "bot", ""):
            first.setdefault(visitor, event)
    return [Part(event, "", 1) for event in first.values()]


async def _counting_orders(connection: Connection, positions: list[int]) -> set[int]:
    """Return which of these are the first lines of imported orders."""
    rows = await connection.fetch(
        "SELECT position FROM live_kpi_orders WHERE position = ANY ($1)", positions
    )
    return {row["position"] for row in rows}
