"""Keeps the processes of an installation alive, and ends them together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from footfall.child_process import SAME_USER, command_line
from footfall.settings import variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from footfall.settings import Settings

logger = structlog.get_logger(__name__)

STEADY_SECONDS = 30.0
"""A process that ran this long and then died is restarted at once."""
GRACE_SECONDS = 15.0


class ProcessKeepsDying(Exception):
    """A process of the installation could not be kept alive."""


async def supervise(
    commands: Mapping[str, Sequence[str]], settings: Settings, stop: asyncio.Event
) -> None:
    """Run each command as a process of its own until ``stop``; restart what dies.

    Raises ProcessKeepsDying where one dies ten times within moments of its start.
    """
    environment = {**os.environ, **environment_of(settings)}
    async with asyncio.TaskGroup() as tasks:
        for name, command in commands.items():
            tasks.create_task(_keep_alive(name, command, environment, stop), name=name)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the settings as the variables from which a child process reads them."""
    return {
        variable_of(name): str(value)
        for name in settings.__struct_fields__
        if (value := getattr(settings, name)) is not None
    }


async def start(
    command: Sequence[str], environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start a command of ``footfall`` as a process that ends with us, however we do."""
    return await asyncio.create_subprocess_exec(
        *command_line(
            [sys.executable, "-m", "footfall", *command],
            run_as=SAME_USER,
            death_signal=signal.SIGTERM,
        ),
        env=dict(environment),
        # Ctrl-C is for us, who end them in order; and where the kernel shares the cores among
        # sessions, who answers is not charged for what works behind the scenes.
        start_new_session=True,
    )


async def _keep_alive(
    name: str, command: Sequence[str], environment: Mapping[str, str], stop: asyncio.Event
) -> None:
    clock = asyncio.get_running_loop().time
    deaths = 0
    while not stop.is_set():
        started = clock()
        process = await start(command, environment)
        code = await _wait(process, stop)
        if stop.is_set():
            return
        deaths = 1 if clock() - started > STEADY_SECONDS else deaths + 1
        logger.error("process_died", name=name, code=code, deaths=deaths)
        if deaths >= 10:  # noqa: PLR2004
            raise ProcessKeepsDying(f"{name} died {deaths} times, last with code {code}")
        with suppress(TimeoutError):
            async with asyncio.timeout(min(0.1 * 2**deaths, 5.0)):
                await stop.wait()


async def _wait(process: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    """Wait for the process to end; ask it to, once ``stop`` is set, and insist in the end."""
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not ended.done():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            done, _ = await asyncio.wait({ended}, timeout=GRACE_SECONDS)
            if not done:
                process.kill()
    return await ended
