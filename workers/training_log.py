"""The log as a training reads it: up to the position of its plan, some topics, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from application.journal import Journal
    from domain.events import Recorded

PAGE = 5_000


async def pages(
    journal: Journal, head: int, topics: Sequence[str], reading: Callable[[int, int], None]
) -> AsyncIterator[Sequence[Recorded]]:
    """Yield pages up to the head. ``reading`` is told the position reached and the head."""
    position = 0
    while position < head:
        page = await journal.read(position, PAGE, topics=topics, until=head)
        if not page:
            break
        yield page
        position = page[-1].position
        reading(position, head)
    reading(head, head)
