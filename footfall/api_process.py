"""The process that answers HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.server import serve
from api.services import ApiSettings, Services
from footfall.garbage import forget_the_start
from projections.position_waiter import PositionWaiter

if TYPE_CHECKING:
    import asyncio

    from footfall.wiring import Shop


async def serve_api(shop: Shop, stop: asyncio.Event) -> None:
    """Serve HTTP until ``stop``, then let requests under way finish."""
    settings = shop.settings
    own = {name for name in ApiSettings.__struct_fields__ if name in settings.__struct_fields__}
    api_settings = ApiSettings(**{name: getattr(settings, name) for name in own})
    async with PositionWaiter(shop.pool, shop.redis) as waiter:
        services = Services(
            journal=shop.journal,
            pool=shop.pool,
            redis=shop.redis,
            waiter=waiter,
            settings=api_settings,
        )
        async with serve(services, host=settings.host, port=settings.port):
            forget_the_start()
            await stop.wait()
