"""Everything that the log holds of one shopper, for the shopper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.basket import Basket
from domain.events import ENVELOPE_FIELDS
from domain.identity import Identity
from domain.order import Order
from domain.purchase import Purchase
from domain.review import Review
from domain.shopper import Shopper, ShopperNotFound
from domain.visit import Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from application.journal import Journal
    from domain.events import Recorded


async def export_shopper(journal: Journal, shopper_id: str) -> dict[str, Any]:
    """Return the account with all that was recorded of it, readable and complete.

    That is the account's own history, and baskets, orders, purchases and reviews, and what each
    visitor looked at who turned out to be this shopper. Raises ShopperNotFound where nothing was
    ever recorded of the shopper.
    """
    shopper = await journal.load(Shopper, shopper_id)
    if shopper is None:
        raise ShopperNotFound
    visitors = sorted(shopper.visitors)
    events = await _whole(journal, shopper.id)
    for owner in (f"shopper:{shopper_id}", *(f"visitor:{visitor}" for visitor in visitors)):
        events += await _whole(journal, Basket.stream_id(owner))
    ordered = [e.event.order_id for e in events if isinstance(e.event, Basket.CheckedOut)]
    for order_id in dict.fromkeys(ordered):
        events += await _whole(journal, Order.stream_id(order_id))
    prefixes = [Purchase.stream_id(f"{shopper_id}:"), Review.stream_id(f"{shopper_id}:")]
    for visitor in visitors:
        events += await _whole(journal, Identity.stream_id(visitor))
        prefixes.append(Visit.stream_id(f"{visitor}:"))
    for prefix in prefixes:
        async for stream_id in _streams(journal, prefix):
            events += await _whole(journal, stream_id)
    return {
        "shopper_id": shopper_id,
        "profile": shopper.profile,
        "addresses": shopper.addresses,
        "consent": shopper.consent,
        "visitors": visitors,
        "events": [_readable(event) for event in events],
    }


async def _streams(journal: Journal, prefix: str) -> AsyncIterator[str]:
    after = ""
    while page := await journal.store.streams_beginning(prefix, after=after):
        for stream_id in page:
            yield stream_id
        after = page[-1]


async def _whole(journal: Journal, stream_id: str) -> list[Recorded]:
    events: list[Recorded] = []
    while page := await journal.read_stream(stream_id, after_version=len(events)):
        events += page
    return events


def _readable(recorded: Recorded) -> dict[str, Any]:
    own = {k: v for k, v in vars(recorded.event).items() if k not in ENVELOPE_FIELDS}
    own.pop("password_hash", None)
    return {
        "position": recorded.position,
        "topic": recorded.topic,
        "occurred_at": recorded.occurred_at,
        "fields": own,
    }
