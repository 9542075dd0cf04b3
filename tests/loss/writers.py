"""Some writers in a process of their own: ``python -m tests.loss.writers DSN WRITERS EVENTS``.

Each writer appends its events one to five at a time until all are acknowledged, whatever happens
to the connections, and prints the ids of what was acknowledged.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import structlog
import uvloop

from application.errors import Overloaded
from application.event_store.postgres import PostgresEventStore, open_event_store
from application.event_store.store import Append, NewEvent
from application.uuid7 import uuid7
from footfall.database import open_pool


async def main(dsn: str, writers: int, events: int) -> None:
    async with open_pool(dsn, size=4) as pool, open_event_store(pool, direct_dsn=dsn) as store:
        await asyncio.gather(*(_write(store, events) for _ in range(writers)))


async def _write(store: PostgresEventStore, events: int) -> None:
    stream_id = f"visit-{uuid4()}"
    left = events
    while left:
        count = min(random.randint(1, 5), left)
        now = datetime.now(UTC)
        batch = [NewEvent(uuid7(), stream_id, "topic", now, b"{}") for _ in range(count)]
        while True:
            try:
                await store.append(Append(batch))
                break
            except (Overloaded, asyncpg.PostgresError, OSError):
                await asyncio.sleep(0.05)
        sys.stdout.write("".join(f"{event.event_id}\n" for event in batch))
        left -= count


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
