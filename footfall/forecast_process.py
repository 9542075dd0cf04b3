"""Works out forecasts in a process of its own: what that takes goes back when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import structlog

from footfall.child_process import SAME_USER, command_line
from footfall.supervisor import environment_of
from workers.forecaster import Ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from footfall.settings import Settings

logger = structlog.get_logger(__name__)

NOT_ENOUGH_DATA = os.EX_TEMPFAIL
"""The exit code where too little was sold so far."""


async def forecast_in_a_process(settings: Settings, reason: str, drawn: Sequence[str]) -> Ended:
    """Run ``footfall forecast`` to its end, and kill it past the limit or when cancelled.

    ``settings`` hold the addresses of running servers.
    """
    named = [part for product_id in drawn for part in ("--drawn", product_id)]
    process = await asyncio.create_subprocess_exec(
        *command_line(
            [sys.executable, "-m", "footfall", "forecast", "--scheduled", reason, *named],
            run_as=SAME_USER,
            death_signal=signal.SIGKILL,
        ),
        env={**os.environ, **environment_of(settings), "OMP_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.DEVNULL,
    )
    limit = settings.forecast_limit_seconds
    try:
        async with asyncio.timeout(limit):
            code = await process.wait()
    except TimeoutError:
        logger.error("forecast_took_too_long", limit_seconds=limit)  # noqa: TRY400 - it is no bug
        return Ended.FAILED
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code not in {0, NOT_ENOUGH_DATA}:
        logger.error("forecast_died", code=code)
        return Ended.FAILED
    return Ended.MADE if code == 0 else Ended.NOT_ENOUGH_DATA
