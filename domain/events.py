"""The shape every recorded event shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate
from eventsourcing.domain import MetaDomainEvent as EventMeta

PERSONAL = "personal"
"""Marks a field as personal data: ``name: Annotated[str, PERSONAL]``.

It is encrypted under its shopper's key before it is recorded, and arrives empty (``""``
for a string, ``None`` for anything else) once that shopper was erased.
"""

ENVELOPE_FIELDS = frozenset(
    {"originator_id", "originator_version", "timestamp", "originator_topic"}
)
"""Fields of an event that the log keeps in columns of their own, not in the payload."""


class Event(CanMutateAggregate[str], metaclass=EventMeta):
    """Something that happened; a subclass is a frozen dataclass with a stable ``TOPIC``."""

    TOPIC: ClassVar[str]
    SCHEMA_VERSION: ClassVar[int] = 1
    SUBJECT_FIELD: ClassVar[str] = ""
    """Names the field with the shopper whose key encrypts the personal fields; empty where
    the stream itself is that shopper's."""

    originator_id: str
    originator_version: int
    timestamp: datetime

    @staticmethod
    def upcast(fields: dict[str, Any], schema_version: int) -> dict[str, Any]:
        """Bring the fields of an older ``schema_version`` up to this class; default: as is."""
        del schema_version
        return fields


class Created(CanInitAggregate[str], Event):
    """The first event of a stream."""

    originator_topic: str


class Undecodable(Event):
    """Stands for a recorded event that this version of the program cannot read."""

    topic: str
    error: str


class Aggregate(BaseAggregate[str]):
    """Decides what may happen to one thing of the shop; rebuilt from its events."""

    CATEGORY: ClassVar[str]
    """First part of its stream ids: ``basket`` for ``basket-shopper:42``."""
    SNAPSHOT: ClassVar[type[msgspec.Struct] | None] = None
    """For aggregates whose streams grow long: the attributes that make up their state, by name
    and type. Never set where the state holds personal data."""

    class Event(Event):
        """An event of this aggregate."""

    class Created(Created, Event):
        """The first event of this aggregate."""

    @classmethod
    def stream_id(cls, key: str) -> str:
        """Return the id of the stream of the aggregate known to the shop as ``key``."""
        return f"{cls.CATEGORY}-{key}"

    @property
    def key(self) -> str:
        """The id that the shop knows it by: the stream id without its category."""
        return self.id.removeprefix(f"{self.CATEGORY}-")


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event with the envelope under which the log holds it."""

    position: int
    """Place in the log: global, gapless from 1, in commit order."""
    event_id: UUID
    stream_id: str
    version: int
    """Place in its stream, from 1."""
    topic: str
    schema_version: int
    occurred_at: datetime
    """The client's time after clock correction."""
    recorded_at: datetime
    actor: str
    """Who caused it: ``shopper:ID``, ``visitor:ID``, ``user:NAME``, ``import:NAME``, ..."""
    visit_id: str
    correlation_id: UUID | None
    causation_id: UUID | None
    event: Event
