"""Open visits: what each visitor has done so far, event by event. For training and serving alike.

The fold sees the log in its order and nothing else: no clock, no chance, no table. So what it knew
at an event is the same live and in any replay, and an event yet to come changes nothing before it.
Its time is the latest that an event told, and never later than the log took the event: a browser
whose clock is ahead ends nobody's visit.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from domain.basket import Basket
from domain.events import Event
from domain.order import Order
from domain.product import Product
from domain.visit import Visit
from ml.recommendation.behaviour import visitor_of

if TYPE_CHECKING:
    from domain.events import Recorded

PAUSE_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3_600
REMEMBERED = 100_000
"""Open visits, people and baskets; the longest unseen are forgotten."""
RECENT = 16

OF_VISITS: tuple[type[Event], ...] = (
    Visit.PageViewed,
    Visit.ProductViewed,
    Visit.ProductClicked,
    Visit.RecommendationClicked,
    Visit.Dwelled,
    Visit.Searched,
    Visit.ProductCarted,
    Visit.ProductUncarted,
    Visit.ProductPurchased,
    Visit.CheckoutStarted,
    Visit.ProductRated,
    Basket.ItemAdded,
    Basket.ItemQuantityChanged,
    Basket.ItemRemoved,
    Order.Placed,
)
"""What moves a visit on."""
EVENTS: tuple[type[Event], ...] = (
    *OF_VISITS,
    Basket.Cleared,
    Basket.CheckedOut,
    Basket.HandedOver,
    Basket.ItemsTakenOver,
    Product.Added,
    Product.DetailsChanged,
    Product.PriceChanged,
)


class Goods(msgspec.Struct, gc=False):
    """What is known of a product by now."""

    category: str = ""
    price_minor: float = float("nan")


class Line(msgspec.Struct, gc=False):
    """A product in a basket."""

    quantity: int
    price_minor: float


class Past(msgspec.Struct, gc=False):
    """What a person did in visits before this one."""

    visits: int = 0
    ordering_visits: int = 0
    last_visit_at: float = float("nan")
    last_order_at: float = float("nan")
    revenue_minor: float = 0.0


class OpenVisit(msgspec.Struct):
    """A visit so far. Times are Unix seconds and never run backwards; a late event counts now."""

    number: int
    """The position of its first event."""
    visitor: str
    person: str
    started_at: float
    last_at: float
    touched_at: float
    """The time of the log when its latest event came."""
    counts: Counter[type[Event]] = msgspec.field(default_factory=Counter)
    views: Counter[str] = msgspec.field(default_factory=Counter)
    """By product."""
    categories: Counter[str] = msgspec.field(default_factory=Counter)
    dwell: Counter[str] = msgspec.field(default_factory=Counter)
    """Seconds by product; '' for pages without one."""
    prices: list[float] = msgspec.field(default_factory=list)
    """Of the products looked at, in turn."""
    recent: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=RECENT))
    """When the latest events were."""
    empty_searches: int = 0
    source: str = ""
    device: str = ""
    first_added_at: float = float("nan")
    highest_basket_minor: float = 0.0
    basket: dict[str, Line] = msgspec.field(default_factory=dict)
    """What is in the basket now, whenever it was put there."""
    orders: int = 0
    last_order: str = ""
    past: Past = msgspec.field(default_factory=Past)


T = TypeVar("T")


class Remembered(Generic[T]):
    """The values of the keys used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: OrderedDict[str, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._of)

    def get(self, key: str) -> T | None:
        found = self._of.get(key)
        if found is not None:
            self._of.move_to_end(key)
        return found

    def put(self, key: str, value: T) -> T:
        self._of[key] = value
        self._of.move_to_end(key)
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return value

    def pop(self, key: str) -> T | None:
        return self._of.pop(key, None)

    def as_dict(self) -> dict[str, T]:
        """Return all of them, the longest unused first."""
        return dict(self._of)

    def oldest(self) -> T | None:
        return next(iter(self._of.values()), None)


