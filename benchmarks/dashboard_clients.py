"""Dashboards of the dashboards benchmark, as a program of its own: many clients of one live stream.

``python -m benchmarks.dashboard_clients HOST PORT TOKEN TOPICS CLIENTS`` follows until a line comes
on its input: a JSON object with the moment (seconds of the monotonic clock) at which each log
position was recorded. It prints, as JSON, how late each of them was heard by each client, and what
was lost, heard twice or begun anew. Bytes are searched, not decoded: a browser has a core for that.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from bisect import bisect_left
from collections import Counter
from typing import Any

import msgspec
import uvloop

_POSITION = re.compile(rb'^data: \{"topic":"feed","position":(\d+)', re.MULTILINE)
_RESET = b"event: reset\n"
OPENING_AT_ONCE = 25


class Listener(asyncio.Protocol):
    """One dashboard: notes when which positions of the feed came, piece by piece."""

    def __init__(self, request: bytes) -> None:
        self.firsts: list[int] = []
        self.lasts: list[int] = []
        self.times: list[float] = []
        self.lost = self.repeated = self.resets = self.received = 0
        self.is_cut_off = False
        self.hears = asyncio.get_running_loop().create_future()
        self._request = request
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.received += len(data)
        if not self.hears.done() and b"event: snapshot" in data:
            self.hears.set_result(None)
        whole, end, rest = (self._rest + data).rpartition(b"\n\n")
        self._rest = rest
        if not end:
            return
        self.resets += whole.count(_RESET)
        positions = [int(found) for found in _POSITION.findall(whole)]
        if not positions:
            return
        before = self.lasts[-1] if self.lasts else positions[0] - 1
        for position in positions:
            if position <= before:
                self.repeated += 1
            else:
                self.lost += position - before - 1
                before = position
        self.firsts.append(positions[0])
        self.lasts.append(positions[-1])
        self.times.append(now)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.is_cut_off = True
        if not self.hears.done():
            self.hears.set_exception(ConnectionError("cut off before the first snapshot"))

    def heard_at(self, position: int) -> float | None:
        """Return when a position came; None where it never did."""
        piece = bisect_left(self.lasts, position)
        if piece == len(self.lasts) or position < self.firsts[piece]:
            return None
        return self.times[piece]


async def main(host: str, port: int, token: str, topics: str, clients: int) -> None:
    """Follow, and tell what was heard."""
    # HTTP/1.0, so that the stream comes without chunks around it.
    request = (
        f"GET /v1/live?topics={topics} HTTP/1.0\r\nHost: {host}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()
    loop, listeners = asyncio.get_running_loop(), []
    for begin in range(0, clients, OPENING_AT_ONCE):
        some = range(begin, min(begin + OPENING_AT_ONCE, clients))
        opened = await asyncio.gather(
            *(loop.create_connection(lambda: Listener(request), host, port) for _ in some)
        )
        listeners += [listener for _, listener in opened]
        await asyncio.gather(*(listener.hears for _, listener in opened))
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
    recorded = msgspec.json.decode(line, type=dict[int, float])
    late: Counter[int] = Counter()
    missed = 0
    for listener in listeners:
        for position, at in recorded.items():
            heard = listener.heard_at(position)
            if heard is None:
                missed += 1
            else:
                late[max(0, round((heard - at) * 1_000))] += 1
    outcome = {
        "late_ms": late,
        "missed": missed,
        "lost": sum(each.lost for each in listeners),
        "repeated": sum(each.repeated for each in listeners),
        "resets": sum(each.resets for each in listeners),
        "cut_off": sum(each.is_cut_off for each in listeners),
        "bytes": sum(each.received for each in listeners),
    }
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    host, port, token, topics, clients = sys.argv[1:]
    uvloop.run(main(host, int(port), token, topics, int(clients)))
