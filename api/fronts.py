"""The doors for people in a browser: the dashboard at /, the demo storefront at /shop/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from api.built_files import BuiltFile, built_file
from api.problems import Problem
from api.route import Route
from api.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.call import Call

HTML = "text/html"
WEB = Path(__file__).parent.parent / "web"
INDEX = "index.html"
ASSETS = "assets/"
"""Files below it have a hash of what they hold in their names."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{images}; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_ASK_EACH_TIME = "no-cache"
_UNBUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Footfall</title></head>
<body><main><h1>This page was not built</h1>
<p>Run <code>make web</code> where Footfall is installed, then load this page again.</p>
<p>The API is served all the same: <a href="/docs">what it offers</a>.</p></main></body></html>
"""


@dataclass(frozen=True, slots=True)
class Front:
    """A built project of web/ and where it is served. ``images``: whose it may show, beside ours.

    ``opened_by``: the setting without which it is not here.
    Addresses that are no file are the front's own: it is given its index for each of them.
    """

    name: str
    base: str
    images: str = ""
    opened_by: str = ""

    @property
    def files(self) -> Path:
        """Where what was built lies."""
        return WEB / self.name / "dist"

    async def index(self, call: Call[None, None]) -> web.StreamResponse:
        """Return the front's page."""
        self._check_is_open(call.request)
        return self._page(call.request)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Return a file of the front, or its page for an address that it routes itself."""
        self._check_is_open(request)
        name = request.match_info["path"]
        found = built_file(self.files / name) if _is_plain(name) else None
        if found is not None and name != INDEX:
            kept = _FOR_EVER if name.startswith(ASSETS) else _FOR_AN_HOUR
            return _answer(request, found, {"Cache-Control": kept})
        if _wants_page(request):
            return self._page(request)
        raise web.HTTPNotFound

    def _check_is_open(self, request: web.Request) -> None:
        settings = request.app[SERVICES].settings
        if self.opened_by and not getattr(settings, self.opened_by):
            raise Problem(
                404,
                f"no_{self.opened_by}",
                f"FOOTFALL_{self.opened_by.upper()} opens what is here.",
            )

    def _page(self, request: web.Request) -> web.StreamResponse:
        found = built_file(self.files / INDEX)
        policy = _POLICY.format(images=self.images)
        headers = {"Cache-Control": _ASK_EACH_TIME, "Content-Security-Policy": policy}
        if found is None:
            headers |= _HEADERS | {"Cache-Control": "no-store"}
            return web.Response(status=503, text=_UNBUILT, content_type=HTML, headers=headers)
        return _answer(request, found, headers)


class Anything(msgspec.Struct):
    """Whatever an address says to the page, which alone understands it."""


DASHBOARD = Front("dashboard", "/")
STOREFRONT = Front("shop", "/shop/", images=" https:", opened_by="storefront")


def serve_fronts(app: web.Application, routes: Sequence[Route]) -> None:
    """Serve what the fronts consist of, wherever none of the API's ``routes`` is."""
    taken = sorted({route.path.split("/")[1] for route in routes} - {"", "shop"})
    others = "|".join([*map(re.escape, taken), "v[0-9]+"])
    app.add_routes(
        [
            web.get("/shop", _to_storefront),
            web.get("/shop/{path:.+}", STOREFRONT.show),
            web.get(f"/{{path:(?!(?:{others})(?:/|$)).+}}", DASHBOARD.show),
        ]
    )


async def _to_storefront(request: web.Request) -> web.StreamResponse:
    del request
    return web.Response(status=308, headers={"Location": STOREFRONT.base})


def _answer(request: web.Request, found: BuiltFile, headers: dict[str, str]) -> web.Response:
    """Return a file, packed where the browser unpacks, or 304 to one that has it."""
    headers |= _HEADERS | {"ETag": f'"{found.tag}"', "Vary": "Accept-Encoding"}
    if any(known.value in {found.tag, "*"} for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = found.body
    if found.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = found.packed
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=found.media, charset=found.charset, headers=headers)


def _wants_page(request: web.Request) -> bool:
    """Tell a person's browser from a program that mistook an address of the API."""
    return HTML in request.headers.get("Accept", "")


def _is_plain(name: str) -> bool:
    return all(part not in {"", ".", ".."} for part in name.split("/")) and "\0" not in name


ROUTES = tuple(
    Route(
        method="GET",
        path=front.base,
        handler=front.index,
        summary=summary,
        tag="Pages",
        query=Anything,
        media=(HTML,),
        refusals=(304,),
    )
    for front, summary in (
        (DASHBOARD, "The dashboard, and every address below that is no other route's"),
        (STOREFRONT, "The demo storefront, and every address below"),
    )
)
