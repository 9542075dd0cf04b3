from __future__ import annotations

import asyncpg
import pytest


@pytest.mark.postgres
async def test_a_test_gets_a_database_with_the_schema_and_no_data(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT to_regclass('log.head') IS NOT NULL")
    finally:
        await connection.close()
