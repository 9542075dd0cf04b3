"""A way to a server that can be cut, as networks are: what is under way is lost."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Wire:
    """Passes bytes on between browsers and a port of this machine."""

    def __init__(self, port: int) -> None:
        self.base = ""
        self._port = port
        self._is_cut = False
        self._under_way: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """End what is under way, and let nothing new through."""
        self._is_cut = True
        for writer in self._under_way:
            writer.transport.abort()

    def mend(self) -> None:
        """Let new connections through."""
        self._is_cut = False

    async def serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self._is_cut:
            back.transport.abort()
            return
        far, on = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {back, on}
        self._under_way |= ends
        try:
            await asyncio.gather(_pass(near, on), _pass(far, back))
        finally:
            self._under_way -= ends
            for writer in ends:
                writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def a_wire(base: str) -> AsyncIterator[Wire]:
    """Run a wire to the server at ``base`` for the length of the block."""
    wire = Wire(int(base.rpartition(":")[2]))
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        wire.cut()
        server.close()
        await server.wait_closed()
