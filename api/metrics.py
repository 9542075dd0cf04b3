"""What the API measures about itself."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

_REQUEST_SECONDS = Histogram(
    "footfall_request_seconds",
    "Time from the first byte of a request to the last of its answer, streams left out",
    ["method", "route", "status"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
IN_FLIGHT = Gauge("footfall_requests_in_flight", "Requests being answered, streams included")
LIVE_CLIENTS = Gauge("footfall_sse_clients", "Clients that follow a stream of server-sent events")
LIVE_RESETS = Counter(
    "footfall_sse_resets_total", "Clients of the feed that fell too far behind and began anew"
)


@cache  # finding a child by its labels costs more than observing
def request_seconds(method: str, route: str, status: int) -> Histogram:
    """Return the histogram of one route and status."""
    return _REQUEST_SECONDS.labels(method, route, str(status))
