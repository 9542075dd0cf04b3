"""The topics of the live stream. A new one is one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.live_client import FEED
from projections.feeds import PAGE, read_feed
from projections.intent import INTENT_VISITS
from projections.recommendations import LISTS
from projections.registry import BY_NAME

if TYPE_CHECKING:
    from projections.feeds import FeedRow
    from projections.projection import Connection, Fed

INTENT = "intent"
RECOMMENDATIONS = "recommendations"
SEGMENTS = "segments"
STATE_TOPICS: dict[str, Fed] = {
    "kpis": BY_NAME["live_kpis"],
    "products": BY_NAME["product_sales"],
    "visitors": BY_NAME["visits"],
    SEGMENTS: BY_NAME["segment_members"],
    INTENT: INTENT_VISITS,
    RECOMMENDATIONS: LISTS,
}
"""Topics that show the rows of a read model; a client gets the newest row of each key."""

TOPICS = (*STATE_TOPICS, FEED)
USUAL_TOPICS = tuple(topic for topic in TOPICS if topic not in {INTENT, RECOMMENDATIONS, SEGMENTS})
"""Without what workers of their own keep of all visitors: one that stands still holds up nobody who
did not ask for it. And without comings and goings, which may be many.
"""
LATER_TOPICS = frozenset({"alerts"})
"""Known names whose read models are still to come."""


async def newest_rows(connection: Connection, projection: Fed, limit: int) -> list[FeedRow]:
    """Return at least the ``limit`` rows that changed last, in order of position.

    Rows of one position stay together, however many there are.
    """
    if projection.feed is None:
        return []
    first: int = await connection.fetchval(
        f"""SELECT coalesce((SELECT position FROM {projection.feed.table}
                             ORDER BY position DESC OFFSET $1 LIMIT 1), 1)""",  # noqa: S608
        limit - 1,
    )
    before = first - 1
    rows: list[FeedRow] = []
    while page := await read_feed(connection, projection, rows[-1].position if rows else before):
        rows += page
        if len(page) < PAGE:
            break
    return rows
