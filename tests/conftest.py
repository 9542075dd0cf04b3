"""The real servers of the suite: one Postgres and one Redis, a fresh database for each test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import redis.asyncio

from footfall.embedded_postgres import embedded_postgres
from footfall.embedded_redis import embedded_redis
from footfall.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TEMPLATE = "footfall_template"
# Durability has tests of its own, with servers of their own.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "autovacuum_naptime": "1min",
}

_numbers = itertools.count(1)

# How long an example takes says what else the machine does, not whether the code is right.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call slow what needs a server: the fast suite starts none."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & {"server_dir", "postgres_dsn", "suite_redis_url"}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """Hold the servers' data outside pytest's own directories, which are kept for three runs."""
    directory = Path(tempfile.mkdtemp(prefix="footfall-tests-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_dsn(server_dir: Path) -> AsyncIterator[str]:
    """Yield the DSN of the suite's Postgres; tests want ``database_url`` instead."""
    async with embedded_postgres(server_dir, FAST_SETTINGS) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(postgres_dsn: str) -> str:
    """Return the name of the database that holds the schema and no data."""
    await _execute(postgres_dsn, f"CREATE DATABASE {TEMPLATE}")
    await migrate(database_dsn(postgres_dsn, TEMPLATE))
    return TEMPLATE


@pytest_asyncio.fixture
async def database_url(postgres_dsn: str, template_database: str) -> AsyncIterator[str]:
    """Yield the DSN of a database of the test's own, with the schema and no data."""
    name = f"test_{next(_numbers)}"
    await _execute(postgres_dsn, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield database_dsn(postgres_dsn, name)
    await _execute(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def empty_database_url(postgres_dsn: str) -> AsyncIterator[str]:
    """Yield the DSN of a database with nothing in it, for tests of the migrations."""
    name = f"test_{next(_numbers)}"
    await _execute(postgres_dsn, f"CREATE DATABASE {name}")
    yield database_dsn(postgres_dsn, name)
    await _execute(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def suite_redis_url(server_dir: Path) -> AsyncIterator[str]:
    """Yield the URL of the suite's Redis; tests want ``redis_url`` instead."""
    async with embedded_redis(server_dir) as url:
        yield url


@pytest_asyncio.fixture
async def redis_url(suite_redis_url: str) -> str:
    """Return the URL of a Redis with nothing in it."""
    client = redis.asyncio.Redis.from_url(suite_redis_url)
    await client.flushall()
    await client.aclose()
    return suite_redis_url


def database_dsn(dsn: str, database: str) -> str:
    """Return ``dsn`` with another database of the same server."""
    return dsn.replace("/footfall?", f"/{database}?")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
