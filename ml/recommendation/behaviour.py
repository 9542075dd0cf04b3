"""What a recommender sees of the log: who did what to which product. For training and serving."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import msgspec
import numpy as np

from domain.basket import Basket
from domain.order import Order
from domain.review import Review
from domain.visit import Visit
from ml.recommendation.sessions import EventKind, Sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domain.events import Event, Recorded

EVENTS: tuple[type[Event], ...] = (
    Visit.ProductViewed,
    Visit.ProductClicked,
    Visit.RecommendationClicked,
    Visit.Dwelled,
    Visit.ProductCarted,
    Visit.ProductUncarted,
    Visit.ProductPurchased,
    Visit.ProductRated,
    Basket.ItemAdded,
    Basket.ItemRemoved,
    Order.Placed,
    Review.Submitted,
)
"""What says something about a taste."""

PAUSE_SECONDS = 30 * 60
LONGEST_HISTORY = 60
_KINDS: dict[type[Event], EventKind] = {
    Visit.ProductViewed: EventKind.VIEWED,
    Visit.ProductClicked: EventKind.CLICKED,
    Visit.RecommendationClicked: EventKind.CLICKED,
    Visit.ProductCarted: EventKind.ADDED,
    Visit.ProductUncarted: EventKind.REMOVED,
    Visit.ProductPurchased: EventKind.PURCHASED,
    Visit.ProductRated: EventKind.RATED,
    Basket.ItemAdded: EventKind.ADDED,
    Basket.ItemRemoved: EventKind.REMOVED,
    Review.Submitted: EventKind.RATED,
}


class Touch(msgspec.Struct, gc=False):
    """Something that a visitor did to a product; ``kind`` None: only time spent on it."""

    visitor: str
    product_id: str
    kind: EventKind | None
    at: float
    """Unix seconds."""
    event_id: UUID
    dwell_seconds: float = math.nan


def touches(recorded: Recorded) -> list[Touch]:
    """Return what an event tells of a visitor's taste; nothing for programs and for imports."""
    event = recorded.event
    visitor = visitor_of(recorded)
    if not visitor:
        return []
    at, event_id = recorded.occurred_at.timestamp(), recorded.event_id
    match event:
        case Visit.Dwelled():
            seconds = event.milliseconds / 1_000
            return [Touch(visitor, event.product_id, None, at, event_id, seconds)]
        case Order.Placed():
            products = dict.fromkeys(line.product_id for line in event.lines)
            return [Touch(visitor, each, EventKind.PURCHASED, at, event_id) for each in products]
    product_id: str = getattr(event, "product_id", "")
    kind = _KINDS.get(type(event))
    return [Touch(visitor, product_id, kind, at, event_id)] if kind is not None else []


def visitor_of(recorded: Recorded) -> str:
    """Return who did something on the site; empty for programs and where nobody is known."""
    event = recorded.event
    if isinstance(event, Visit.Event):
        return "" if event.bot else event.visitor
    if recorded.visit_id:
        return recorded.visit_id
    if isinstance(event, Order.Placed):
        return event.visitor or (f"shopper:{event.shopper_id}" if event.shopper_id else "")
    if isinstance(event, Review.Submitted):
        return f"shopper:{event.shopper_id}"
    return recorded.stream_id.partition("-")[2].removeprefix("visitor:")


class Numbering(Protocol):
    """Knows products by number, as a vocabulary does."""

    def number(self, product: str, /) -> int | None: ...


class Histories:
    """The latest touches of the visitors seen last; those longest unseen are forgotten."""

    def __init__(self, *, visitors: int = 50_000) -> None:
        self._most = visitors
        self._of: OrderedDict[str, list[Touch]] = OrderedDict()

    def add(self, touch: Touch) -> None:
        """Take a touch; time spent goes to the latest touch of its product."""
        history = self._of.setdefault(touch.visitor, [])
        self._of.move_to_end(touch.visitor)
        if touch.kind is None:
            _add_dwell(history, touch)
        else:
            history.append(touch)
            del history[:-LONGEST_HISTORY]
        if len(self._of) > self._most:
            self._of.popitem(last=False)

    def of(self, visitor: str) -> list[Touch]:
        """Return a visitor's latest touches, the oldest first; none for one not seen lately."""
        return self._of.get(visitor, [])


def contexts_of(histories: Iterable[Sequence[Touch]], vocabulary: Numbering) -> Sessions:
    """Return what models answer to; products that the vocabulary lacks are left out."""
    number = vocabulary.number
    known = [
        [(n, t) for t in each if (n := number(t.product_id)) is not None] for each in histories
    ]
    flat = [pair for each in known for pair in each]
    lengths = np.fromiter((len(each) for each in known), np.int64, len(known))
    return Sessions(
        np.fromiter((n for n, _ in flat), np.int64, len(flat)),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        np.fromiter((int(t.kind or 0) for _, t in flat), np.int8, len(flat)),
        np.fromiter((t.dwell_seconds for _, t in flat), np.float32, len(flat)),
        np.fromiter((t.at for _, t in flat), np.float64, len(flat)),
    )


def _add_dwell(history: Sequence[Touch], dwell: Touch) -> None:
    """Give time spent to the latest touch of its product."""
    for touch in reversed(history):
        if touch.product_id == dwell.product_id:
            known = 0.0 if math.isnan(touch.dwell_seconds) else touch.dwell_seconds
            touch.dwell_seconds = known + dwell.dwell_seconds
            return
