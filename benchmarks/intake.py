"""How fast behaviour comes in: batches of 100 events over 16 connections, durable at the answer.

The peer is an aiohttp handler that only decodes the same bodies. Server and load are processes of
their own and share this machine with Postgres. Measured twice: the API alone, and for five minutes
with the projector beside it that folds every event into all read models.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from application.keys import create_key
from benchmarks.databases import fresh_database
from benchmarks.processes import processes, resident
from benchmarks.report import Report, percentile
from footfall.commands.serve import free_port
from footfall.everything import wait_until_healthy
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from footfall.settings import Settings
    from footfall.wiring import Shop

CHECKOUT = Path(__file__).resolve().parents[1]
BATCH = 100
CONNECTIONS = 16
SECONDS = 15.0
SOAK_SECONDS = 300.0
SAMPLE_SECONDS = 30.0
RUNS = 3


async def run(
    shop: Shop, *, seconds: float = SECONDS, soak_seconds: float = SOAK_SECONDS
) -> Report:
    """Measure three runs, of which the best counts and all are there; then watch the memory."""
    runs: list[dict[str, float]] = []
    decoding: list[float] = []
    for _ in range(RUNS):
        async with _footfall(shop.settings, ("api",)) as (settings, key, pids):
            runs.append(await _load(_url(settings), key, seconds, pids[0]))
        decoding.append(await _decode_only(seconds))
    async with _footfall(shop.settings, ("api", "worker projector")) as (settings, key, pids):
        followed = await _load(_url(settings), key, soak_seconds, pids[0])
    best = max(runs, key=lambda metrics: metrics["events_per_s"])
    every = {f"run_{n}_events_per_s": r["events_per_s"] for n, r in enumerate(runs, start=1)}
    every |= {f"run_{n}_p99_ms": r["p99_ms"] for n, r in enumerate(runs, start=1)}
    return Report(
        name="intake",
        metrics=best
        | every
        | {
            "decode_only_per_s": max(decoding),
            "with_projector_events_per_s": followed["events_per_s"],
            "with_projector_p99_ms": followed["p99_ms"],
            **{name: mib for name, mib in followed.items() if name.startswith("memory")},
        },
        ratios={"vs_decode_only": best["events_per_s"] / max(decoding)},
    )


@asynccontextmanager
async def _footfall(
    settings: Settings, commands: Sequence[str]
) -> AsyncIterator[tuple[Settings, str, list[int]]]:
    """Run processes of an installation on a fresh database."""
    async with fresh_database(settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            settings,
            database_url=own,
            database_direct_url=own,
            port=free_port("127.0.0.1"),
            log_level="error",
            intake_events_per_second=1_000_000,
        )
        async with open_shop(settings) as shop:
            key = (await create_key(shop.pool, "write", name="bench")).key
        async with processes(settings, commands) as pids:
            await wait_until_healthy(_url(settings), asyncio.Event(), probe="live")
            yield settings, key, pids


async def _load(url: str, key: str, seconds: float, pid: int) -> dict[str, float]:
    """Send for so long; memory is the server's, after a warm-up and from time to time."""
    await _send(url, key, 2.0)
    memory = {"memory_mib_at_0_s": resident(pid)}
    sending = asyncio.create_task(_send(url, key, seconds))
    waited = 0.0
    while waited + SAMPLE_SECONDS <= seconds:
        await asyncio.sleep(SAMPLE_SECONDS)
        waited += SAMPLE_SECONDS
        memory[f"memory_mib_at_{waited:.0f}_s"] = resident(pid)
    outcome = await sending
    times: list[float] = outcome["times"]
    return memory | {
        "events_per_s": outcome["events"] / outcome["seconds"],
        "p50_ms": percentile(times, 0.5) * 1_000,
        "p99_ms": percentile(times, 0.99) * 1_000,
        "refused": outcome["refused"],
    }


async def _decode_only(seconds: float) -> float:
    port = free_port("127.0.0.1")
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.decode_only", str(port), cwd=CHECKOUT
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await wait_until_healthy(url, asyncio.Event(), probe="live")
        outcome = await _send(url, "none", seconds)
        return float(outcome["events"] / outcome["seconds"])
    finally:
        server.terminate()
        await server.wait()


async def _send(url: str, key: str, seconds: float) -> dict[str, Any]:
    load = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.intake_load",
        url,
        key,
        str(seconds),
        str(CONNECTIONS),
        str(BATCH),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    output, _ = await load.communicate()
    outcome: dict[str, Any] = msgspec.json.decode(output)
    return outcome


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"
