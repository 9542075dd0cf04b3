"""What the log tells about its own work."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BATCH_EVENTS = Histogram(
    "footfall_append_batch_events",
    "Events in one commit of the log",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000),
)
COMMIT_SECONDS = Histogram(
    "footfall_append_commit_seconds",
    "Time of one commit of the log, waiting for its lock included",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
QUEUED_EVENTS = Gauge("footfall_append_queue_events", "Events that wait to be written")
CONFLICTS = Counter("footfall_append_conflicts_total", "Appends refused by a condition")
