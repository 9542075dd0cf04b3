"""One thing that was said, on its way from a message to facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from application.intake.properties import LONGEST_ID
from domain.visit import fact

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from application.intake.bots import Pace
    from application.intake.properties import Properties
    from domain.events import Event
    from domain.visit import Visit

E = TypeVar("E", bound="Visit.Event")


class Arrival(NamedTuple):
    """What all messages of one request share.

    ``agent``: the user agent of the browser that sent it, empty for a server.
    ``cookieless``: makes a visitor's id for today out of address and agent, where both are empty
    those of the request. ``pseudonym``: what stands for an id that is an e-mail address.
    """

    key_id: str
    received_at: datetime
    agent: str
    cookieless: Callable[[str, str], str]
    pseudonym: Callable[[str], str]
    pace: Pace


class Said:
    """A message's parts that facts are made of; ``circumstances`` go into each of them."""

    __slots__ = ("at", "circumstances", "message_id", "page_url", "properties", "stream")

    def __init__(
        self,
        *,
        at: datetime,
        message_id: str,
        properties: Properties,
        page_url: str,
        circumstances: dict[str, Any],
    ) -> None:
        self.at = at
        self.message_id = message_id
        self.properties = properties
        self.page_url = page_url
        self.circumstances = circumstances
        day = at.isoformat()[:10]
        self.stream = f"{circumstances['visitor']}:{day}"

    def fact(self, event_class: type[E], **fields: object) -> E:
        """Return an event of the visitor's, at its time, under its circumstances."""
        return fact(event_class, self.stream, self.at, **fields, **self.circumstances)


class Translated(NamedTuple):
    """The facts that a message says, with the ids that its repetition gives again."""

    facts: list[Event]
    event_ids: list[UUID]


def message_id_of(value: object) -> str:
    """Return a message's own id as a text; empty where it has none that can be used."""
    if type(value) is str:
        return value if len(value) <= LONGEST_ID else ""
    return "" if value is None else str(value)[:LONGEST_ID]
