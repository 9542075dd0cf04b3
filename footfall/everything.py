"""Runs an installation: what must be there first, then all that may follow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec
import structlog

from footfall.background import WORKERS
from footfall.supervisor import supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from footfall.settings import Settings

logger = structlog.get_logger(__name__)

FIRST: Final = ("projector",)
"""Workers without which the API is not ready."""
BETWEEN_STARTS: Final = 0.5
"""Seconds between the rest: all at once they would keep each other, and who asks, from a core."""
PATIENCE_SECONDS: Final = 300.0
TOLD_SECONDS: Final = 15.0
"""How often somebody who waits is told what for."""
NOTHING: Final[Mapping[str, Sequence[str]]] = {}


class NotHealthy(Exception):
    """The API did not become healthy in time; says why."""


class _Answer(msgspec.Struct):
    """What a health door says when the answer is no."""

    detail: str = ""
    lag_events: dict[str, int] = {}


async def run_everything(
    settings: Settings,
    stop: asyncio.Event,
    *,
    announce: Callable[[str], None],
    besides: Mapping[str, Sequence[str]] = NOTHING,
) -> None:
    """Run API and workers as processes of their own until ``stop``.

    ``announce`` is told the address once it is healthy. ``besides``: more commands, started then.
    Raises NotHealthy, or ProcessKeepsDying.
    """
    address = f"http://{settings.host}:{settings.port}"
    first = {"api": ["api"], **{name: ["worker", name] for name in FIRST}}
    rest = {**besides, **{name: ["worker", name] for name in WORKERS if name not in FIRST}}
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(supervise(first, settings, stop))
            await wait_until_healthy(address, stop)
            if not stop.is_set():
                announce(address)
            for name, command in rest.items():
                if stop.is_set():
                    break
                tasks.create_task(supervise({name: command}, settings, stop))
                await asyncio.sleep(BETWEEN_STARTS)
    except* Exception as failures:
        raise _first(failures) from failures


async def wait_until_healthy(
    address: str,
    stop: asyncio.Event,
    *,
    seconds: float = PATIENCE_SECONDS,
    probe: str = "ready",
) -> None:
    """Return once the API says that it is ready, or ``live``; NotHealthy where it does not."""
    clock = asyncio.get_running_loop().time
    began = told = clock()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
        while not stop.is_set():
            why = await _why_not(client, f"{address}/health/{probe}")
            if not why:
                return
            now = clock()
            if now - began > seconds:
                raise NotHealthy(f"not healthy after {seconds:.0f} s: {why}")
            if now - told > TOLD_SECONDS:
                told = now
                logger.warning("still_starting", seconds=round(now - began), reason=why)
            await asyncio.sleep(0.1)


async def _why_not(client: aiohttp.ClientSession, url: str) -> str:
    """Return why a health door says no; nothing where it says yes."""
    try:
        async with client.get(url) as answer:
            if answer.status == 200:  # noqa: PLR2004
                return ""
            said = msgspec.json.decode(await answer.read(), type=_Answer)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
        return f"{type(error).__name__}: {error}"
    behind = max(said.lag_events.items(), key=lambda each: each[1], default=None)
    return said.detail + (f" {behind[0]} has {behind[1]:,} events to go." if behind else "")


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    found: Exception = failures
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
