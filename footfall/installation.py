"""Where the data live: the servers that were named, or embedded ones in the data directory."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from footfall.embedded_postgres import embedded_postgres
from footfall.embedded_redis import embedded_redis
from footfall.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.settings import Settings


@asynccontextmanager
async def servers(
    settings: Settings, *, brings_up_to_date: bool = False
) -> AsyncIterator[Settings]:
    """Yield the settings with the addresses of running servers in them.

    An embedded server that another process of this installation runs is shared, else it is
    started here and stopped at the end. ``brings_up_to_date``: apply the migrations.
    """
    async with AsyncExitStack() as stack:
        database_url = settings.database_url or await stack.enter_async_context(
            embedded_postgres(settings.data_dir)
        )
        redis_url = settings.redis_url or await stack.enter_async_context(
            embedded_redis(settings.data_dir)
        )
        direct_url = settings.database_direct_url or database_url
        if brings_up_to_date:
            await migrate(str(direct_url))
        yield msgspec.structs.replace(
            settings,
            database_url=database_url,
            database_direct_url=direct_url,
            redis_url=redis_url,
        )
