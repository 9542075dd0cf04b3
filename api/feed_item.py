"""What the live feed tells of an event: what happened to which goods, and nothing about people."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from domain.basket import BasketItem
from domain.money import Money

if TYPE_CHECKING:
    from application.event_store.store import StoredEvent
    from application.keyring import KeyedHash

PSEUDONYM_LETTERS = 8


class Line(msgspec.Struct, frozen=True):
    """Some pieces of a product in an order."""

    product_id: str
    quantity: int
    unit_price_minor: int = 0


class FeedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event without personal data. ``actor`` and ``stream`` carry pseudonyms of people."""

    position: int
    topic: str
    stream: str
    occurred_at: datetime
    actor: str
    product_id: str = ""
    quantity: int = 0
    price: Money | None = None
    lines: tuple[Line, ...] = ()
    total_minor: int = 0
    refund_minor: int = 0
    currency: str = ""
    rating: int = 0
    milliseconds: int = 0


class Told(msgspec.Struct):
    """The fields of all events that may be told: what is not named here cannot leak."""

    product_id: str = ""
    quantity: int = 0
    price: Money | None = None
    unit_price: Money | None = None
    lines: tuple[Line, ...] = ()
    items: tuple[BasketItem, ...] = ()
    total_minor: int = 0
    refund_minor: int = 0
    currency: str = ""
    rating: int = 0
    milliseconds: int = 0


_decode = msgspec.json.Decoder(Told).decode
_NOTHING = Told()


class FeedItems:
    """Makes feed items; pseudonyms are keyed, so nobody can compute them from an id."""

    def __init__(self, hashes: KeyedHash) -> None:
        self._pseudonym = lru_cache(maxsize=50_000)(
            lambda who: hashes.username(f"pseudonym {who}")[:PSEUDONYM_LETTERS]
        )

    def of(self, event: StoredEvent) -> FeedItem:
        """Return what may be told of an event. Works on the stored bytes: nothing is decrypted."""
        try:
            told = _decode(event.payload)
        except msgspec.DecodeError:  # a field of another type than we know: tell less
            told = _NOTHING
        lines = told.lines or tuple(
            Line(i.product_id, i.quantity, i.unit_price.amount) for i in told.items
        )
        return FeedItem(
            position=event.position,
            topic=event.topic,
            stream=self._stream(event.stream_id),
            occurred_at=event.occurred_at,
            actor=self._person(event.actor),
            product_id=told.product_id,
            quantity=told.quantity,
            price=told.price or told.unit_price,
            lines=lines,
            total_minor=told.total_minor,
            refund_minor=told.refund_minor,
            currency=told.currency,
            rating=told.rating,
            milliseconds=told.milliseconds,
        )

    def _person(self, actor: str) -> str:
        kind, _, name = actor.partition(":")
        return f"{kind}:{self._pseudonym(actor)}" if name else kind

    def _stream(self, stream_id: str) -> str:
        category, _, key = stream_id.partition("-")
        match category:
            case "product" | "category" | "order":
                return stream_id
            case "basket":
                return f"basket-{self._person(key)}"
            case "shopper":
                return f"shopper-{self._pseudonym(f'shopper:{key}')}"
            case "review" | "purchase":
                shopper, _, product = key.partition(":")
                return f"{category}-{self._pseudonym(f'shopper:{shopper}')}:{product}"
            case _:
                return f"{category}-{self._pseudonym(stream_id)}"