class OpenVisits:
    """The fold. ``over``: the visits that the latest event showed to be over."""

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self.now = 0.0
        self.over: list[OpenVisit] = []
        self._most = remembered
        self.visits: Remembered[OpenVisit] = Remembered(remembered)
        self.past: Remembered[Past] = Remembered(remembered)
        self.baskets: Remembered[dict[str, Line]] = Remembered(remembered)
        self.goods: dict[str, Goods] = {}

    def add(self, recorded: Recorded) -> OpenVisit | None:
        """Take an event; return the visit that it moved on, if it did."""
        event = recorded.event
        self.over = []
        if not isinstance(event, EVENTS):
            return None
        told = min(recorded.occurred_at, recorded.recorded_at).timestamp()
        self.now = max(self.now, told)
        self._close_old()
        if isinstance(event, Product.Added | Product.DetailsChanged | Product.PriceChanged):
            self._describe(recorded)
            return None
        if not isinstance(event, OF_VISITS):
            self._empty_or_fill(recorded)
            return None
        visitor = visitor_of(recorded)
        if not visitor or (isinstance(event, Order.Placed) and event.source != "shop"):
            return None  # a program, or an order that nobody visited this site for
        visit = self._visit(visitor, recorded)
        self._count(visit, recorded)
        return visit

    def __len__(self) -> int:
        """Return how many visits are open."""
        return len(self.visits)

    def _close_old(self) -> None:
        """Close what a pause has ended, and the oldest where there are too many."""
        while (oldest := self.visits.oldest()) is not None and (
            self.now - oldest.touched_at >= PAUSE_SECONDS or len(self.visits) >= self._most
        ):
            self._close(oldest)

    def _visit(self, visitor: str, recorded: Recorded) -> OpenVisit:
        at = recorded.occurred_at.timestamp()
        visit = self.visits.get(visitor)
        if visit is not None:
            at = max(at, visit.last_at)
            is_over = at - visit.last_at >= PAUSE_SECONDS or at - visit.started_at > LONGEST_SECONDS
            if not is_over:
                visit.last_at = at
                visit.touched_at = self.now
                visit.recent.append(at)
                return visit
            self._close(visit)
        person = f"visitor:{visitor}" if ":" not in visitor else visitor
        visit = OpenVisit(recorded.position, visitor, person, at, at, self.now)
        visit.recent.append(at)
        visit.past = self.past.get(person) or Past()
        visit.basket = self._basket(person)
        return self.visits.put(visitor, visit)

    def _close(self, visit: OpenVisit) -> None:
        """Add a visit that is over to its person's past."""
        self.visits.pop(visit.visitor)
        self.over.append(visit)
        past = self.past.get(visit.person) or Past()
        self.past.put(
            visit.person,
            msgspec.structs.replace(
                past,
                visits=past.visits + 1,
                ordering_visits=past.ordering_visits + (visit.orders > 0),
                last_visit_at=visit.last_at,
            ),
        )

    def _count(self, visit: OpenVisit, recorded: Recorded) -> None:
        event = recorded.event
        visit.counts[type(event)] += 1
        if isinstance(event, Visit.Event):
            visit.source = visit.source or event.source
            visit.device = visit.device or event.device
        shopper_id = getattr(event, "shopper_id", "")
        if shopper_id and visit.person != f"shopper:{shopper_id}":
            self._sign_in(visit, f"shopper:{shopper_id}")
        match event:
            case Visit.ProductViewed():
                goods = self.goods.get(event.product_id) or Goods()
                visit.views[event.product_id] += 1
                visit.categories[goods.category or event.category] += 1
                visit.prices.append(goods.price_minor)
                del visit.prices[:-RECENT]
            case Visit.Dwelled():
                visit.dwell[event.product_id] += event.milliseconds // 1_000
            case Visit.Searched():
                visit.empty_searches += event.results == 0
            case Visit.ProductPurchased() | Order.Placed():
                self._order(visit, event)
            case _:
                self._change_basket(visit, recorded)

    def _sign_in(self, visit: OpenVisit, person: str) -> None:
        """Go on as the shopper that the visitor is, with their past and their basket."""
        visit.person = person
        visit.past = self.past.get(person) or visit.past
        visit.basket = self._basket(person) or visit.basket
        self.baskets.put(person, visit.basket)

    def _order(self, visit: OpenVisit, event: Visit.ProductPurchased | Order.Placed) -> None:
        past = self.past.get(visit.person) or Past()
        if isinstance(event, Order.Placed):
            visit.orders += 1
            minor = float(event.goods_minor - event.discount_minor)
            visit.basket.clear()
        else:
            visit.orders += not event.order or event.order != visit.last_order
            visit.last_order = event.order
            minor = float(event.quantity * event.unit_price_minor)
            visit.basket.pop(event.product_id, None)
        visit.past = self.past.put(
            visit.person,
            msgspec.structs.replace(
                past, last_order_at=visit.last_at, revenue_minor=past.revenue_minor + minor
            ),
        )

    def _change_basket(self, visit: OpenVisit, recorded: Recorded) -> None:
        event, basket = recorded.event, visit.basket
        if isinstance(event, Basket.Event):
            basket = visit.basket = self._basket(_owner(recorded))
        match event:
            case Basket.ItemAdded():
                self._put(basket, event.product_id, event.quantity, float(event.unit_price.amount))
            case Visit.ProductCarted():
                goods = self.goods.get(event.product_id) or Goods()
                self._put(basket, event.product_id, event.quantity, goods.price_minor)
            case Basket.ItemQuantityChanged() if event.product_id in basket:
                basket[event.product_id].quantity = event.quantity
            case Basket.ItemRemoved() | Visit.ProductUncarted():
                basket.pop(event.product_id, None)
            case _:
                return
        if basket and visit.first_added_at != visit.first_added_at:  # NaN: the first
            visit.first_added_at = visit.last_at
        visit.highest_basket_minor = max(visit.highest_basket_minor, basket_value(basket))

    def _empty_or_fill(self, recorded: Recorded) -> None:
        """Take what happens to a basket without moving a visit on."""
        event, owner = recorded.event, _owner(recorded)
        match event:
            case Basket.Cleared() | Basket.CheckedOut():
                self._basket(owner).clear()
            case Basket.HandedOver():
                self.baskets.pop(owner)
            case Basket.ItemsTakenOver():
                basket = self._basket(owner)
                for item in event.items:
                    self._put(basket, item.product_id, item.quantity, float(item.unit_price.amount))

    def _basket(self, owner: str) -> dict[str, Line]:
        found = self.baskets.get(owner)
        return self.baskets.put(owner, {}) if found is None else found

    @staticmethod
    def _put(basket: dict[str, Line], product_id: str, quantity: int, price: float) -> None:
        held = basket.get(product_id)
        basket[product_id] = Line(quantity + (held.quantity if held else 0), price)

    def _describe(self, recorded: Recorded) -> None:
        product_id, event = recorded.stream_id.partition("-")[2], recorded.event
        goods = self.goods.setdefault(product_id, Goods())
        if isinstance(event, Product.Added | Product.DetailsChanged):
            goods.category = event.category
        if isinstance(event, Product.Added | Product.PriceChanged):
            goods.price_minor = float(event.price.amount)


def basket_value(basket: dict[str, Line]) -> float:
    """Return what is in it, in minor units; NaN where no price is known."""
    return sum(line.quantity * line.price_minor for line in basket.values())


def _owner(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]
