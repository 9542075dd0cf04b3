"""Recorded events made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.events import Created, Recorded

if TYPE_CHECKING:
    from domain.events import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def recorded(
    kind: type[Event], stream_id: str, seconds: float = 0, *, visit_id: str = "", **fields: Any
) -> Recorded:
    """Return an event so many seconds after noon."""
    at = NOON + timedelta(seconds=seconds)
    if issubclass(kind, Created):
        fields["originator_topic"] = ""
    make: Any = kind
    event = make(originator_id=stream_id, originator_version=1, timestamp=at, **fields)
    return Recorded(
        position=1,
        event_id=UUID(int=1),
        stream_id=stream_id,
        version=1,
        topic=kind.TOPIC,
        schema_version=1,
        occurred_at=at,
        recorded_at=at,
        actor="test",
        visit_id=visit_id,
        correlation_id=None,
        causation_id=None,
        event=event,
    )
