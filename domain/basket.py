"""Basket: what somebody means to buy. One for each shopper and each anonymous visitor, for ever."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

import msgspec

from domain.errors import NotFound, Rejected, require
from domain.events import Aggregate
from domain.money import MixedCurrencies, Money

MOST_LINES = 100
MOST_PIECES = 999


class BasketNotFound(NotFound):
    """There is no basket yet."""

    code = "basket_not_found"


class ItemNotInBasket(NotFound):
    """This product is not in the basket."""

    code = "item_not_in_basket"


class BasketEmpty(Rejected):
    """There is nothing in the basket."""

    code = "basket_empty"


class BasketFull(Rejected):
    """A basket holds at most 100 different products."""

    code = "basket_full"


class BasketItem(msgspec.Struct, frozen=True):
    """Some pieces of one product, at the price seen when it was last added."""

    product_id: str
    quantity: int
    unit_price: Money


class BasketState(msgspec.Struct):
    """The attributes that a snapshot keeps."""

    owner: str
    items: dict[str, BasketItem]
    heir: str


class Basket(Aggregate):
    """Items by product. Its key is its owner: ``shopper:ID`` or ``visitor:ID``.

    Checking out, handing over and clearing empty it; then it is filled anew.
    """

    CATEGORY = "basket"
    SNAPSHOT = BasketState

    class Opened(Aggregate.Created):
        TOPIC = "basket.opened"
        owner: str

    class ItemAdded(Aggregate.Event):
        TOPIC = "basket.item_added"
        product_id: str
        quantity: int
        unit_price: Money
        begins: bool = False
        """Whether the basket was empty before."""

        def apply(self, aggregate: Basket) -> None:
            quantity = self.quantity + aggregate.pieces(self.product_id)
            aggregate.items[self.product_id] = BasketItem(
                self.product_id, quantity, self.unit_price
            )

    class ItemQuantityChanged(Aggregate.Event):
        TOPIC = "basket.item_quantity_changed"
        product_id: str
        quantity: int
        previous_quantity: int

        def apply(self, aggregate: Basket) -> None:
            held = aggregate.items[self.product_id]
            aggregate.items[self.product_id] = msgspec.structs.replace(held, quantity=self.quantity)

    class ItemRemoved(Aggregate.Event):
        TOPIC = "basket.item_removed"
        product_id: str
        quantity: int

        def apply(self, aggregate: Basket) -> None:
            del aggregate.items[self.product_id]

    class Cleared(Aggregate.Event):
        TOPIC = "basket.cleared"

        def apply(self, aggregate: Basket) -> None:
            aggregate.items = {}

    class CheckedOut(Aggregate.Event):
        """All that was in it became an order."""

        TOPIC = "basket.checked_out"
        order_id: str

        def apply(self, aggregate: Basket) -> None:
            aggregate.items = {}

    class HandedOver(Aggregate.Event):
        """A visitor's basket went to the shopper that the visitor turned out to be."""

        TOPIC = "basket.handed_over"
        heir: str

        def apply(self, aggregate: Basket) -> None:
            aggregate.items = {}
            aggregate.heir = self.heir

    class ItemsTakenOver(Aggregate.Event):
        """Items of the visitor that this shopper was before came in."""

        TOPIC = "basket.items_taken_over"
        source: str
        items: tuple[BasketItem, ...]

        def apply(self, aggregate: Basket) -> None:
            for item in self.items:
                quantity = min(item.quantity + aggregate.pieces(item.product_id), MOST_PIECES)
                aggregate.items[item.product_id] = msgspec.structs.replace(item, quantity=quantity)

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.items: dict[str, BasketItem] = {}
        self.heir = ""

    @classmethod
    def open(cls, owner: str, now: datetime) -> Self:
        """Give the owner an empty basket."""
        return cls._create(cls.Opened, id=cls.stream_id(owner), timestamp=now, owner=owner)

    @property
    def total(self) -> Money | None:
        """The sum of its lines; None while it is empty."""
        total: Money | None = None
        for item in self.items.values():
            line = item.unit_price * item.quantity
            total = line if total is None else total + line
        return total

    def add_item(self, product_id: str, quantity: int, unit_price: Money, now: datetime) -> None:
        """Put pieces of a product in, on top of those already there."""
        _check_quantity(quantity + self.pieces(product_id), asked=quantity)
        if product_id not in self.items and len(self.items) >= MOST_LINES:
            raise BasketFull
        if self.total is not None and self.total.currency != unit_price.currency:
            raise MixedCurrencies
        self.trigger_event(
            self.ItemAdded,
            timestamp=now,
            product_id=product_id,
            quantity=quantity,
            unit_price=unit_price,
            begins=not self.items,
        )

    def change_quantity(self, product_id: str, quantity: int, now: datetime) -> None:
        """Hold exactly ``quantity`` pieces of a product; 0 removes it."""
        held = self.item(product_id)
        if quantity == 0:
            self.remove_item(product_id, now)
            return
        _check_quantity(quantity, asked=quantity)
        if quantity != held.quantity:
            self.trigger_event(
                self.ItemQuantityChanged,
                timestamp=now,
                product_id=product_id,
                quantity=quantity,
                previous_quantity=held.quantity,
            )

    def remove_item(self, product_id: str, now: datetime) -> None:
        """Take a product out."""
        quantity = self.item(product_id).quantity
        self.trigger_event(
            self.ItemRemoved, timestamp=now, product_id=product_id, quantity=quantity
        )

    def clear(self, now: datetime) -> None:
        """Take everything out."""
        if self.items:
            self.trigger_event(self.Cleared, timestamp=now)

    def check_out(self, order_id: str, now: datetime) -> None:
        """Turn what is in it into an order."""
        if not self.items:
            raise BasketEmpty
        self.trigger_event(self.CheckedOut, timestamp=now, order_id=order_id)

    def hand_over(self, heir: Basket, now: datetime) -> None:
        """Move everything into the basket of the shopper that this visitor turned out to be.

        Pieces of one product add up, to at most 999; lines beyond the heir's hundredth stay out.
        """
        if not self.items:
            return
        room = MOST_LINES - len(heir.items)
        items: list[BasketItem] = []
        for item in self.items.values():
            if item.product_id not in heir.items:
                if room == 0:
                    continue
                room -= 1
            if heir.total is None or heir.total.currency == item.unit_price.currency:
                items.append(item)
        heir.trigger_event(
            heir.ItemsTakenOver, timestamp=now, source=self.owner, items=tuple(items)
        )
        self.trigger_event(self.HandedOver, timestamp=now, heir=heir.owner)

    def pieces(self, product_id: str) -> int:
        """Return how many pieces of a product are in it."""
        held = self.items.get(product_id)
        return held.quantity if held else 0

    def item(self, product_id: str) -> BasketItem:
        """Return the line of a product."""
        if product_id not in self.items:
            raise ItemNotInBasket(f"{product_id} is not in the basket")
        return self.items[product_id]


def _check_quantity(total: int, *, asked: int) -> None:
    require(
        (asked >= 1, "quantity", "too_small", "a quantity is at least 1"),
        (total <= MOST_PIECES, "quantity", "too_large", "a basket holds at most 999 of a product"),
    )
