"""Reads each live topic once for this process and hands it to every client."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Self

import msgspec
import structlog

from api import metrics
from api.feed_item import FeedItems
from api.live_client import FEED, LiveClient
from api.live_topics import STATE_TOPICS
from api.problems import busy
from api.sse import frame
from application.event_store.lost_connections import LOST_CONNECTION
from projections.checkpoints import live_generation, live_positions
from projections.feeds import PAGE, read_feed
from projections.position_waiter import StillBehind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from api.services import Services
    from application.event_store.store import StoredEvent
    from projections.feeds import FeedRow
    from projections.projection import Fed

logger = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.25
"""A read model that stays behind is read this often all the same."""


class Hub:
    """Follows the log, and with it the read models, as long as anybody looks.

    ``reached``: for each topic the position up to which everything was offered. A state topic
    gets there by waiting until its read model has the newest position known of the log and then
    reading the rows changed since: one query for any number of events and clients.
    """

    def __init__(self, services: Services) -> None:
        self.reached: dict[str, int] = {}
        self._services = services
        self._items = FeedItems(services.journal.hashes)
        self._clients: dict[str, set[LiveClient]] = {}
        self._everybody: set[LiveClient] = set()
        self._grew = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._is_closing = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    async def admit(self, client: LiveClient) -> None:
        """Count the client in, before it is given anything. Raises Problem 503 when full."""
        if self._is_closing:
            raise busy(503, "shutting_down", "This server is about to stop.", 1)
        limit = self._services.settings.live_clients_limit
        if client.only_key:  # whoever visits the shop leaves room for who works here
            limit //= 2
        if len(self._everybody) >= limit:
            raise busy(503, "too_many_clients", "No more clients can follow here.", 5)
        self._everybody.add(client)
        metrics.LIVE_CLIENTS.inc()
        try:
            async with self._starting:
                if not self._tasks:
                    await self._start()
        except BaseException:
            self.leave(client)
            raise

    def leave(self, client: LiveClient) -> None:
        """Forget the client; the last one lets the reading stop."""
        if client in self._everybody:
            self._everybody.discard(client)
            metrics.LIVE_CLIENTS.dec()
        for topic in client.topics:
            self.unsubscribe(client, topic)
        if not self._everybody:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def subscribe(self, client: LiveClient, topic: str) -> int:
        """Offer the topic to the client from now on; return the position it begins after."""
        self._clients.setdefault(topic, set()).add(client)
        return self.reached[topic]

    def unsubscribe(self, client: LiveClient, topic: str) -> None:
        """Offer the topic to the client no longer."""
        self._clients.get(topic, set()).discard(client)

    def close_clients(self) -> None:
        """Let every stream end."""
        self._is_closing = True
        for client in self._everybody:
            client.close()

    def event_frames(self, events: Sequence[StoredEvent]) -> list[tuple[int, bytes]]:
        """Return the events as changes of the feed, each made into bytes once for all clients."""
        return [(e.position, change(FEED, e.position, self.event_json(e))) for e in events]

    def event_json(self, event: StoredEvent) -> bytes:
        """Return what the feed tells of an event."""
        return msgspec.json.encode(self._items.of(event))

    async def _start(self) -> None:
        async with self._services.pool.acquire() as connection:
            positions = await live_positions(connection)
        self.reached = {
            topic: positions.get(projection.name, 0) for topic, projection in STATE_TOPICS.items()
        }
        self.reached[FEED] = await self._services.journal.head()
        self._tasks = [asyncio.create_task(self._guard(self._follow_log()), name="live-feed")]
        self._tasks += [
            asyncio.create_task(self._guard(self._follow(topic, projection)), name=f"live-{topic}")
            for topic, projection in STATE_TOPICS.items()
        ]

    async def _stop(self) -> None:
        self.close_clients()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _guard(self, work: asyncio.Future[None] | object) -> None:
        """Never leave clients with a stream that stands still: they reconnect and resume."""
        try:
            await work  # type: ignore[misc]  # a coroutine
        except Exception:
            logger.exception("live_stream_failed")
            for client in self._everybody:
                client.close()

    async def _follow_log(self) -> None:
        store = self._services.journal.store
        async with aclosing(store.subscribe(self.reached[FEED])) as pages:
            async for page in pages:
                clients = self._clients.get(FEED)
                if clients:
                    frames = self.event_frames(page)
                    for client in clients:
                        client.offer_events(frames)
                self.reached[FEED] = page[-1].position
                self._grew.set()
                self._grew = asyncio.Event()

    async def _follow(self, topic: str, projection: Fed) -> None:
        generation: int | None = None
        while True:
            while self.reached[FEED] <= self.reached[topic]:
                await self._grew.wait()
            try:
                position = await self._come_closer(projection.name, self.reached[topic])
                clients = self._clients.get(topic)
                if not clients:
                    self.reached[topic] = position
                    continue
                generation = await self._check_generation(topic, projection, generation)
                await self._offer_changes(topic, projection, position)
            except LOST_CONNECTION as error:
                logger.warning("live_topic_waits", topic=topic, reason=repr(error))
                await asyncio.sleep(1)

    async def _come_closer(self, name: str, reached: int) -> int:
        wanted = self.reached[FEED]
        try:
            await self._services.waiter.wait_for([name], wanted, PATIENCE_SECONDS)
        except StillBehind as behind:
            return max(behind.position, reached)
        return wanted

    async def _offer_changes(self, topic: str, projection: Fed, position: int) -> None:
        """Offer the rows changed since ``reached``; then everything to ``position`` was offered."""
        after = self.reached[topic]
        while True:
            async with self._services.pool.acquire() as connection:
                rows = await read_feed(connection, projection, after)
            frames = row_frames(topic, rows)
            for client in self._clients.get(topic, ()):
                client.offer_rows(topic, frames)
            if len(rows) < PAGE or rows[-1].position >= position:
                break
            after = rows[-1].position
        self.reached[topic] = max(self.reached[topic], position)

    async def _check_generation(self, topic: str, projection: Fed, known: int | None) -> int | None:
        """A rebuilt read model may show other rows at old positions: all begin anew."""
        async with self._services.pool.acquire() as connection:
            current = await live_generation(connection, projection.name)
        if known is not None and current != known:
            for client in self._clients.get(topic, ()):
                client.lose()
        return current


def change(topic: str, position: int, item: bytes) -> bytes:
    """Return a change as an unfinished frame."""
    data = b'{"topic":"%b","position":%d,"item":%b}' % (topic.encode(), position, item)
    return frame("change", data)


def row_frames(topic: str, rows: Sequence[FeedRow]) -> list[tuple[str, bytes]]:
    """Return rows as unfinished frames, by key."""
    return [(row.key, change(topic, row.position, row.data)) for row in rows]
