"""Everything that the log holds of one shopper, for the shopper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.basket import Basket
from domain.events import ENVELOPE_FIELDS
from domain.shopper import Shopper, ShopperNotFound

if TYPE_CHECKING:
    from application.journal import Journal
    from domain.events import Recorded


async def export_shopper(journal: Journal, shopper_id: str) -> dict[str, Any]:
    """Return the account, its baskets and their history, readable and complete.

    Raises ShopperNotFound where nothing was ever recorded of the shopper.
    """
    shopper = await journal.load(Shopper, shopper_id)
    if shopper is None:
        raise ShopperNotFound
    owners = [f"shopper:{shopper_id}", *(f"visitor:{v}" for v in sorted(shopper.visitors))]
    streams = [shopper.id, *(Basket.stream_id(owner) for owner in owners)]
    return {
        "shopper_id": shopper_id,
        "profile": shopper.profile,
        "addresses": shopper.addresses,
        "consent": shopper.consent,
        "visitors": sorted(shopper.visitors),
        "events": [_readable(e) for stream in streams for e in await _whole(journal, stream)],
    }


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
