"""The list of all doors, for people and for machines."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from api.openapi import openapi, statuses
from api.route import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.call import Call

HTML = "text/html"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


async def docs(call: Call[None, None]) -> web.StreamResponse:
    """Return every door there is, for people."""
    del call
    return _page(_docs())


async def document(call: Call[None, None]) -> web.StreamResponse:
    """Return every door there is, for machines."""
    del call
    return web.Response(body=_openapi(), content_type="application/json")


def _page(text: str) -> web.Response:
    return web.Response(text=text, content_type=HTML, headers=_HEADERS)


def _routes() -> Sequence[Route]:
    from api.routes import ROUTES as ALL  # noqa: PLC0415 - it lists this module too

    return ALL


@cache
def _openapi() -> bytes:
    return msgspec.json.format(msgspec.json.encode(openapi(_routes())), indent=2)


@cache
def _docs() -> str:
    sections = []
    for tag in dict.fromkeys(route.tag for route in _routes()):
        rows = "".join(_row(route) for route in _routes() if route.tag == tag)
        sections.append(f"<h2>{escape(tag)}</h2><table>{rows}</table>")
    page = files("api").joinpath("docs.html").read_text(encoding="utf-8")
    return page.replace("<!--doors-->", "".join(sections))


def _row(route: Route) -> str:
    roles = " or ".join(sorted(route.roles)) or "anyone"
    notes = [f"body: {route.body.__name__}"] if route.body else []
    notes += (
        ["query: " + ", ".join(f.encode_name for f in fields)]
        if (fields := msgspec.structs.fields(route.query))
        else []
    )
    notes += ["Idempotency-Key"] if route.is_idempotent else []
    notes += ["ETag"] if route.is_versioned else []
    notes.append(f"{route.status}; or {', '.join(map(str, statuses(route)))}")
    return (
        f'<tr><td><b class="{route.method.lower()}">{route.method}</b></td>'
        f"<td><code>{escape(route.path)}</code><p>{escape(route.summary)}</p>"
        f"<small>{escape(' · '.join(notes))}</small></td><td>{escape(roles)}</td></tr>"
    )


ROUTES = (
    Route(
        method="GET",
        path="/docs",
        handler=docs,
        summary="This API, for people",
        tag="Pages",
        media=(HTML,),
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=document,
        summary="This API as OpenAPI 3.1",
        tag="Pages",
        media=("application/json",),
    ),
)
