"""The door of the tracker: the script that shops put on their pages."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from api.problems import Problem
from api.route import Route

if TYPE_CHECKING:
    from api.call import Call

MEDIA = "text/javascript"
BUILT = Path(__file__).parent.parent / "web" / "tracker" / "dist" / "tracker.js"
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public,max-age=3600",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


async def tracker(call: Call[None, None]) -> web.StreamResponse:
    """Return the script, or 304 to a browser that has it."""
    script, tag = _script()
    headers = {**_HEADERS, "ETag": f'"{tag}"'}
    if any(known.value in {tag, "*"} for known in call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=script, content_type=MEDIA, charset="utf-8", headers=headers)


def _script() -> tuple[bytes, str]:
    try:
        built_at = BUILT.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise Problem(
            503, "tracker_not_built", "The tracker was not built here: run `make web` first."
        ) from error
    return _read(built_at)


@cache
def _read(built_at: int) -> tuple[bytes, str]:
    del built_at  # a script built anew is another one
    script = BUILT.read_bytes()
    return script, hashlib.sha256(script).hexdigest()[:20]


ROUTES = (
    Route(
        method="GET",
        path="/tracker.js",
        handler=tracker,
        summary="The script that tells what a shop's visitors do",
        tag="Behaviour",
        media=(MEDIA,),
        refusals=(304,),
    ),
)
