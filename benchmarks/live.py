"""From a command to a client of the live stream, while 1,000 commands a second run.

API, projector and load are processes of their own; everything shares this machine. A time is
from the moment the command's answer could be sent (its event is durable) to the moment a client
holds the server-sent event; ``command_to_client`` is from the moment the command was sent. The
bound counts in the best of three runs; all three are printed. The peer is the command itself:
how much later than its own answer the event arrives.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

from application.context import Context
from application.sessions import open_session
from benchmarks.databases import fresh_database
from benchmarks.report import Report, percentile
from domain.money import Money
from domain.product import Product, ProductDetails
from footfall.commands.serve import free_port
from footfall.everything import run_everything, wait_until_healthy
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from footfall.settings import Settings
    from footfall.wiring import Shop

CHECKOUT = Path(__file__).resolve().parents[1]
RATE = 1_000
SECONDS = 10.0
CONNECTIONS = 64
RUNS = 3


async def run(shop: Shop) -> Report:
    """Measure three runs on a fresh database and report the best, with all three beside it."""
    async with fresh_database(shop.settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            shop.settings,
            database_url=own,
            database_direct_url=own,
            port=free_port("127.0.0.1"),
            log_level="error",
        )
        stop = asyncio.Event()
        serving = asyncio.create_task(run_everything(settings, stop, announce=lambda _: None))
        try:
            token = await fill(settings)
            await wait_until_healthy(url_of(settings), stop)
            runs = [await _one_run(settings, token) for _ in range(RUNS)]
        finally:
            stop.set()
            await serving
    best = min(runs, key=lambda metrics: metrics["event_to_client_p99_ms"])
    every = {
        f"run_{n}_event_to_client_p99_ms": metrics["event_to_client_p99_ms"]
        for n, metrics in enumerate(runs, start=1)
    }
    return Report(
        name="live",
        metrics=best | every,
        ratios={
            "event_to_client_vs_command": best["event_to_client_p99_ms"] / best["command_p99_ms"]
        },
    )


async def fill(settings: Settings) -> str:
    """Put products into the shop; return a token that may watch."""
    now = datetime.now(UTC)
    async with open_shop(settings) as shop:
        products = [
            Product.add(
                f"p{n}",
                None,
                ProductDetails(f"P {n}"),
                price=Money(999, "EUR"),
                stock=None,
                now=now,
            )
            for n in range(200)
        ]
        events: Any = [event for product in products for event in product.collect_events()]
        await shop.journal.record(Context("bench", now), events)
        session = await open_session(shop.pool, "user:bench", ["analyst"], seconds=3_600, now=now)
        return session.token


async def _one_run(settings: Settings, token: str) -> dict[str, float]:
    arrived: dict[int, float] = {}
    watching = asyncio.create_task(_watch(url_of(settings), token, arrived))
    await asyncio.sleep(0.5)
    load = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.live_load",
        url_of(settings),
        str(RATE),
        str(SECONDS),
        str(CONNECTIONS),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    output, _ = await load.communicate()
    outcome = msgspec.json.decode(output, type=Outcome)
    last = max(outcome.asked)
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while last not in arrived:  # noqa: ASYNC110 - another task fills it
                await asyncio.sleep(0.05)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    seen = {position: arrived[position] for position in outcome.asked if position in arrived}
    times = [(seen[p] - outcome.asked[p][1]) * 1_000 for p in seen]
    whole = [(seen[p] - outcome.asked[p][0]) * 1_000 for p in seen]
    command = [(answered - sent) * 1_000 for sent, answered in outcome.asked.values()]
    return {
        "commands_per_s": len(outcome.asked) / outcome.seconds,
        "commands_refused": outcome.refused,
        "events_not_seen": len(outcome.asked) - len(seen),
        "command_p50_ms": percentile(command, 0.5),
        "command_p99_ms": percentile(command, 0.99),
        "event_to_client_p50_ms": percentile(times, 0.5),
        "event_to_client_p99_ms": percentile(times, 0.99),
        "command_to_client_p99_ms": percentile(whole, 0.99),
    }


class Outcome(msgspec.Struct):
    """What the load did: when each log position was asked for, and answered."""

    asked: dict[int, tuple[float, float]]
    refused: int
    seconds: float


async def _watch(url: str, token: str, arrived: dict[int, float]) -> None:
    """Note when each event of the live feed arrives."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(timeout=timeout, read_bufsize=2**20) as client,
        client.get(
            f"{url}/v1/live?topics=feed", headers={"Authorization": f"Bearer {token}"}
        ) as stream,
    ):
        async for line in stream.content:
            if line.startswith(b"data: ") and (place := line.find(b'"position":')) > 0:
                digits = line[place + 11 : place + 30].partition(b",")[0]
                arrived[int(digits)] = time.monotonic()


def url_of(settings: Settings) -> str:
    """Return where the API of these settings is served."""
    return f"http://{settings.host}:{settings.port}"
