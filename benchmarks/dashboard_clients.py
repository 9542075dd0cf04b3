"""The clients of the dashboards benchmark, as a program of its own: streams that note arrivals.

``python -m benchmarks.dashboard_clients PORT CLIENTS`` reads a token from the first line of its
input, writes ``ready`` when each client has had its snapshots, and when its input ends, as JSON,
when each event of the feed arrived at each client (seconds of the monotonic clock, by position).
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import defaultdict
from typing import cast

import msgspec
import uvloop

TOPICS = ("kpis", "products", "feed")
_EVENT = re.compile(rb'"topic":"feed","position":(\d+),"item"')


class Client(asyncio.Protocol):
    """One stream. Bytes are searched, not parsed: a browser of its own would parse them."""

    def __init__(self, request: bytes, arrived: dict[int, list[float]]) -> None:
        self.ready = asyncio.Event()
        self._request = request
        self._arrived = arrived
        self._rest = b""
        self._snapshots = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n\n")
        if not self.ready.is_set():
            self._snapshots += whole.count(b"event: snapshot")
            if self._snapshots == len(TOPICS):
                self.ready.set()
        for position in _EVENT.findall(whole):
            self._arrived[int(position)].append(now)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.ready.set()  # what it lacks is counted as missing


async def main(port: int, clients: int) -> None:
    """Follow until the input ends."""
    loop = asyncio.get_running_loop()
    token = sys.stdin.readline().strip()
    request = (
        f"GET /v1/live?topics={','.join(TOPICS)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    ).encode()
    arrived: dict[int, list[float]] = defaultdict(list)
    opened = [
        (await loop.create_connection(lambda: Client(request, arrived), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.ready.wait() for client in opened))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    sys.stdout.buffer.write(msgspec.json.encode(arrived))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
