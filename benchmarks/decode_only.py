"""The peer of the intake: a handler that decodes a batch and answers. ``... decode_only PORT``."""

from __future__ import annotations

import sys

import msgspec
import uvloop
from aiohttp import web

_decode = msgspec.json.Decoder().decode
LARGEST = 600_000


async def _batch(request: web.Request) -> web.Response:
    _decode(await request.read())
    return web.Response(body=b'{"success":true}', content_type="application/json")


async def _ready(_: web.Request) -> web.Response:
    return web.Response()


def main(port: int) -> None:
    """Serve until ended."""
    app = web.Application(client_max_size=LARGEST)
    app.router.add_post("/v1/batch", _batch)
    app.router.add_get("/health/live", _ready)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
