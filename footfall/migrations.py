"""Applies migrations/ in order: the only place where the schema changes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = structlog.get_logger(__name__)

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"
_ONE_AT_A_TIME = 4_011_867  # an advisory lock, so that several starters do not race


class MigrationChanged(Exception):
    """A migration that this database has applied was edited afterwards."""


async def migrate(dsn: str) -> list[str]:
    """Bring the database up to date; return the names of the migrations applied now.

    Each migration is one transaction. Raises MigrationChanged where the text of an applied one
    differs from what was applied.
    """
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        await connection.execute(
            """CREATE TABLE IF NOT EXISTS public.migration (
                   name text PRIMARY KEY, digest text NOT NULL,
                   applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        rows = await connection.fetch("SELECT name, digest FROM public.migration")
        applied: dict[str, str] = {row["name"]: row["digest"] for row in rows}
        news = []
        for name, sql in _migrations():
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name not in applied:
                await _apply(connection, name, sql, digest)
                news.append(name)
            elif applied[name] != digest:
                message = f"{name} was changed after it was applied; add a new migration instead"
                raise MigrationChanged(message)
        return news
    finally:
        await connection.close()


async def pending(dsn: str) -> list[str]:
    """Return the names of the migrations that this database still lacks."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    try:
        known = await connection.fetchval("SELECT to_regclass('public.migration')")
        rows = await connection.fetch("SELECT name FROM public.migration") if known else []
    finally:
        await connection.close()
    applied = {row["name"] for row in rows}
    return [name for name, _ in _migrations() if name not in applied]


async def _apply(connection: asyncpg.Connection[Any], name: str, sql: str, digest: str) -> None:
    async with connection.transaction():
        await connection.execute(sql)
        await connection.execute(
            "INSERT INTO public.migration (name, digest) VALUES ($1, $2)", name, digest
        )
    logger.info("migration_applied", name=name)


def _migrations() -> Iterator[tuple[str, str]]:
    for path in sorted(DIRECTORY.glob("[0-9]*.sql")):
        yield path.name, path.read_text(encoding="utf-8")
