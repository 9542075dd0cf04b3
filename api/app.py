"""Builds the web application out of its routes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from api.endpoint import endpoint
from api.fronts import serve_fronts
from api.hub import Hub
from api.intake.cors import open_to_all_origins
from api.intake.daily_salt import DailySalt
from api.intake.rate_limit import RateLimit
from api.intake.write_keys import WriteKeys
from api.known_callers import KnownCallers
from api.known_goods import KnownGoods
from api.middleware import around
from api.popular_products import PopularProducts
from api.recent_writes import RecentWrites
from api.routes import ROUTES
from api.served_lists import ServedLists
from api.services import (
    CALLERS,
    DAILY_SALT,
    HUB,
    KNOWN_GOODS,
    PACE,
    POPULAR,
    RATE_LIMIT,
    RECENT_WRITES,
    SERVED_LISTS,
    SERVICES,
    WRITE_KEYS,
)
from application.intake.bots import Pace

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
    app[WRITE_KEYS] = WriteKeys(services.pool)
    app[DAILY_SALT] = DailySalt(services.redis)
    app[RATE_LIMIT] = RateLimit(services.redis, settings.intake_events_per_second)
    app[PACE] = Pace()
    app[KNOWN_GOODS] = KnownGoods()
    app[POPULAR] = PopularProducts()
    app[SERVED_LISTS] = ServedLists(services.journal)
    app.cleanup_ctx.append(_hub)
    app.cleanup_ctx.append(_known_goods)
    app.cleanup_ctx.append(_served_lists)
    app.on_shutdown.append(_close_streams)
    app.add_routes(
        [
            web.get(route.path, endpoint(route), allow_head=not route.media)
            if route.method == "GET"
            else web.route(route.method, route.path, endpoint(route))
            for route in ROUTES
        ]
    )
    serve_fronts(app, ROUTES)
    open_to_all_origins(
        app, {route.path for route in ROUTES if route.takes_write_key or route.is_open_to_pages}
    )
    return app


async def _hub(app: web.Application) -> AsyncIterator[None]:
    async with app[HUB]:
        yield


async def _known_goods(app: web.Application) -> AsyncIterator[None]:
    ahead = app[KNOWN_GOODS].learn_ahead(app[SERVICES].pool)
    task = asyncio.create_task(ahead, name="known-goods")
    yield
    task.cancel()
    await asyncio.wait({task})


async def _served_lists(app: web.Application) -> AsyncIterator[None]:
    async with app[SERVED_LISTS]:
        yield


async def _close_streams(app: web.Application) -> None:
    """End the streams at once: they would outlast every patience with requests in flight."""
    app[HUB].close_clients()
