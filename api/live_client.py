"""What waits for one client of the live stream, and what it was given so far."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from api.sse import ended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEED = "feed"


class LiveClient:
    """Bounded memory for a reader of any speed.

    Of a state topic only the newest row of each key waits. Events of the feed all wait, up to
    ``feed_limit``; beyond it the client ``is_lost`` and must begin anew.
    """

    def __init__(self, topics: Sequence[str], feed_limit: int, *, only_key: str = "") -> None:
        self.topics = tuple(topics)
        self.only_key = only_key
        """Of state topics this client is shown no other row."""
        self.is_lost = False
        self.is_closed = False
        self.wake = asyncio.Event()
        self.delivered = 0
        """Everything at or below this position was given, on all topics."""
        self._feed_limit = feed_limit
        self._feed: deque[tuple[int, bytes]] = deque()
        self._feed_floor = 0
        self._rows: dict[tuple[str, str], bytes] = {}

    def offer_rows(self, topic: str, rows: Sequence[tuple[str, bytes]]) -> None:
        """Add rows of a state topic, by key; a newer row takes the place of an older one."""
        if self.only_key:
            rows = [row for row in rows if row[0] == self.only_key]
            if not rows:
                return
        for key, unfinished in rows:
            self._rows.pop((topic, key), None)
            self._rows[topic, key] = unfinished
        self.wake.set()

    def offer_events(self, events: Sequence[tuple[int, bytes]]) -> None:
        """Add events of the feed, by position."""
        if self.is_lost:
            return
        if len(self._feed) + len(events) > self._feed_limit:
            self._feed.clear()
            self.is_lost = True
        else:
            self._feed.extend(events)
        self.wake.set()

    def lose(self) -> None:
        """Make the client begin anew: what it was shown no longer stands."""
        self.is_lost = True
        self.wake.set()

    def begin(self, delivered: int, feed_floor: int = 0) -> None:
        """Note what the client has; events of the feed up to ``feed_floor`` are left out."""
        self.delivered = delivered
        self._feed_floor = feed_floor

    def forget(self) -> None:
        """Drop what waits."""
        self._feed.clear()
        self._rows.clear()
        self.is_lost = False

    def close(self) -> None:
        """Let the stream end."""
        self.is_closed = True
        self.wake.set()

    def take(self, reached: Mapping[str, int]) -> bytes:
        """Return all that waits, as bytes to send; ``reached``: how far each topic was offered.

        The id of each event is what the client can resume from once it has that event: state
        rows repeat the old one, until the last of what waits has been given.
        """
        self.wake.clear()
        rows, self._rows = list(self._rows.values()), {}
        feed, self._feed = self._feed, deque()
        low = min((reached[t] for t in self.topics if t != FEED), default=None)
        out = [ended(row, self.delivered) for row in rows]
        for position, unfinished in feed:
            if position > self._feed_floor:
                self.delivered = (
                    position if low is None else max(self.delivered, min(position, low))
                )
                out.append(ended(unfinished, self.delivered))
        everything = min(reached[t] for t in self.topics)
        if everything > self.delivered:
            self.delivered = everything
            if rows and not feed:
                out[-1] = ended(rows[-1], everything)
        return b"".join(out)
