"""A database whose read models are live and empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from footfall.database import open_pool
from projections.registry import BY_NAME
from tests.projections.folding import Log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from projections.projection import Connection


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    """Give an empty log above all read models, live and empty."""
    async with open_pool(database_url, size=2) as pool:
        log = Log(pool, *BY_NAME)
        await log.open()
        yield log


@pytest.fixture
async def reader(log: Log) -> AsyncIterator[Connection]:
    """Give a connection that sees the live read models."""
    pool: asyncpg.Pool[Any] = log.pool
    async with pool.acquire() as connection:
        yield connection
