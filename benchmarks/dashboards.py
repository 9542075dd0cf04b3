"""Five hundred dashboards on one API process, while shoppers fill baskets.

API, projector, load and clients are processes of their own; everything shares this machine. Each
client holds what the dashboard holds: one stream with its three topics. A time is from the moment
a command's answer could be sent (its event is durable) to the moment a client holds the
server-sent event, over all clients and events. The bound counts in the best of three runs; all
three are printed. The peer is one dashboard alone, in the same run.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.databases import fresh_database
from benchmarks.live import Outcome, fill, url_of
from benchmarks.processes import processes, processor_seconds, resident
from benchmarks.report import Report, percentile
from footfall.commands.serve import free_port, wait_until_healthy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.settings import Settings
    from footfall.wiring import Shop

CHECKOUT = Path(__file__).resolve().parents[1]
CLIENTS = 500
RATE = 30
SECONDS = 10.0
CONNECTIONS = 8
RUNS = 3
QUIET_SECONDS = 2.0
"""What has not arrived so long after the last command is missing."""


async def run(shop: Shop) -> Report:
    """Measure on a fresh database: one client, then three times all of them."""
    async with fresh_database(shop.settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            shop.settings,
            database_url=own,
            database_direct_url=own,
            port=free_port("127.0.0.1"),
            log_level="error",
        )
        token = await fill(settings)
        async with processes(settings, ["api", "worker projector"]) as (api, _):
            await wait_until_healthy(url_of(settings), asyncio.Event())
            alone = await _one_run(settings, token, api, clients=1)
            runs = [await _one_run(settings, token, api, clients=CLIENTS) for _ in range(RUNS)]
    best = min(runs, key=lambda metrics: metrics["event_to_client_p99_ms"])
    every = {
        f"run_{n}_event_to_client_p99_ms": metrics["event_to_client_p99_ms"]
        for n, metrics in enumerate(runs, start=1)
    }
    one = {f"alone_{name}": alone[name] for name in ("event_to_client_p99_ms", "api_core_share")}
    return Report(
        name="dashboards",
        metrics=best | every | one,
        ratios={
            "all_vs_alone_p99": best["event_to_client_p99_ms"] / alone["event_to_client_p99_ms"]
        },
    )


async def _one_run(settings: Settings, token: str, api: int, *, clients: int) -> dict[str, float]:
    async with _watching(settings, token, clients) as watchers:
        began, busy = time.monotonic(), processor_seconds(api)
        outcome = await _load(settings)
        await asyncio.sleep(QUIET_SECONDS)
        share = (processor_seconds(api) - busy) / (time.monotonic() - began)
        held = resident(api)
        assert watchers.stdin
        watchers.stdin.close()
        assert watchers.stdout
        seen = msgspec.json.decode(await watchers.stdout.read(), type=dict[int, list[float]])
    times = [
        (at - answered) * 1_000
        for position, (_, answered) in outcome.asked.items()
        for at in seen.get(position, ())
    ]
    return {
        "clients": clients,
        "commands_per_s": len(outcome.asked) / outcome.seconds,
        "commands_refused": outcome.refused,
        "deliveries_per_s": len(times) / outcome.seconds,
        "deliveries_missing": clients * len(outcome.asked) - len(times),
        "event_to_client_p50_ms": percentile(times, 0.5),
        "event_to_client_p99_ms": percentile(times, 0.99),
        "event_to_client_max_ms": max(times),
        "api_core_share": share,
        "api_resident_mib": held,
    }


@asynccontextmanager
async def _watching(
    settings: Settings, token: str, clients: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the clients for the length of the block; each has its snapshots when it begins."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.dashboard_clients",
        str(settings.port),
        str(clients),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(f"{token}\n".encode())
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.stdin.close()
        await process.wait()


async def _load(settings: Settings) -> Outcome:
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
    return msgspec.json.decode(output, type=Outcome)
