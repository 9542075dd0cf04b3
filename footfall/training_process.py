"""Trains in a process of its own: what a training takes of memory goes back when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import structlog

from footfall.child_process import SAME_USER, command_line
from footfall.supervisor import environment_of
from workers.training_schedule import Ended

if TYPE_CHECKING:
    from footfall.settings import Settings

logger = structlog.get_logger(__name__)

NOT_ENOUGH_DATA = os.EX_TEMPFAIL
"""The exit code of a training that had too little to learn from."""


async def train_in_a_process(settings: Settings, kind: str, *options: str) -> Ended:
    """Run ``footfall train KIND`` to its end, and kill it past the limit or when cancelled.

    ``settings`` hold the addresses of running servers. A training may be killed at any moment:
    the next one goes on from its checkpoint.
    """
    process = await asyncio.create_subprocess_exec(
        *command_line(
            [sys.executable, "-m", "footfall", "train", kind, "--scheduled", *options],
            run_as=SAME_USER,
            death_signal=signal.SIGKILL,
        ),
        env={**os.environ, **environment_of(settings)},
        stdin=asyncio.subprocess.DEVNULL,
    )
    limit = settings.train_limit_seconds
    try:
        async with asyncio.timeout(limit):
            code = await process.wait()
    except TimeoutError:
        logger.error("training_took_too_long", kind=kind, limit_seconds=limit)  # noqa: TRY400 - it is no bug
        return Ended.FAILED
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code not in {0, NOT_ENOUGH_DATA}:
        logger.error("training_died", kind=kind, code=code)
        return Ended.FAILED
    return Ended.TRAINED if code == 0 else Ended.NOT_ENOUGH_DATA
