"""Group commit: whatever waits while one commit is under way goes into the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from application.errors import Overloaded
from application.event_store.store import MAX_EVENTS_PER_APPEND

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType
    from uuid import UUID

    from application.event_store.store import Append, Appended

MAX_EVENTS_PER_COMMIT = 5_000
MAX_BYTES_PER_COMMIT = 4_000_000


class Waiting:
    """A request in the queue and the caller who waits for its answer."""

    __slots__ = ("answer", "request")

    def __init__(self, request: Append, answer: asyncio.Future[Appended]) -> None:
        self.request = request
        self.answer = answer


class GroupCommit:
    """A bounded queue of appends and the one task that writes them.

    ``write`` commits a batch and returns an answer for each request of it; what it raises is the
    answer of the whole batch. No two requests of a batch share a conditioned stream, an event id
    or an idempotency key: the later one waits for the next batch.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Append]], Awaitable[Sequence[Appended | Exception]]],
        *,
        queue_limit: int = 10_000,
    ) -> None:
        self._write = write
        self._queue_limit = queue_limit
        self._queue: deque[Waiting] = deque()
        self._queued_events = 0
        self._something_waits = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def queued_events(self) -> int:
        """Events that wait to be written."""
        return self._queued_events

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="group-commit")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write what was accepted, then stop."""
        self._is_closed = True
        self._something_waits.set()
        if self._task is not None:
            await self._task

    async def submit(self, request: Append) -> Appended:
        """Queue the request and wait for its answer.

        Raises ValueError for a request that no log could take, Overloaded where the queue is full
        or closing, and whatever the write answers. A caller that is cancelled while its
        request is being written leaves it written.
        """
        check(request)
        count = len(request.events)
        if self._is_closed or (self._queue and self._queued_events + count > self._queue_limit):
            raise Overloaded
        waiting = Waiting(request, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._queued_events += count
        self._something_waits.set()
        return await waiting.answer

    async def _run(self) -> None:
        while True:
            await self._something_waits.wait()
            batch = self._take_batch()
            if batch:
                await self._commit(batch)
            elif self._is_closed:
                return
            else:
                self._something_waits.clear()

    def _take_batch(self) -> list[Waiting]:
        if len(self._queue) == 1:  # nobody to clash with
            waiting = self._queue.popleft()
            self._queued_events = 0
            return [] if waiting.answer.done() else [waiting]
        batch: list[Waiting] = []
        later: list[Waiting] = []
        claims = _Claims()
        events = size = 0
        while self._queue:
            waiting = self._queue[0]
            if waiting.answer.done():  # its caller was cancelled
                self._queue.popleft()
                self._queued_events -= len(waiting.request.events)
                continue
            count = len(waiting.request.events)
            size += sum(len(event.payload) for event in waiting.request.events)
            if batch and (events + count > MAX_EVENTS_PER_COMMIT or size > MAX_BYTES_PER_COMMIT):
                break
            self._queue.popleft()
            if claims.admit(waiting.request):
                batch.append(waiting)
                events += count
                self._queued_events -= count
            else:
                later.append(waiting)
        self._queue.extendleft(reversed(later))
        return batch

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._write([waiting.request for waiting in batch])
        except Exception as error:  # noqa: BLE001 - it is the answer, for each caller
            answers = [error] * len(batch)
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(answer, Exception):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)


class _Claims:
    """What the requests of a batch touch, so that none clashes with another."""

    def __init__(self) -> None:
        self._event_ids: set[UUID] = set()
        self._keys: set[str] = set()
        self._written: set[str] = set()
        self._conditioned: set[str] = set()

    def admit(self, request: Append) -> bool:
        """Return whether the request may join the batch.

        What it touches is claimed either way, so that a later request cannot overtake one that
        has to wait.
        """
        event_ids = {event.event_id for event in request.events}
        written = {event.stream_id for event in request.events}
        conditioned = {condition.stream_id for condition in request.conditions}
        keys = {request.kept_answer.key} if request.kept_answer else set()
        clashes = not (
            self._event_ids.isdisjoint(event_ids)
            and self._conditioned.isdisjoint(written)
            and self._conditioned.isdisjoint(conditioned)
            and self._written.isdisjoint(conditioned)
            and self._keys.isdisjoint(keys)
        )
        self._event_ids |= event_ids
        self._written |= written
        self._conditioned |= conditioned
        self._keys |= keys
        return not clashes


def check(request: Append) -> None:
    """Raise ValueError where a request could not be recorded whatever the log holds."""
    count = len(request.events)
    if not 0 < count <= MAX_EVENTS_PER_APPEND:
        message = f"an append takes 1 to {MAX_EVENTS_PER_APPEND} events, not {count}"
        raise ValueError(message)
    if count > 1 and len({event.event_id for event in request.events}) < count:
        message = "one event id stands twice in an append"
        raise ValueError(message)
    if len({condition.stream_id for condition in request.conditions}) < len(request.conditions):
        message = "one stream has two conditions in an append"
        raise ValueError(message)
