"""The peer of the dashboards benchmark: the least that a broadcaster of aiohttp can do.

``python -m benchmarks.sse_broadcaster PORT BYTES`` takes the same requests as the api and answers
the same: each command is given the next position and goes at once to all who follow, as many BYTES
as Footfall's own stream has for a command. It keeps nothing, checks nothing, resumes nothing.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web


class Broadcaster:
    """All who follow, and the position reached."""

    def __init__(self, size: int) -> None:
        self.position = 0
        self.size = size
        self.streams: set[web.StreamResponse] = set()

    async def command(self, request: web.Request) -> web.Response:
        """Take a command and tell everybody."""
        await request.read()
        self.position = position = self.position + 1
        head = b'event: change\ndata: {"topic":"feed","position":%d,"item":"' % position
        end = b'"}\nid: %d\n\n' % position
        frame = head + b"x" * max(0, self.size - len(head) - len(end)) + end
        await asyncio.gather(
            *(stream.write(frame) for stream in self.streams), return_exceptions=True
        )
        return web.Response(headers={"Footfall-Position": str(position)})

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Tell until who follows hangs up."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b'event: snapshot\ndata: {"topic":"feed"}\n\n')
        self.streams.add(stream)
        try:
            await asyncio.Event().wait()
        finally:
            self.streams.discard(stream)
        return stream


async def live(_request: web.Request) -> web.Response:
    """Say that it runs."""
    return web.Response()


async def main(port: int, size: int) -> None:
    """Serve until it is ended."""
    broadcaster = Broadcaster(size)
    app = web.Application()
    app.router.add_post("/v1/basket/items", broadcaster.command)
    app.router.add_get("/v1/live", broadcaster.follow)
    app.router.add_get("/health/live", live)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
