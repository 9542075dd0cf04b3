"""The rebuilder: builds the next generation of a read model beside the one that serves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from projections import checkpoints, generations
from projections.runner import TRANSIENT, Runner, patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import asyncpg

    from application.journal import Journal
    from projections.projection import Projection

    Progress = Callable[[int, int], None]

logger = structlog.get_logger(__name__)

PAGE = 5_000
CLOSE = 1_000
"""Events behind the head within which the swap itself does the rest."""


class Cancelled(Exception):
    """The rebuild was cancelled while it was under way."""


async def rebuild(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    projection: Projection,
    *,
    progress: Progress = lambda _position, _target: None,
) -> int:
    """Build a read model anew from position zero and make it the live one; returns its generation.

    Readers keep the old one until the swap; nothing is published meanwhile. ``progress`` is told
    the position reached and the one to reach. Raises RebuildUnderWay, or Cancelled.
    """
    async with pool.acquire() as connection:
        # Not for the rebuilder to take up, which may look for work at this very moment.
        generation = await generations.request_rebuild(connection, projection, is_mine=True)
    await build(journal, pool, projection, generation, progress=progress)
    return generation


async def build(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    projection: Projection,
    generation: int,
    *,
    progress: Progress = lambda _position, _target: None,
) -> None:
    """Build a requested generation, or go on with one that a crash left, and swap it in."""
    try:
        async with pool.acquire() as connection:
            await generations.begin_build(connection, projection, generation)
        await _catch_up_and_swap(journal, pool, projection, generation, progress)
    except checkpoints.Fenced as error:
        raise Cancelled(f"the rebuild of {projection.name} was cancelled") from error
    except (asyncio.CancelledError, *TRANSIENT):
        raise  # the generation keeps its checkpoint: the next attempt goes on from there
    except Exception as error:
        async with pool.acquire() as connection:
            await generations.fail_build(connection, projection.name, generation, repr(error))
        raise


async def roll_back(journal: Journal, pool: asyncpg.Pool[Any], projection: Projection) -> int:
    """Bring the generation before this one up to date and make it the live one again."""
    async with pool.acquire() as connection:
        generation = await generations.previous_generation(connection, projection.name)
        await generations.revive(connection, projection.name, generation, is_mine=True)
    await _catch_up_and_swap(journal, pool, projection, generation, lambda _p, _t: None)
    return generation


async def run_rebuilder(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    projections: Mapping[str, Projection],
    *,
    poll_seconds: float = 1.0,
) -> None:
    """Take up requested rebuilds, one after the other, until cancelled."""
    attempt = 0
    while True:
        try:
            async with pool.acquire() as connection:
                row = await connection.fetchrow(
                    """SELECT name, generation FROM app.projection
                       WHERE status = 'requested' AND name = ANY ($1)
                          OR status = 'building' AND name = ANY ($1)
                             AND updated_at < now() - interval '30 seconds'
                       ORDER BY started_at LIMIT 1""",
                    list(projections),
                )
            if row is None:
                attempt = 0
                await asyncio.sleep(poll_seconds)
                continue
            logger.info("rebuild_begins", projection=row["name"], generation=row["generation"])
            await build(journal, pool, projections[row["name"]], row["generation"])
            logger.info("rebuild_done", projection=row["name"], generation=row["generation"])
        except Exception as error:  # noqa: BLE001 - this loop must live on
            logger.warning("rebuild_ended", reason=repr(error))
            await patiently(attempt)
            attempt += 1


async def _catch_up_and_swap(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    projection: Projection,
    generation: int,
    progress: Progress,
) -> None:
    runner = await Runner.start(pool, projection, generation)
    while True:
        head = await journal.head()
        progress(runner.position, head)
        if head - runner.position <= CLOSE:
            break
        await runner.run(await journal.read(runner.position, PAGE))
        await runner.persist()

    async with pool.acquire() as connection:

        async def catch_up(target: int) -> None:
            while runner.position < target:
                page = await journal.read(runner.position, PAGE, until=target)
                await runner.run_in(connection, page)

        await generations.swap(connection, projection, generation, catch_up)
    progress(runner.position, runner.position)
