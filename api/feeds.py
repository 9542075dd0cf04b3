"""The door for machines: a read model's changes as a resumable stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from api.headers import MAX_POSITION
from api.live_client import LiveClient
from api.problems import Problem
from api.read_models import projection_named
from api.roles import MACHINES
from api.route import Route
from api.services import HUB
from api.sse import HEARTBEAT, MEDIA, RETRY, ended, frame, last_event_id, new_stream
from projections.feeds import follow_feed, read_feed
from projections.forecasts import FORECASTS
from projections.intent import INTENT_VISITS
from projections.recommendations import LISTS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from api.call import Call
    from projections.feeds import FeedRow
    from projections.projection import Fed

NDJSON = "application/x-ndjson"
KEPT_BY_WORKERS: dict[str, Fed] = {each.name: each for each in (LISTS, FORECASTS, INTENT_VISITS)}
"""Read models that workers keep, by name."""


class FeedQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Rows changed after a position. ``limit`` is not exact: rows of one position stay together."""

    after: Annotated[int, Meta(ge=0, le=MAX_POSITION)] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


async def feed(call: Call[None, FeedQuery]) -> web.StreamResponse:
    """Return a page of rows, or follow them where the caller accepts an event stream."""
    name = call.key("projection")
    projection: Fed = KEPT_BY_WORKERS.get(name) or projection_named(name)
    if projection.feed is None:
        raise Problem(404, "no_feed", f"{projection.name} has no feed.")
    if MEDIA in call.request.headers.get("Accept", ""):
        return await _follow(call, projection)
    async with call.services.pool.acquire() as connection:
        rows = await read_feed(connection, projection, call.query.after, call.query.limit)
    body = b"".join(_line(row) + b"\n" for row in rows)
    last = rows[-1].position if rows else call.query.after
    headers = {"Footfall-Next-After": str(last), "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=NDJSON, headers=headers)


async def _follow(call: Call[None, FeedQuery], projection: Fed) -> web.StreamResponse:
    hub = call.request.app[HUB]
    client = LiveClient((), feed_limit=0)  # counted, and closed when the server stops
    response = new_stream(call.request)
    await hub.admit(client)
    try:
        await response.prepare(call.request)
        await response.write(RETRY)
        resumed = last_event_id(call.request)
        after = call.query.after if resumed is None else resumed
        rows = follow_feed(call.services.pool, call.services.redis, projection, after)
        async with aclosing(rows):
            await _pump(call, rows, response, client, after)
    except ConnectionError:
        pass  # the client hung up
    finally:
        hub.leave(client)
    return response


async def _pump(
    call: Call[None, FeedQuery],
    rows: AsyncGenerator[list[FeedRow], None],
    response: web.StreamResponse,
    client: LiveClient,
    after: int,
) -> None:
    """Send pages as they come. Rows of a page's last position may go on in the next page, so
    their id still names the position before.
    """
    delivered = after
    page = asyncio.ensure_future(anext(rows))
    closing = asyncio.ensure_future(client.wake.wait())
    try:
        while not client.is_closed:
            done, _ = await asyncio.wait(
                {page, closing},
                timeout=call.services.settings.heartbeat_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                await response.write(HEARTBEAT)
            elif page in done:
                out = []
                for row in page.result():
                    delivered = max(delivered, row.position - 1)
                    out.append(ended(frame("change", _line(row)), delivered))
                await response.write(b"".join(out))
                page = asyncio.ensure_future(anext(rows))
    finally:
        for task in (page, closing):
            task.cancel()
        await asyncio.gather(page, closing, return_exceptions=True)


def _line(row: FeedRow) -> bytes:
    key = msgspec.json.encode(row.key)
    return b'{"position":%d,"key":%b,"row":%b}' % (row.position, key, row.data)


ROUTES = (
    Route(
        method="GET",
        path="/v1/feeds/{projection}",
        handler=feed,
        summary="Rows of a read model changed after a position; Accept text/event-stream follows",
        tag="Machines",
        query=FeedQuery,
        roles=MACHINES,
        media=(NDJSON, MEDIA),
        refusals=(404,),
    ),
)
