"""What arrived, as the log has it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.journal import Journal
    from domain.events import Event, Recorded

E = TypeVar("E", bound="Event")

PATIENCE_SECONDS = 20
QUIET_SECONDS = 0.4
"""Requests of one page overtake one another by less."""


class Told:
    """Reads the log, in the order in which things happened."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def all(self) -> list[Recorded]:
        """Return what is recorded by now."""
        return sorted(await self._journal.read(0), key=lambda recorded: recorded.occurred_at)

    async def until(self, awaited: type[Event], times: int = 1) -> list[Recorded]:
        """Return what is recorded once ``awaited`` is there so many times and nothing follows."""
        seen = 0
        try:
            async with (
                asyncio.timeout(PATIENCE_SECONDS) as limit,
                aclosing(self._journal.follow(0)) as pages,
            ):
                async for page in pages:
                    seen += sum(isinstance(recorded.event, awaited) for recorded in page)
                    if seen >= times:
                        limit.reschedule(asyncio.get_running_loop().time() + QUIET_SECONDS)
        except TimeoutError:
            assert seen >= times, f"{awaited.__name__} came {seen} times"
        return await self.all()


def facts(recorded: Sequence[Recorded], event_class: type[E]) -> list[E]:
    """Return the facts of one kind."""
    return [entry.event for entry in recorded if isinstance(entry.event, event_class)]


def values(recorded: Sequence[Recorded], event_class: type[E], *names: str) -> list[Any]:
    """Return what the facts of one kind say: a value each, or a tuple where several are asked."""
    found = [tuple(getattr(e, name) for name in names) for e in facts(recorded, event_class)]
    return [each[0] for each in found] if len(names) == 1 else found
