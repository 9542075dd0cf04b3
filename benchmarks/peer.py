"""The peer: the eventsourcing package's own Postgres module (psycopg 3), in its safe mode.

Its mode with stored functions is faster and loses events for a live reader, so it is no peer.
A program of its own, so that neither side's threads are in the other's way:
``python -m benchmarks.peer append DSN CLIENTS BATCH SECONDS`` or ``... project DSN EVENTS``.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresTrackingRecorder,
)
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import Environment
from psycopg.sql import SQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).resolve().parents[1]
STATE = b'{"visitor":"v-123456789","product_id":"P-12345","quantity":1,"price":1299}' * 3


async def measure(*arguments: object) -> float:
    """Run this program and return the rate that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.peer",
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    output, _ = await process.communicate()
    return float(output)


def environment(dsn: str) -> dict[str, str]:
    """Return the package's settings for a database."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or query.get("host", [""])[0],
        "POSTGRES_PORT": str(parts.port or query.get("port", ["5432"])[0]),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_POOL_SIZE": "16",
        "POSTGRES_MAX_OVERFLOW": "16",
    }


@contextmanager
def recorder(dsn: str) -> Iterator[PostgresApplicationRecorder]:
    """Open the package's application recorder on a database."""
    env = environment(dsn)
    datastore = PostgresDatastore(
        dbname=env["POSTGRES_DBNAME"],
        host=env["POSTGRES_HOST"],
        port=env["POSTGRES_PORT"],
        user=env["POSTGRES_USER"],
        password=env["POSTGRES_PASSWORD"],
        pool_size=16,
        max_overflow=16,
    )
    made = PostgresApplicationRecorder(datastore, events_table_name="peer_events")
    made.create_table()
    try:
        yield made
    finally:
        datastore.close()


def appends_per_second(dsn: str, *, clients: int, batch: int, seconds: float) -> float:
    """Return the events per second that ``clients`` threads record, ``batch`` at a time."""
    recorded = [0] * clients
    stop_at = time.perf_counter() + seconds
    with recorder(dsn) as peer:

        def client(number: int) -> None:
            originator_id = uuid4()
            version = 1
            while time.perf_counter() < stop_at:
                peer.insert_events(
                    [StoredEvent(originator_id, version + n, "topic", STATE) for n in range(batch)]
                )
                version += batch
                recorded[number] += batch

        return sum(_in_threads(client, clients, recorded)) / seconds


class Counted(Aggregate):
    """An aggregate whose events only count."""

    class Happened(Aggregate.Event):
        pass


class CounterView(PostgresTrackingRecorder):
    """A row that counts events, in the transaction of its tracking record."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS peer_counter (name text PRIMARY KEY, count bigint)"
            ).format()
        )

    def count(self, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO peer_counter VALUES ('events', 1) ON CONFLICT (name) "
                "DO UPDATE SET count = peer_counter.count + 1"
            )


class CounterProjection(Projection[CounterView]):
    """Counts every event."""

    name = "counter"

    def process_event(self, _domain_event: Any, tracking: Tracking) -> None:
        self.view.count(tracking)


def projected_per_second(dsn: str, *, events: int) -> float:
    """Return how many events per second the package's ProjectionRunner folds into one row."""
    env = environment(dsn)
    app: Application[Any] = Application(Environment("Application", env))
    aggregate = Counted()
    last = 0
    for _ in range(events // 500):
        for _ in range(500):
            aggregate.trigger_event(Counted.Happened)
        last = app.save(aggregate)[-1].notification.id
    app.close()
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Application,
        projection_class=CounterProjection,
        view_class=CounterView,
        env=env,
    ) as runner:
        runner.projection.view.wait("Application", last, timeout=300)
        return last / (time.perf_counter() - started)


def _in_threads(work: Callable[[int], None], count: int, results: list[int]) -> list[int]:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


if __name__ == "__main__":
    what, dsn, *numbers = sys.argv[1:]
    if what == "append":
        clients, batch, seconds = numbers
        rate = appends_per_second(
            dsn, clients=int(clients), batch=int(batch), seconds=float(seconds)
        )
    else:
        rate = projected_per_second(dsn, events=int(numbers[0]))
    print(rate)
