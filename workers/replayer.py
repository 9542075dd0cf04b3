"""The replayer: runs the counterfactual replays that were asked for, one after the other."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from application import replays
from domain.errors import Rejected
from projections.runner import TRANSIENT, heed_cancellation, patiently

if TYPE_CHECKING:
    from pathlib import Path

    import asyncpg

    from application.journal import Journal
    from application.replays import Replay

logger = structlog.get_logger(__name__)

TELL_SECONDS = 1.0


class NoLongerOurs(Exception):
    """The replay was cancelled, or another worker took it for dead."""


async def run_replayer(
    journal: Journal, pool: asyncpg.Pool[Any], directory: Path, *, poll_seconds: float = 1.0
) -> None:
    """Take up what was asked for until cancelled; ``directory`` holds the artifacts of models.

    What a crash leaves is begun anew by the next one, a few times.
    """
    attempt = 0
    while True:
        heed_cancellation()
        try:
            taken = await replays.take_up(pool)
            if taken is None:
                attempt = 0
                await asyncio.sleep(poll_seconds)
                continue
            await run_one(journal, pool, directory, taken)
        except TRANSIENT as error:
            logger.warning("replayer_waits", reason=repr(error))
            await patiently(attempt)
            attempt += 1


async def run_one(
    journal: Journal, pool: asyncpg.Pool[Any], directory: Path, taken: Replay
) -> None:
    """Run a replay that was taken up, and keep what it found or why it did not."""
    from workers.replay import replay  # noqa: PLC0415 - most starts need no numbers

    told = 0.0

    async def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told < TELL_SECONDS and done < total:
            return
        told = time.monotonic()
        if not await replays.tell_progress(pool, taken, done, total):
            raise NoLongerOurs

    name = str(taken.replay_id)
    logger.info("replay_begins", replay_id=name, policy=taken.policy)
    try:
        report = await replay(journal, directory, taken.wanted, tell=tell)
    except NoLongerOurs:
        logger.info("replay_given_up", replay_id=name)
    except Exception as error:
        if isinstance(error, TRANSIENT) and not isinstance(error, FileNotFoundError):
            raise  # the row says that it runs: whoever comes next begins it anew
        code, detail = _reason(error)
        logger.warning("replay_failed", replay_id=name, reason=repr(error))
        await replays.fail(pool, taken, code, detail)
    else:
        await replays.finish(pool, taken, msgspec.json.encode(report))
        logger.info("replay_done", replay_id=name, verdict=report.clicks.verdict)


def _reason(error: Exception) -> tuple[str, str]:
    """Return a stable code and a sentence for who asked."""
    from ml.tensor_files import ArtifactRefused  # noqa: PLC0415 - as above
    from workers.replay import TooMuch  # noqa: PLC0415 - as above

    if isinstance(error, Rejected):
        return error.code, error.detail
    if isinstance(error, TooMuch):
        return "too_much", str(error)
    if isinstance(error, ArtifactRefused | FileNotFoundError):
        return "no_artifact", "The model's file is gone or damaged."
    return "failed", f"It failed here: {type(error).__name__}."
