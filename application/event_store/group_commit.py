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

MAX_EVENTS_PER_COMMIT = 1_600
MAX_BYTES_PER_COMMIT = 4_000_000
LANES = 2
"""Commits under way at once: the second is prepared and sent while the first holds the lock."""
WORTH_A_LANE = 64
"""Fewest events for which the second lane opens. It also waits for as many as are under way:
smaller batches pay more for their commit than the overlap saves."""


class _Waiting:
    """A request in the queue and the caller who waits for its answer."""

    __slots__ = ("answer", "request")

    def __init__(self, request: Append, answer: asyncio.Future[Appended]) -> None:
        self.request = request
        self.answer = answer


class GroupCommit:
    """A bounded queue of appends and the task that writes them, with a second one under load.

    ``write`` commits a batch and returns an answer for each request of it; what it raises is the
    answer of the whole batch. No two requests under way share a conditioned stream, an event id
    or an idempotency key: the later one waits for a later batch.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Append]], Awaitable[Sequence[Appended | Exception]]],
        *,
        queue_limit: int = 10_000,
    ) -> None:
        self._write = write
        self._queue_limit = queue_limit
        self._queue: deque[_Waiting] = deque()
        self._queued_events = 0
        self._something_waits = asyncio.Event()
        self._under_way: dict[int, _Claims] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    @property
    def queued_events(self) -> int:
        """Events that wait to be written."""
        return self._queued_events

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._run(lane), name=f"group-commit-{lane}")
            for lane in range(LANES)
        ]
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
        await asyncio.gather(*self._tasks)

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
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._queued_events += count
        self._something_waits.set()
        return await waiting.answer

    async def _run(self, lane: int) -> None:
        while True:
            await self._something_waits.wait()
            batch, claims = self._take_batch()
            if batch:
                self._under_way[lane] = claims
                await self._commit(batch)
                del self._under_way[lane]
                self._something_waits.set()
            elif self._is_closed and not self._queue:
                return
            else:
                self._something_waits.clear()

    def _take_batch(self) -> tuple[list[_Waiting], _Claims]:
        """Take what may be written now; nothing where the other lane is worth waiting for."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        claims = _Claims()
        others = list(self._under_way.values())
        if others and self._queued_events < max(WORTH_A_LANE, *(o.count for o in others)):
            return batch, claims
        events = size = 0
        most = MAX_EVENTS_PER_COMMIT
        if not others:  # half of a long queue: the rest is prepared while this one is written
            most = max(WORTH_A_LANE, min(most, self._queued_events // LANES))
        while self._queue:
            waiting = self._queue[0]
            count = len(waiting.request.events)
            if waiting.answer.done():  # its caller was cancelled
                self._queue.popleft()
                self._queued_events -= count
                continue
            size += sum(len(event.payload) for event in waiting.request.events)
            if batch and (events + count > most or size > MAX_BYTES_PER_COMMIT):
                break
            self._queue.popleft()
            if claims.admit(waiting.request, others):
                batch.append(waiting)
                events += count
                claims.count = events
                self._queued_events -= count
            else:
                later.append(waiting)
        self._queue.extendleft(reversed(later))
        return batch, claims

    async def _commit(self, batch: list[_Waiting]) -> None:
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
        self.event_ids: set[UUID] = set()
        self.keys: set[str] = set()
        self.written: set[str] = set()
        self.conditioned: set[str] = set()
        self.count = 0

    def admit(self, request: Append, others: Sequence[_Claims]) -> bool:
        """Return whether the request may join the batch, beside ``others`` under way.

        What it touches is claimed either way, so that a later request cannot overtake one that
        has to wait.
        """
        is_free = not self.clashes(request) and not any(o.clashes(request) for o in others)
        self.event_ids.update([event.event_id for event in request.events])
        self.written.update([event.stream_id for event in request.events])
        self.conditioned.update([condition.stream_id for condition in request.conditions])
        if request.kept_answer:
            self.keys.add(request.kept_answer.key)
        return is_free

    def clashes(self, request: Append) -> bool:
        """Return whether the request must not be under way together with these."""
        event_ids, conditioned, written = self.event_ids, self.conditioned, self.written
        for event in request.events:
            if event.event_id in event_ids or event.stream_id in conditioned:
                return True
        for condition in request.conditions:
            if condition.stream_id in conditioned or condition.stream_id in written:
                return True
        return request.kept_answer is not None and request.kept_answer.key in self.keys


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
