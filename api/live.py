"""The door to what happens now: GET /v1/live, server-sent events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from api import headers, metrics
from api.hub import row_frames
from api.live_client import FEED, LiveClient
from api.live_topics import LATER_TOPICS, STATE_TOPICS, TOPICS, USUAL_TOPICS, newest_rows
from api.problems import Problem, bad_field
from api.roles import STAFF
from api.route import Route
from api.services import HUB
from api.sse import HEARTBEAT, MEDIA, RETRY, ended, frame, last_event_id, new_stream
from projections.feeds import PAGE, read_feed, read_row

if TYPE_CHECKING:
    from aiohttp import web

    from api.call import Call
    from api.hub import Hub

SNAPSHOT_EVENTS = 50
SNAPSHOT_ROWS = 500
STALLED_SECONDS = 60.0
GATHER_SECONDS = 0.005
"""What comes within this time after a write goes out with one more, not with one each."""


class LiveQuery(msgspec.Struct, forbid_unknown_fields=True):
    """``topics``: names with commas between; where it is left out, all but ``intent`` and
    ``recommendations``. ``after``: as Last-Event-ID, which goes before it, for a page that had to
    open a stream anew: it can send no headers with that.
    """

    topics: str = ",".join(USUAL_TOPICS)
    after: str = ""


async def live(call: Call[None, LiveQuery]) -> web.StreamResponse:
    """Follow topics until one side hangs up. Tokens are not taken from the address."""
    topics, after = _topics(call.query.topics), None
    if call.query.after:
        after = headers.position(call.query.after, "after")
    client = LiveClient(topics, call.services.settings.feed_buffer_events)
    return await stream_to(call, client, after=after)


async def stream_to(
    call: Call[None, Any], client: LiveClient, *, after: int | None = None
) -> web.StreamResponse:
    """Give the client its stream until one side hangs up.

    ``after``: where it goes on, unless it says so by Last-Event-ID.
    """
    hub = call.request.app[HUB]
    response = new_stream(call.request)
    await hub.admit(client)
    try:
        await response.prepare(call.request)
        await response.write(RETRY)
        await _Stream(call, hub, client, response).run(after)
    except ConnectionError:
        pass  # the client hung up
    finally:
        hub.leave(client)
    return response


def _topics(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name in LATER_TOPICS:
            raise Problem(422, "topic_not_available", f"Nothing is known of {name} yet.")
        if name not in TOPICS:
            raise bad_field("topics", f"topics are {', '.join(TOPICS)}")
    if not names:
        raise bad_field("topics", f"topics are {', '.join(TOPICS)}")
    return names


class _Stream:
    """One client's stream: the beginning it asked for, then changes as they come."""

    def __init__(
        self,
        call: Call[None, Any],
        hub: Hub,
        client: LiveClient,
        response: web.StreamResponse,
    ) -> None:
        self._call = call
        self._hub = hub
        self._client = client
        self._response = response

    async def run(self, after: int | None) -> None:
        last_id = last_event_id(self._call.request)
        if last_id is None:
            last_id = after
        if last_id is None or self._client.only_key:  # one row is sooner sent than compared
            await self._begin_anew()
        elif last_id > await self._call.journal.head():
            await self._reset()  # an id of another log, or of one that was restored from a copy
        else:
            await self._resume(last_id)
        await self._go_on()

    async def _go_on(self) -> None:
        client = self._client
        while not client.is_closed:
            if client.is_lost:
                metrics.LIVE_RESETS.inc()
                await self._reset()
            if waiting := client.take(self._hub.reached):
                await self._write(waiting)
                await asyncio.sleep(GATHER_SECONDS)
            try:
                async with asyncio.timeout(self._call.services.settings.heartbeat_seconds):
                    await client.wake.wait()
            except TimeoutError:
                await self._write(HEARTBEAT)

    async def _write(self, data: bytes) -> None:
        """Send; a client that takes nothing for a minute is gone, or might as well be."""
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await self._response.write(data)
        except TimeoutError as error:
            if transport := self._call.request.transport:
                transport.abort()
            raise ConnectionError from error

    async def _reset(self) -> None:
        await self._response.write(ended(frame("reset", b"{}"), None))
        await self._begin_anew()

    async def _begin_anew(self) -> None:
        """Send a snapshot of each topic; the last one's id says that all were delivered."""
        client = self._client
        client.forget()
        begins = {topic: self._hub.subscribe(client, topic) for topic in client.topics}
        client.begin(min(begins.values()), begins.get(FEED, 0))
        for number, (topic, position) in enumerate(begins.items(), start=1):
            items = b",".join(await self._items(topic, position))
            data = b'{"topic":"%b","position":%d,"items":[%b]}' % (topic.encode(), position, items)
            is_last = number == len(begins)
            shown = ended(frame("snapshot", data), client.delivered if is_last else None)
            await self._response.write(shown)

    async def _items(self, topic: str, position: int) -> list[bytes]:
        if topic == FEED:
            store = self._call.journal.store
            events = await store.read(0, SNAPSHOT_EVENTS, until=position, backwards=True)
            return [self._hub.event_json(event) for event in reversed(events)]
        async with self._call.services.pool.acquire() as connection:
            if key := self._client.only_key:
                row = await read_row(connection, STATE_TOPICS[topic], key)
                return [row.data] if row else []
            rows = await newest_rows(connection, STATE_TOPICS[topic], SNAPSHOT_ROWS)
        return [row.data for row in rows]

    async def _resume(self, last_id: int) -> None:
        """Send what came after ``last_id``: state first, then the feed from the log, in pages."""
        client = self._client
        states = [topic for topic in client.topics if topic != FEED]
        begins = {topic: self._hub.subscribe(client, topic) for topic in states}
        for topic in states:
            await self._resend_rows(topic, last_id)
        low = min(begins.values(), default=None)
        reached = last_id
        if FEED in client.topics:
            reached = await self._resend_events(last_id, low)
            low = reached if low is None else min(low, reached)
        client.begin(max(last_id, low or 0), reached)

    async def _resend_rows(self, topic: str, last_id: int) -> None:
        after = last_id
        while True:
            async with self._call.services.pool.acquire() as connection:
                rows = await read_feed(connection, STATE_TOPICS[topic], after)
            frames = [ended(shown, last_id) for _, shown in row_frames(topic, rows)]
            await self._response.write(b"".join(frames))
            if len(rows) < PAGE:
                return
            after = rows[-1].position

    async def _resend_events(self, last_id: int, low: int | None) -> int:
        """Send events until the hub is reached, and take over from it there."""
        position = last_id
        while position < self._hub.reached[FEED]:
            page = await self._call.journal.store.read(position)
            for_id = [
                ended(shown, at if low is None else max(last_id, min(at, low)))
                for at, shown in self._hub.event_frames(page)
            ]
            await self._response.write(b"".join(for_id))
            position = page[-1].position if page else position
        self._hub.subscribe(self._client, FEED)  # no await since the comparison: no gap
        return position


ROUTES = (
    Route(
        method="GET",
        path="/v1/live",
        handler=live,
        summary="Follow live numbers and the feed of events; resumes by Last-Event-ID",
        tag="Insight",
        query=LiveQuery,
        roles=STAFF,
        media=(MEDIA,),
        refusals=(422, 503),
    ),
)
