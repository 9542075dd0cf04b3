"""Footfall's log behind the recorder classes of the eventsourcing package.

A synchronous bridge for that package's own test cases. Each application gets a log (a database) of
its own. A stored event keeps its originator version in front of its payload; its event id is made
from originator and version, so that the log's own check of event ids is what refuses a second
event at one version. What tracks a position is one more stream of the same append, on condition
that nobody moved it meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.tests.projection import EventCountersView
from eventsourcing.utils import resolve_topic, strtobool

from application.errors import Conflict, EventIdTaken
from application.event_store import store as log
from application.event_store.postgres import PostgresEventStore, open_event_store
from footfall.database import open_pool
from footfall.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
VERSION_BYTES = 8
TRACKING = "tracking"


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Return the event loop on which every log of the bridge lives."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="bridge", daemon=True).start()
    return loop


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the bridge's loop and return its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop()).result(60)


class Log:
    """An open log in a database of its own."""

    still_open: ClassVar[set[Log]] = set()

    def __init__(self, dsn: str, *, create: bool = True) -> None:
        self._resources = AsyncExitStack()
        self.still_open.add(self)
        self.store = wait(self._open(dsn, create=create))

    async def _open(self, dsn: str, *, create: bool) -> PostgresEventStore:
        if create:
            await create_database(dsn)
        pool = await self._resources.enter_async_context(open_pool(dsn, size=4))
        return await self._resources.enter_async_context(
            open_event_store(pool, direct_dsn=dsn, queue_limit=1_000_000)
        )

    def close(self) -> None:
        """Close the log's connections."""
        self.still_open.discard(self)
        wait(self._resources.aclose())

    async def stream(self, stream_id: str) -> list[log.StoredEvent]:
        """Return a whole stream."""
        events: list[log.StoredEvent] = []
        while page := await self.store.read_stream(
            stream_id, after_version=len(events), limit=5000
        ):
            events += page
        return events


async def create_database(dsn: str) -> None:
    """Make the database, where it is not there, and bring it up to date."""
    path, _, query = dsn.partition("?")
    server, _, name = path.rpartition("/")
    connection: asyncpg.Connection[Any] = await asyncpg.connect(f"{server}/postgres?{query}")
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    await migrate(dsn)


class FootfallRecorder:
    """What every recorder of the bridge shares: a log."""

    def __init__(self, log_: Log) -> None:
        self.log = log_

    def _append(
        self, stored: Sequence[StoredEvent], tracking: Tracking | None = None
    ) -> list[int] | None:
        if not stored and tracking is None:
            return None
        events = [_new_event(event) for event in stored]
        if len({event.event_id for event in events}) < len(events):
            raise IntegrityError("one version stands twice among the events")
        # Watching a stream that nobody writes makes the append all or nothing.
        conditions = [log.Condition(f"nowhere-{uuid4()}", 0)]
        if tracking is not None:
            version, last = self._tracked(tracking.application_name)
            if last is not None and last >= tracking.notification_id:
                raise IntegrityError(f"{tracking} is not above {last}")
            stream_id = f"{TRACKING}-{tracking.application_name}"
            conditions = [log.Condition(stream_id, version)]
            events.append(_event(stream_id, TRACKING, str(tracking.notification_id).encode()))
        try:
            appended = wait(self.log.store.append(log.Append(events, conditions)))
        except (Conflict, EventIdTaken) as error:
            raise IntegrityError(str(error)) from error
        if appended.is_duplicate:
            raise IntegrityError("these events are recorded already")
        return list(range(appended.first_position, appended.first_position + len(stored)))

    def _tracked(self, application_name: str) -> tuple[int, int | None]:
        """Return how often this application's position moved, and to where."""
        stream_id = f"{TRACKING}-{application_name}"
        version = wait(self.log.store.stream_version(stream_id))
        if not version:
            return 0, None
        last = wait(self.log.store.read_stream(stream_id, after_version=version - 1))[-1]
        return last.version, int(last.payload)  # it may have moved on since


class FootfallAggregateRecorder(FootfallRecorder, AggregateRecorder):
    """Records and selects the events of aggregates."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        self._append(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        events = [
            _notification(event, originator_id)
            for event in wait(self.log.stream(str(originator_id)))
        ]
        selected = [
            StoredEvent(e.originator_id, e.originator_version, e.topic, e.state)
            for e in (reversed(events) if desc else events)
            if (gt is None or e.originator_version > gt)
            and (lte is None or e.originator_version <= lte)
        ]
        return selected[:limit]


class FootfallApplicationRecorder(FootfallAggregateRecorder, ApplicationRecorder):
    """Adds the sequence of all events; a notification's id is its log position."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        return self._append(stored_events, **kwargs)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        position = (start or 0) if start is None or not inclusive_of_start else start - 1
        selected: list[Notification] = []
        while len(selected) < limit:
            page = wait(self.log.store.read(position, min(5_000, limit), until=stop))
            if not page:
                break
            position = page[-1].position
            selected += [n for n in map(_notification, page) if _wanted(n, topics)]
        return selected[:limit]

    def max_notification_id(self) -> int | None:
        return wait(self.log.store.head()).position or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return FootfallSubscription(self, gt, topics)


