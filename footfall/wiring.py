"""The wiring, on one screen: what every process opens, in which order, and closes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis.asyncio as aioredis

from application.event_store.postgres import open_event_store
from application.journal import Journal
from application.keyring import KeyedHash, PostgresKeyring
from application.snapshots import PostgresSnapshots
from footfall.database import open_pool
from footfall.master_key import load_master_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from footfall.settings import Settings


@dataclass(frozen=True, slots=True)
class Shop:
    """The open resources of a process."""

    settings: Settings
    pool: asyncpg.Pool[Any]
    redis: aioredis.Redis
    journal: Journal


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    """Open log, read models and Redis, given settings with their addresses (see installation)."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("open_shop needs the addresses of running servers")
    master_key = load_master_key(settings)
    async with (
        open_pool(settings.database_url, size=settings.database_pool_size) as pool,
        _open_redis(settings.redis_url) as client,
        open_event_store(
            pool,
            direct_dsn=settings.database_direct_url or settings.database_url,
            queue_limit=settings.append_queue_limit,
            patience_seconds=settings.append_patience_seconds,
        ) as store,
    ):
        journal = Journal(
            store,
            PostgresKeyring(pool, master_key),
            KeyedHash(master_key),
            PostgresSnapshots(pool),
        )
        yield Shop(settings, pool, client, journal)


def _open_redis(url: str) -> aioredis.Redis:
    """Return a client whose callers wait for one of its connections, at most a second."""
    pool = aioredis.BlockingConnectionPool.from_url(url, max_connections=100, timeout=1)
    return aioredis.Redis.from_pool(pool)
