"""How fast the log takes events, beside the eventsourcing package and beside COPY.

Single events from 16 and 256 clients; 50 at a time from 64. Every append is durable before its
answer, on both sides. COPY of 2,000 rows into an equal table, with nothing checked, is the limit.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg

from application.event_store.postgres import open_event_store
from application.event_store.store import Append, Condition, EventStore, NewEvent
from application.uuid7 import uuid7
from benchmarks import peer
from benchmarks.databases import fresh_database
from benchmarks.report import Report, percentile
from footfall.database import open_pool

if TYPE_CHECKING:
    from footfall.wiring import Shop

ROUNDS = 3
SECONDS = 3.0


async def run(shop: Shop, *, seconds: float = SECONDS, rounds: int = ROUNDS) -> Report:
    """Measure both sides in turn, a few rounds of each, and report the medians."""
    dsn = shop.settings.database_direct_url or ""
    found: dict[str, list[float]] = {}

    def note(key: str, value: float) -> None:
        found.setdefault(key, []).append(value)

    for _ in range(rounds):
        async with fresh_database(dsn) as own:
            for clients, batch in ((1, 1), (16, 1), (256, 1), (64, 50)):
                rate, times = await _ours(own, clients, batch, seconds)
                note(f"ours_{clients}x{batch}_per_s", rate)
                note(f"ours_{clients}x{batch}_p50_ms", percentile(times, 0.5) * 1_000)
                note(f"ours_{clients}x{batch}_p99_ms", percentile(times, 0.99) * 1_000)
            note("copy_per_s", await _copy(own, seconds))
        async with fresh_database(dsn) as own:
            for clients, batch in ((16, 1), (256, 1), (8, 50), (64, 50)):
                rate = await peer.measure("append", own, clients, batch, seconds)
                note(f"library_{clients}x{batch}_per_s", rate)
    medians = {key: sorted(values)[len(values) // 2] for key, values in found.items()}
    best_batched = max(medians["library_8x50_per_s"], medians["library_64x50_per_s"])
    return Report(
        name="append",
        metrics=medians,
        ratios={
            "single_16_vs_library": medians["ours_16x1_per_s"] / medians["library_16x1_per_s"],
            "single_256_vs_library": medians["ours_256x1_per_s"] / medians["library_256x1_per_s"],
            "batch_64x50_vs_library": medians["ours_64x50_per_s"] / best_batched,
            "batch_64x50_vs_copy": medians["ours_64x50_per_s"] / medians["copy_per_s"],
        },
    )


async def _ours(dsn: str, clients: int, batch: int, seconds: float) -> tuple[float, list[float]]:
    async with (
        open_pool(dsn, size=4) as pool,
        open_event_store(pool, direct_dsn=dsn, queue_limit=100_000) as store,
    ):
        await _clients(store, clients, batch, 0.5)  # plans made, pages warm
        return await _clients(store, clients, batch, seconds)


async def _clients(
    store: EventStore, clients: int, batch: int, seconds: float
) -> tuple[float, list[float]]:
    clock = time.perf_counter
    stop_at = clock() + seconds
    times: list[float] = []
    recorded = 0

    async def client() -> None:
        nonlocal recorded
        stream_id = f"basket-{uuid4()}"
        version = 0
        while clock() < stop_at:
            now = datetime.now(UTC)
            events = [NewEvent(uuid7(), stream_id, "topic", now, peer.STATE) for _ in range(batch)]
            started = clock()
            await store.append(Append(events, [Condition(stream_id, version)]))
            times.append(clock() - started)
            version += batch
            recorded += batch

    started = clock()
    await asyncio.gather(*(client() for _ in range(clients)))
    return recorded / (clock() - started), times


async def _copy(dsn: str, seconds: float) -> float:
    """Return the rows per second of COPY into a table like log.events, 2,000 at a time."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE limit_of_copy (LIKE log.events INCLUDING ALL)")
        position = 0
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            now = datetime.now(UTC)
            rest = (now, now, "system", "", None, None, peer.STATE)
            rows = [
                (position + n, uuid7(), f"basket-{n % 40}", position + n, "topic", 1, *rest)
                for n in range(1, 2_001)
            ]
            await connection.copy_records_to_table("limit_of_copy", records=rows)
            position += 2_000
        return position / (time.perf_counter() - started)
    finally:
        await connection.close()
