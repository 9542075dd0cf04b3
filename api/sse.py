"""Server-sent events: the response, and frames as bytes."""

from __future__ import annotations

from aiohttp import web

from api.headers import CORRELATION, CORRELATION_ID

MEDIA = "text/event-stream"
RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": still here\n\n"

_HEADERS = {
    "Content-Type": f"{MEDIA}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back
}


def new_stream(request: web.Request) -> web.StreamResponse:
    """Return a stream to prepare. It is never compressed: that too keeps events back."""
    response = web.StreamResponse(headers=_HEADERS)
    response.headers[CORRELATION] = str(request[CORRELATION_ID])
    return response


def frame(event: str, data: bytes) -> bytes:
    """Return an event that still lacks its end: see ``ended``. ``data`` is JSON on one line."""
    return b"event: %b\ndata: %b\n" % (event.encode(), data)


def ended(unfinished: bytes, position: int | None) -> bytes:
    """Return a whole event: with an id, where ``position`` is what a client may resume from."""
    return unfinished + (b"\n" if position is None else b"id: %d\n\n" % position)


def last_event_id(request: web.Request) -> int | None:
    """Return where a client wants to go on; None where it starts anew or says nonsense."""
    given = request.headers.get("Last-Event-ID", "").strip()
    is_position = given.isascii() and given.isdigit() and len(given) < 19  # noqa: PLR2004
    return int(given) if is_position else None
