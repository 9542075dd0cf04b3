"""Identity: which shopper a visitor turned out to be. Facts: the folds decide what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from domain.events import Aggregate, Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

E = TypeVar("E", bound=Event)


class Identity(Aggregate):
    """What was said about one visitor. Its key is the visitor's id.

    The first shopper counts: two signed-in shoppers are never merged, so what another one does on
    the same device stays theirs, and the visitor's own past stays with the first.
    """

    CATEGORY = "identity"

    class Joined(Aggregate.Event):
        """A shop told us, by identify or alias, that the visitor is this shopper."""

        TOPIC = "identity.joined"
        visitor: str
        shopper_id: str
        how: str = ""

    class Separated(Aggregate.Event):
        """That was wrong: the visitor is nobody's again, and never this shopper's any more."""

        TOPIC = "identity.separated"
        visitor: str
        shopper_id: str


def identity_fact(event_class: type[E], visitor: str, occurred_at: datetime, **fields: str) -> E:
    """Return an event of a visitor's identity; the log gives it its version."""
    make: Callable[..., E] = event_class
    return make(
        originator_id=Identity.stream_id(visitor),
        originator_version=0,
        timestamp=occurred_at,
        visitor=visitor,
        **fields,
    )
