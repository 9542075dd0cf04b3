"""Lets pages of any origin send behaviour: the write key is public, and no cookie is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Collection

ORIGIN = "Access-Control-Allow-Origin"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}
_EXPOSED = {"Access-Control-Expose-Headers": "Retry-After, Footfall-Correlation-Id"}


def open_to_all_origins(app: web.Application, paths: Collection[str]) -> None:
    """Answer preflights for these routes, and mark their answers, refusals among them."""

    async def preflight(request: web.Request) -> web.Response:
        del request
        return web.Response(status=204, headers=_PREFLIGHT)

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        resource = request.match_info.route.resource
        if resource is not None and resource.canonical in open_paths:
            response.headers[ORIGIN] = "*"
            response.headers.update(_EXPOSED)

    open_paths = frozenset(paths)
    app.add_routes([web.options(path, preflight) for path in sorted(open_paths)])
    app.on_response_prepare.append(mark)
