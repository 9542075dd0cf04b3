"""Reads server-sent events as a browser does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api.conftest import Client


@dataclass
class Event:
    """One event, as dispatched."""

    kind: str
    data: Any
    last_id: str


@dataclass
class Stream:
    """An open stream; remembers the last id as a browser would."""

    response: aiohttp.ClientResponse
    last_id: str = ""
    comments: list[str] = field(default_factory=list)
    retry: str = ""

    async def next(self, *, seconds: float = 5) -> Event:
        """Return the next event."""
        async with asyncio.timeout(seconds):
            kind, data = "message", ""
            while True:
                line = (await self.response.content.readline()).decode()
                assert line, "the stream ended"
                line = line.rstrip("\n")
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line:
                    if data:
                        return Event(kind, msgspec.json.decode(data), self.last_id)
                    kind = "message"
                elif not name:
                    self.comments.append(value)
                elif name == "event":
                    kind = value
                elif name == "data":
                    data += value
                elif name == "id":
                    self.last_id = value
                elif name == "retry":
                    self.retry = value

    async def until(self, kind: str, *, topic: str = "", seconds: float = 5) -> Event:
        """Return the next event of a kind, and perhaps a topic, skipping others."""
        while True:
            event = await self.next(seconds=seconds)
            if event.kind == kind and topic in {"", event.data.get("topic")}:
                return event


@asynccontextmanager
async def streaming(
    client: Client, path: str, *, limit: int = 2**20, **headers: str
) -> AsyncIterator[Stream]:
    """Open a stream."""
    sent = {"Accept": "text/event-stream"}
    if client.token:
        sent["Authorization"] = f"Bearer {client.token}"
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(read_bufsize=limit) as session,
        session.get(client.base + path, headers=sent, timeout=timeout) as response,
    ):
        assert response.status == 200, await response.read()
        yield Stream(response)
