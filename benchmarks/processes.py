"""Processes of an installation, as benchmarks run and watch them."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from footfall.supervisor import environment_of, start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from footfall.settings import Settings

PAGE_BYTES = 4_096
MEBIBYTE = 2**20


@asynccontextmanager
async def processes(settings: Settings, commands: Sequence[str]) -> AsyncIterator[list[int]]:
    """Run commands of ``footfall`` for the length of the block; yield their process ids."""
    environment = environment_of(settings)
    started = [await start(command.split(), environment) for command in commands]
    try:
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            await process.wait()


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * PAGE_BYTES / MEBIBYTE


def processor_seconds(pid: int) -> float:
    """Return how long a process has kept cores busy."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
