"""Aggregates that this process loaded or wrote, so that the next command need not load them."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.event_store.store import StoredEvent
    from domain.events import Aggregate

CAPACITY = 20_000
TRUSTED_SECONDS = 5.0
"""How old an aggregate may be that a command only looks at; younger where this process follows
the log and sees that somebody else wrote to it."""


class AggregateMemory:
    """Two memories that share no object: one to write to, one to look at.

    An aggregate that is written leaves the first one while it is decided on, and returns once it
    is recorded; so nobody ever looks at what is decided but not recorded.
    """

    def __init__(self) -> None:
        self._written: OrderedDict[str, Aggregate] = OrderedDict()
        self._seen: OrderedDict[str, tuple[float, Aggregate]] = OrderedDict()

    def take(self, stream_id: str) -> Aggregate | None:
        """Take an aggregate out, to decide on it; it may be old, and the log will tell."""
        return self._written.pop(stream_id, None)

    def put_back(self, aggregate: Aggregate) -> None:
        """Keep an aggregate as it was just recorded."""
        self._seen.pop(aggregate.id, None)
        self._written[aggregate.id] = aggregate
        if len(self._written) > CAPACITY:
            self._written.popitem(last=False)

    def look_at(self, stream_id: str) -> Aggregate | None:
        """Return an aggregate that was loaded to look at, a few seconds ago at most."""
        seen = self._seen.get(stream_id)
        if seen is None or seen[0] < time.monotonic() - TRUSTED_SECONDS:
            return None
        return seen[1]

    def keep_in_sight(self, aggregate: Aggregate) -> None:
        """Keep an aggregate that nobody will write to."""
        self._seen[aggregate.id] = (time.monotonic(), aggregate)
        self._seen.move_to_end(aggregate.id)
        if len(self._seen) > CAPACITY:
            self._seen.popitem(last=False)

    def notice(self, page: Sequence[StoredEvent]) -> None:
        """Forget what the log has moved beyond."""
        for event in page:
            written = self._written.get(event.stream_id)
            if written is not None and written.version < event.version:
                del self._written[event.stream_id]
            seen = self._seen.get(event.stream_id)
            if seen is not None and seen[1].version < event.version:
                del self._seen[event.stream_id]

    def forget(self, stream_id: str) -> None:
        """Forget an aggregate."""
        self._written.pop(stream_id, None)
        self._seen.pop(stream_id, None)
