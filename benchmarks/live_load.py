"""The load of the live benchmark, as a program of its own: commands at a fixed pace.

``python -m benchmarks.live_load URL RATE SECONDS CONNECTIONS`` prints, as JSON, when each log
position was asked for and answered (seconds of the monotonic clock, the same in all processes).
"""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
import msgspec
import uvloop

VISITORS = 400


async def main(url: str, rate: int, seconds: float, connections: int) -> None:
    """Send ``rate`` basket additions a second, each at its due time."""
    asked: dict[int, tuple[float, float]] = {}
    refused = 0
    start = time.monotonic() + 0.5
    numbers = iter(range(int(rate * seconds)))

    async def sender(client: aiohttp.ClientSession) -> None:
        nonlocal refused
        for number in numbers:
            due = start + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            sent = time.monotonic()
            async with client.post(
                f"{url}/v1/basket/items",
                data=b'{"product_id":"p%d","quantity":1}' % (number % 200),
                headers={
                    "Footfall-Visitor": f"bench-{number % VISITORS}",
                    "Content-Type": "application/json",
                },
            ) as answer:
                await answer.read()
                position = answer.headers.get("Footfall-Position")
                if position is None:
                    refused += 1
                else:
                    asked[int(position)] = (sent, time.monotonic())

    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as client:
        await asyncio.gather(*(sender(client) for _ in range(connections)))
    took = time.monotonic() - start
    sys.stdout.buffer.write(
        msgspec.json.encode({"asked": asked, "refused": refused, "seconds": took})
    )


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
