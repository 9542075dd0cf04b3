"""Builds the web application out of its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from api.endpoint import endpoint
from api.hub import Hub
from api.known_callers import KnownCallers
from api.middleware import around
from api.recent_writes import RecentWrites
from api.routes import ROUTES
from api.services import CALLERS, HUB, RECENT_WRITES, SERVICES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.services import Services


def build_app(services: Services) -> web.Application:
    """Return the application. ``services`` are opened before and closed after it."""
    settings = services.settings
    app = web.Application(middlewares=[around], client_max_size=settings.request_body_limit_bytes)
    app[SERVICES] = services
    app[CALLERS] = KnownCallers(services.pool, settings.session_ttl_seconds)
    app[RECENT_WRITES] = RecentWrites()
    app[HUB] = Hub(services)
    app.cleanup_ctx.append(_hub)
    app.on_shutdown.append(_close_streams)
    app.add_routes(
        [
            web.get(route.path, endpoint(route), allow_head=not route.media)
            if route.method == "GET"
            else web.route(route.method, route.path, endpoint(route))
            for route in ROUTES
        ]
    )
    return app


async def _hub(app: web.Application) -> AsyncIterator[None]:
    async with app[HUB]:
        yield


async def _close_streams(app: web.Application) -> None:
    """End the streams at once: they would outlast every patience with requests in flight."""
    app[HUB].close_clients()
