"""Generations: one build of a read model beside another, and the switch between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from projections.checkpoints import live_generation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from projections.projection import Connection, Projection


class RebuildUnderWay(Exception):
    """A rebuild of this read model is under way already."""


class NothingToRollBack(Exception):
    """There is no earlier generation to go back to."""


class NothingToCancel(Exception):
    """No rebuild of this read model is under way."""


def schema_of(name: str, generation: int) -> str:
    """Return the name of the schema that holds a generation's tables."""
    return f"{name}_g{generation}"


async def ensure_live(connection: Connection, projection: Projection) -> int:
    """Return the live generation, made empty where the read model is new."""
    async with connection.transaction():
        await _one_at_a_time(connection, projection.name)
        generation = await live_generation(connection, projection.name)
        if generation is None:
            generation = 1
            await create_tables(connection, projection, generation)
            await connection.execute(
                """INSERT INTO app.projection (name, generation, status, code_version)
                   VALUES ($1, $2, 'live', $3)""",
                projection.name,
                generation,
                projection.version,
            )
            await _show(connection, projection, generation)
    return generation


async def request_rebuild(
    connection: Connection, projection: Projection, *, is_mine: bool = False
) -> int:
    """Ask for the next generation and return its number.

    A rebuilder takes it up, unless ``is_mine``: then the caller builds it.
    """
    async with connection.transaction():
        await _one_at_a_time(connection, projection.name)
        try:
            generation: int = await connection.fetchval(
                """INSERT INTO app.projection
                       (name, generation, status, code_version, target_position)
                   SELECT $1, coalesce(max(generation), 0) + 1, $3, $2,
                          (SELECT position FROM log.head)
                   FROM app.projection WHERE name = $1 RETURNING generation""",
                projection.name,
                projection.version,
                "building" if is_mine else "requested",
            )
        except asyncpg.UniqueViolationError as error:
            raise RebuildUnderWay(f"{projection.name} is being rebuilt") from error
    return generation


async def begin_build(connection: Connection, projection: Projection, generation: int) -> None:
    """Make the tables of a requested generation; one begun before a crash is kept."""
    async with connection.transaction():
        await _one_at_a_time(connection, projection.name)
        await create_tables(connection, projection, generation)
        await connection.execute(
            """UPDATE app.projection SET status = 'building', error = '',
                   target_position = (SELECT position FROM log.head)
               WHERE name = $1 AND generation = $2 AND status IN ('requested', 'building')""",
            projection.name,
            generation,
        )


async def swap(
    connection: Connection,
    projection: Projection,
    generation: int,
    catch_up: Callable[[int], Awaitable[None]],
) -> None:
    """Make ``generation`` the live one, in one transaction.

    The lock on the live row stops its runner; ``catch_up`` then brings the new generation at
    least to where the live one stands, so that no reader ever sees a step back.
    """
    async with connection.transaction():
        await _one_at_a_time(connection, projection.name)
        live = await connection.fetchrow(
            """SELECT generation, position FROM app.projection
               WHERE name = $1 AND status = 'live' FOR UPDATE""",
            projection.name,
        )
        if live is not None:
            await catch_up(live["position"])
            await connection.execute(
                """UPDATE app.projection SET status = 'retired', updated_at = clock_timestamp()
                   WHERE name = $1 AND status = 'live'""",
                projection.name,
            )
        await connection.execute(
            """UPDATE app.projection
               SET status = 'live', updated_at = clock_timestamp(), epoch = epoch + 1,
                   published_position = position
               WHERE name = $1 AND generation = $2""",
            projection.name,
            generation,
        )
        await _show(connection, projection, generation)
        await _drop_older(connection, projection.name, live["generation"] if live else 0)


async def previous_generation(connection: Connection, name: str) -> int:
    """Return the generation that was live before; NothingToRollBack where there is none."""
    generation: int | None = await connection.fetchval(
        """SELECT max(generation) FROM app.projection WHERE name = $1 AND status = 'retired'""",
        name,
    )
    if generation is None:
        raise NothingToRollBack(f"{name} has no earlier generation")
    return generation


async def revive(
    connection: Connection, name: str, generation: int, *, is_mine: bool = False
) -> None:
    """Let a retired generation be built further, so that it can be swapped in again.

    A rebuilder takes it up, unless ``is_mine``: then the caller builds it.
    """
    await connection.execute(
        """UPDATE app.projection SET status = $3, updated_at = clock_timestamp(),
               target_position = (SELECT position FROM log.head)
           WHERE name = $1 AND generation = $2""",
        name,
        generation,
        "building" if is_mine else "requested",
    )


async def cancel_build(connection: Connection, name: str) -> int:
    """Give up the rebuild under way and drop its tables. Returns its generation."""
    async with connection.transaction():
        await _one_at_a_time(connection, name)
        generation: int | None = await connection.fetchval(
            """UPDATE app.projection SET status = 'cancelled', updated_at = clock_timestamp()
               WHERE name = $1 AND status IN ('requested', 'building') RETURNING generation""",
            name,
        )
        if generation is None:
            raise NothingToCancel(f"{name} is not being rebuilt")
        await _drop(connection, name, generation)
    return generation


async def fail_build(connection: Connection, name: str, generation: int, error: str) -> None:
    """Note why a build ended, and drop its tables."""
    async with connection.transaction():
        await connection.execute(
            """UPDATE app.projection SET status = 'failed', error = $3,
                   updated_at = clock_timestamp()
               WHERE name = $1 AND generation = $2 AND status IN ('requested', 'building')""",
            name,
            generation,
            error,
        )
        await _drop(connection, name, generation)


async def checksum(connection: Connection, projection: Projection, generation: int) -> str:
    """Return a checksum over all rows of a generation, whatever their order on disk."""
    schema = schema_of(projection.name, generation)
    sums = [
        await connection.fetchval(
            f"""SELECT count(*)::text || ':'
                       || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
                FROM {schema}.{table} t"""  # noqa: S608 - names from the code
        )
        for table in projection.tables
    ]
    return " ".join(sums)


async def create_tables(connection: Connection, projection: Projection, generation: int) -> None:
    """Make the empty tables of a generation, where they are not there."""
    schema = schema_of(projection.name, generation)
    await connection.execute("SELECT app.make_generation_schema($1)", schema)
    for table in projection.tables:
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS {schema}.{table} (LIKE blueprint.{table} INCLUDING ALL)"
        )


async def _show(connection: Connection, projection: Projection, generation: int) -> None:
    schema = schema_of(projection.name, generation)
    for table in projection.tables:
        await connection.execute(f"DROP VIEW IF EXISTS read.{table}")
        await connection.execute(
            f"CREATE VIEW read.{table} AS SELECT * FROM {schema}.{table}"  # noqa: S608
        )


async def _drop_older(connection: Connection, name: str, keep: int) -> None:
    """Drop the tables of every retired generation but the one kept for a rollback."""
    rows = await connection.fetch(
        """UPDATE app.projection SET status = 'cancelled'
           WHERE name = $1 AND status = 'retired' AND generation <> $2 RETURNING generation""",
        name,
        keep,
    )
    for row in rows:
        await _drop(connection, name, row["generation"])


async def _drop(connection: Connection, name: str, generation: int) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema_of(name, generation)} CASCADE")


async def _one_at_a_time(connection: Connection, name: str) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('generations:' || $1))", name)
