"""The load of the intake benchmark, as a program of its own: batches as fast as they are taken.

``python -m benchmarks.intake_load URL KEY SECONDS CONNECTIONS BATCH [RATE]`` prints, as JSON, the
events taken, those refused, and how long each request took. RATE: so many events a second, each
batch at its due time. Each message id is new; bodies are made from
one text, so that the load costs little.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec
import uvloop

_MARK = b"@@@@@@@@@@@@@@@@"
OK = 200


async def main(
    url: str, key: str, seconds: float, connections: int, batch: int, rate: float = 0
) -> None:
    """Send for so many seconds."""
    text = body_of(batch)
    headers = {
        "Authorization": "Basic " + b64encode(f"{key}:".encode()).decode(),
        "Content-Type": "application/json",
    }
    times: list[float] = []
    taken = refused = 0
    run, numbers = os.urandom(4).hex(), iter(range(10**9))
    start = time.monotonic()
    stop_at = start + seconds

    async def sender(client: aiohttp.ClientSession) -> None:
        nonlocal taken, refused
        while time.monotonic() < stop_at:
            number = next(numbers)
            if rate and (wait := start + number * batch / rate - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            body = text.replace(_MARK, f"{run}{number:08d}".encode())
            sent = time.monotonic()
            async with client.post(f"{url}/v1/batch", data=body, headers=headers) as answer:
                await answer.read()
            times.append(time.monotonic() - sent)
            if answer.status == OK:
                taken += batch
            else:
                refused += batch

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as client:
        await asyncio.gather(*(sender(client) for _ in range(connections)))
    took = time.monotonic() - start
    outcome = {"events": taken, "refused": refused, "seconds": took, "times": times}
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


def body_of(batch: int) -> bytes:
    """Return a batch of mixed behaviour as Segment's SDKs send it, with marks for what changes."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    messages = [_message(n, now) for n in range(batch)]
    return msgspec.json.encode({"batch": messages, "sentAt": now})


def _message(number: int, now: str) -> dict[str, Any]:
    mark = _MARK.decode()
    product = {
        "product_id": f"p{number * 7 % 500}",
        "category": "lamps",
        "price": 19.99,
        "currency": "EUR",
        "quantity": 1,
    }
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Product Viewed", product),
        ("Product Viewed", product),
        ("Product Clicked", product | {"list": "home", "position": number % 9}),
        ("Page Dwelled", {"product_id": product["product_id"], "milliseconds": 12_000}),
        ("Product Added", product),
    )
    about: dict[str, Any] = {
        "messageId": f"{mark}-{number:04d}",
        "anonymousId": f"{mark}-{number % 10}",
        "timestamp": now,
        "context": {
            "library": {"name": "analytics-node", "version": "3.1.0"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "page": {"url": "https://shop.example/lamps", "path": "/lamps", "title": "Lamps"},
        },
    }
    if number % 6 == 0:
        return about | {"type": "page", "name": "Lamps", "properties": about["context"]["page"]}
    event, properties = kinds[number % len(kinds)]
    return about | {"type": "track", "event": event, "properties": properties}


if __name__ == "__main__":
    url, key, seconds, connections, batch, *paced = sys.argv[1:]
    rate = float(paced[0]) if paced else 0
    uvloop.run(main(url, key, float(seconds), int(connections), int(batch), rate))
