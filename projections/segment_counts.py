"""What a batch of events adds to each shopper's numbers, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.basket import Basket
from domain.identity import Identity
from domain.order import Order
from domain.product import Product
from domain.review import Review
from domain.shopper import Shopper
from domain.visit import Visit
from projections.fold import rows_by_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class Counts:
    """What a batch did, gathered by source, order and category."""

    def __init__(self, categories: dict[str, str], orders: dict[str, dict[str, Any]]) -> None:
        self.sources: dict[str, list[Any]] = {}
        self.tastes: dict[tuple[str, str], int] = {}
        self.orders = orders
        self.products: dict[str, str] = {}
        self.touched: dict[str, int] = {}
        """By source: its person is to be placed anew."""
        self.named: dict[str, int] = {}
        """Persons to be placed anew, whoever their sources are."""
        self._categories = categories

    def source_rows(self) -> Iterator[tuple[Any, ...]]:
        return ((source, *row) for source, row in self.sources.items())

    def add(self, recorded: Recorded) -> None:
        """Count an event for who did it."""
        event = recorded.event
        if isinstance(event, Visit.Event):
            if not event.bot:
                self._visit(event, recorded)
            return
        match event:
            case Product.Added() | Product.DetailsChanged():
                product_id = recorded.stream_id.partition("-")[2]
                self.products[product_id] = self._categories[product_id] = event.category
            case Basket.ItemAdded():
                source = recorded.stream_id.partition("-")[2]
                self._source(source, recorded)[_ADDS] += 1
                self._taste(source, event.product_id, event.quantity)
            case Order.Placed() | Order.Cancelled() | Order.Returned() | Order.CreditNoted():
                self._order(event, recorded)
            case Review.Submitted() | Review.Edited() | Review.Withdrawn():
                self._source(f"shopper:{event.shopper_id}", recorded)
            case Shopper.VisitorJoined() | Identity.Joined() | Identity.Separated():
                self._join(event, recorded)
            case Shopper.Event():
                self._account(event, recorded)

    def _visit(self, event: Visit.Event, recorded: Recorded) -> None:
        source = f"shopper:{event.shopper_id}" if event.shopper_id else f"visitor:{event.visitor}"
        row = self._source(source, recorded)
        match event:
            case Visit.ProductViewed():
                row[_VIEWS] += 1
            case Visit.ProductCarted():
                row[_ADDS] += 1
                self._taste(source, event.product_id, event.quantity, event.category)
            case Visit.ProductPurchased():
                self._taste(source, event.product_id, event.quantity, event.category)
                order = self._order_row(_told(source, event.order, recorded), source, recorded)
                order["currency"] = order["currency"] or event.currency
                order["is_sale"] = True
                order["goods_minor"] += event.quantity * event.unit_price_minor
            case Visit.PurchaseRefunded():
                order = self._order_row(_told(source, event.order, recorded), source, recorded)
                order["currency"] = order["currency"] or event.currency
                order["refund_minor"] += event.refund_minor
            case Visit.ConsentChanged():
                row[_CONSENT] = {**(row[_CONSENT] or {}), **event.purposes}

    def _order(self, event: Any, recorded: Recorded) -> None:
        order_id = recorded.stream_id.partition("-")[2]
        visitor = event.visitor if isinstance(event, Order.Placed) else ""
        source = f"shopper:{event.shopper_id}" if event.shopper_id else f"visitor:{visitor}"
        if isinstance(event, Order.Placed | Order.CreditNoted):
            if source == "visitor:":
                return  # an anonymous sale belongs to nobody
            order = self._order_row(order_id, source, recorded)
            order["currency"] = event.currency
            self._source(source, recorded)
        else:
            found = self.orders.get(order_id)
            if found is None:
                return
            order = found
            self.touched[order["source"]] = recorded.position
        if isinstance(event, Order.Placed):
            order.update(
                is_sale=True,
                goods_minor=event.goods_minor,
                discount_minor=event.discount_minor,
                placed_at=recorded.occurred_at,
            )
            for line in event.lines:
                self._taste(source, line.product_id, line.quantity)
        else:
            order["refund_minor"] += event.refund_minor
            order["is_cancelled"] |= isinstance(event, Order.Cancelled)

    def _order_row(self, order_id: str, source: str, recorded: Recorded) -> dict[str, Any]:
        at = recorded.occurred_at
        row = self.orders.get(order_id)
        if row is None:
            row = self.orders[order_id] = {
                "order_id": order_id,
                "source": source,
                "currency": "",
                "placed_at": at,
                "is_sale": False,
                "is_cancelled": False,
                "goods_minor": 0,
                "discount_minor": 0,
                "refund_minor": 0,
            }
        row["placed_at"] = min(row["placed_at"], at)
        return row

    def _account(self, event: Event, recorded: Recorded) -> None:
        row = self._source(f"shopper:{recorded.stream_id.partition('-')[2]}", recorded)
        row[_KNOWN] = True
        if isinstance(event, Shopper.Erased):
            row[_ERASED] = True
        elif isinstance(event, Shopper.ConsentChanged):
            row[_CONSENT] = {**(row[_CONSENT] or {}), **event.purposes}

    def _join(self, event: Event, recorded: Recorded) -> None:
        """Both sides of a join or a separation are to be placed anew, whatever comes of it."""
        shopper_id = getattr(event, "shopper_id", "") or recorded.stream_id.partition("-")[2]
        for person in (f"visitor:{getattr(event, 'visitor', '')}", f"shopper:{shopper_id}"):
            self.named[person] = recorded.position

    def _source(self, source: str, recorded: Recorded) -> list[Any]:
        at = recorded.occurred_at
        self.touched[source] = recorded.position
        row = self.sources.get(source)
        if row is None:
            row = self.sources[source] = [False, False, at, at, 0, 0, None]
        row[_FIRST], row[_LAST] = min(row[_FIRST], at), max(row[_LAST], at)
        return row

    def _taste(self, source: str, product_id: str, pieces: int, told: str = "") -> None:
        category = told or self._categories.get(product_id, "")
        if category:
            key = (source, category)
            self.tastes[key] = self.tastes.get(key, 0) + pieces


async def categories_of(connection: Connection, batch: Sequence[Recorded]) -> dict[str, str]:
    """Return the categories of the products that the batch puts into baskets or buys."""
    products: set[str] = set()
    for recorded in batch:
        event = recorded.event
        if isinstance(event, Order.Placed):
            products.update(line.product_id for line in event.lines)
        elif isinstance(event, Basket.ItemAdded | Visit.ProductCarted | Visit.ProductPurchased):
            products.add(event.product_id)
    if not products:
        return {}
    rows = await rows_by_key(connection, "segment_products", "product_id", products)
    return {product_id: row["category"] for product_id, row in rows.items()}


async def orders_of(connection: Connection, batch: Sequence[Recorded]) -> dict[str, dict[str, Any]]:
    """Return the orders that the batch may change."""
    ids: set[str] = set()
    for recorded in batch:
        event = recorded.event
        if isinstance(event, Order.Cancelled | Order.Returned):
            ids.add(recorded.stream_id.partition("-")[2])
        elif isinstance(event, Visit.ProductPurchased | Visit.PurchaseRefunded) and not event.bot:
            source = _visitor(event)
            ids.add(_told(source, event.order, recorded))
    if not ids:
        return {}
    rows = await rows_by_key(connection, "segment_orders", "order_id", ids)
    return {order_id: {name: row[name] for name in ORDER} for order_id, row in rows.items()}


def _visitor(event: Visit.Event) -> str:
    return f"shopper:{event.shopper_id}" if event.shopper_id else f"visitor:{event.visitor}"


def _told(source: str, order: str, recorded: Recorded) -> str:
    """Return the key of an order of which only a tracker tells."""
    return f"told:{source}:{order or recorded.event_id}"


_KNOWN, _ERASED, _FIRST, _LAST, _VIEWS, _ADDS, _CONSENT = range(7)

ORDER = (
    "order_id",
    "source",
    "currency",
    "placed_at",
    "is_sale",
    "is_cancelled",
    "goods_minor",
    "discount_minor",
    "refund_minor",
)
