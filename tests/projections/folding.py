"""What tests of read models share: events made by hand, folded into live tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.events import Created, Recorded
from domain.money import Money
from domain.order import OrderLine
from projections import generations
from projections.registry import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from domain.events import Event
    from projections.projection import Connection

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return a moment as minutes from noon of the first day."""
    return NOON + timedelta(minutes=minutes)


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def line(product_id: str, quantity: int, unit_price_minor: int) -> OrderLine:
    return OrderLine(product_id, f"A {product_id}", quantity, unit_price_minor)


class Log:
    """A log of events made by hand, and the live read models that take them."""

    def __init__(self, pool: asyncpg.Pool[Any], *names: str) -> None:
        self.pool = pool
        self.events: list[Recorded] = []
        self._folded = 0
        self._projections = [BY_NAME[name] for name in names]

    async def open(self) -> None:
        """Make the tables and views of the read models."""
        async with self.pool.acquire() as connection:
            for projection in self._projections:
                await generations.ensure_live(connection, projection)

    def add(
        self,
        event_class: type[Event],
        stream_id: str,
        minutes: float = 0,
        *,
        actor: str = "test",
        **fields: Any,
    ) -> Recorded:
        """Record an event that happened so many minutes after noon."""
        if issubclass(event_class, Created):
            fields["originator_topic"] = ""
        position = len(self.events) + 1
        version = 1 + sum(event.stream_id == stream_id for event in self.events)
        make: Any = event_class
        recorded = Recorded(
            position=position,
            event_id=UUID(int=position),
            stream_id=stream_id,
            version=version,
            topic=event_class.TOPIC,
            schema_version=1,
            occurred_at=at(minutes),
            recorded_at=at(minutes),
            actor=actor,
            visit_id="",
            correlation_id=None,
            causation_id=None,
            event=make(
                originator_id=stream_id,
                originator_version=version,
                timestamp=at(minutes),
                **fields,
            ),
        )
        self.events.append(recorded)
        return recorded

    async def fold(self) -> None:
        """Fold what was added since the last time, as one batch."""
        batch = self.events[self._folded :]
        self._folded = len(self.events)
        async with self.pool.acquire() as connection:
            for projection in self._projections:
                await _apply(connection, projection.name, batch)


async def _apply(connection: Connection, name: str, batch: Sequence[Recorded]) -> None:
    projection = BY_NAME[name]
    topics = {event.TOPIC for event in projection.events}
    wanted = [event for event in batch if event.topic in topics]
    if not wanted:
        return
    async with connection.transaction():
        schema = generations.schema_of(name, 1)
        await connection.execute(f"SET LOCAL search_path = {schema}, public")
        await projection.apply(connection, wanted)
