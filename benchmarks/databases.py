"""A database of its own for a benchmark, on the installation's Postgres."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg

from footfall.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def fresh_database(dsn: str) -> AsyncIterator[str]:
    """Yield the DSN of a new database with our schema, dropped at the end."""
    name = f"bench_{uuid4().hex[:12]}"
    await _execute(dsn, f"CREATE DATABASE {name}")
    path, _, query = dsn.partition("?")
    own = f"{path.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    try:
        await migrate(own)
        await _settle(dsn)
        yield own
    finally:
        await _execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


async def _settle(dsn: str) -> None:
    """Write out what the contender before left behind, so that it does not cost the next one."""
    with suppress(asyncpg.InsufficientPrivilegeError):
        await _execute(dsn, "CHECKPOINT")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