class FootfallSubscription(Subscription["FootfallApplicationRecorder"]):
    """Iterates over a subscription of the log, from another thread."""

    def __init__(
        self,
        recorder: FootfallApplicationRecorder,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._pages: AsyncGenerator[list[log.StoredEvent], None] = recorder.log.store.subscribe(
            gt or 0
        )
        self._page: list[log.StoredEvent] = []
        self._next: Future[list[log.StoredEvent]] | None = None

    def stop(self) -> None:
        super().stop()
        if self._next is not None:
            self._next.cancel()
        else:
            wait(self._pages.aclose())

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if not self._page:
                self._next = asyncio.run_coroutine_threadsafe(anext(self._pages), loop())
                try:
                    self._page = self._next.result()
                except CancelledError:  # by stop()
                    break
                finally:
                    self._next = None
                continue
            notification = _notification(self._page.pop(0))
            if _wanted(notification, self._topics):
                return notification
        raise StopIteration


class FootfallTrackingRecorder(FootfallRecorder, TrackingRecorder):
    """Tracks how far upstream applications were processed."""

    def insert_tracking(self, tracking: Tracking) -> None:
        self._append([], tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        return self._tracked(application_name)[1]


class FootfallProcessRecorder(
    FootfallTrackingRecorder, FootfallApplicationRecorder, ProcessRecorder
):
    """Records events and the position they came from in one append."""


class FootfallEventCounters(FootfallTrackingRecorder, EventCountersView):
    """The package's example view: a counter is the length of a stream."""

    def get_created_event_counter(self) -> int:
        return wait(self.log.store.stream_version("counter-created"))

    def get_subsequent_event_counter(self) -> int:
        return wait(self.log.store.stream_version("counter-subsequent"))

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._count("counter-created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._count("counter-subsequent", tracking)

    def _count(self, stream_id: str, tracking: Tracking) -> None:
        version = wait(self.log.store.stream_version(stream_id)) + 1
        self._append([StoredEvent(stream_id, version, "counted", b"")], tracking)


class FootfallFactory(InfrastructureFactory[FootfallTrackingRecorder]):
    """Makes recorders; ``FOOTFALL_DSN`` names the server and the first part of the databases."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self._logs: dict[str, Log] = {}

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return FootfallAggregateRecorder(self._log(purpose))

    def application_recorder(self) -> ApplicationRecorder:
        return FootfallApplicationRecorder(self._log("events"))

    def tracking_recorder(
        self, tracking_recorder_class: type[FootfallTrackingRecorder] | None = None
    ) -> FootfallTrackingRecorder:
        if tracking_recorder_class is None:
            topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
            tracking_recorder_class = resolve_topic(topic) if topic else FootfallTrackingRecorder
        return tracking_recorder_class(self._log("tracking"))

    def process_recorder(self) -> ProcessRecorder:
        return FootfallProcessRecorder(self._log("events"))

    def close(self) -> None:
        for log_ in self._logs.values():
            log_.close()
        self._logs.clear()

    def _log(self, purpose: str) -> Log:
        name = f"{self.env.name or 'app'}_{purpose}".lower()
        if name not in self._logs:
            dsn = self.env.get("FOOTFALL_DSN") or ""
            create = strtobool(self.env.get("CREATE_TABLE") or "y")
            path, _, query = dsn.partition("?")
            self._logs[name] = Log(f"{path}_{name}?{query}", create=create)
        return self._logs[name]


def _new_event(event: StoredEvent) -> log.NewEvent:
    payload = event.originator_version.to_bytes(VERSION_BYTES, "big") + event.state
    event_id = uuid5(NAMESPACE_URL, f"{event.originator_id}/{event.originator_version}")
    return _event(str(event.originator_id), event.topic, payload, event_id)


def _event(
    stream_id: str, topic: str, payload: bytes, event_id: UUID | None = None
) -> log.NewEvent:
    return log.NewEvent(event_id or uuid4(), stream_id, topic, datetime.now(UTC), payload)


def _notification(event: log.StoredEvent, originator_id: UUID | str | None = None) -> Notification:
    return Notification(
        id=event.position,
        originator_id=originator_id or _originator_id(event.stream_id),
        originator_version=int.from_bytes(event.payload[:VERSION_BYTES], "big"),
        topic=event.topic,
        state=event.payload[VERSION_BYTES:],
    )


def _originator_id(stream_id: str) -> UUID | str:
    try:
        return UUID(stream_id)
    except ValueError:
        return stream_id


def _wanted(notification: Notification, topics: Sequence[str]) -> bool:
    return notification.topic != TRACKING and (not topics or notification.topic in topics)
