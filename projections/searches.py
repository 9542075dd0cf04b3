"""Searches: what visitors looked for, by day, and how often nothing was found."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING

import msgspec

from domain.visit import Visit
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection

LONGEST_QUERY = 200


class SearchRow(msgspec.Struct, frozen=True):
    """A query over some days."""

    query: str
    searches: int
    without_result: int


class Searches:
    """Counts queries, whatever their case and spaces."""

    name = "searches"
    version = 1
    tables = ("searches",)
    events: tuple[type[Event], ...] = (Visit.Searched,)
    feed = Feed("searches", ("day", "query"), ("day", "query", "searches", "without_result"))

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Add up the searches of a batch."""
        cells: dict[tuple[date, str], list[int]] = {}
        for recorded in batch:
            event = recorded.event
            if not isinstance(event, Visit.Searched) or event.bot:
                continue
            query = " ".join(event.query.lower().split())[:LONGEST_QUERY]
            day = recorded.occurred_at.astimezone(UTC).date()
            cell = cells.setdefault((day, query), [0, 0, 0])
            cell[0] += 1
            cell[1] += event.results == 0
            cell[2] = recorded.position
        await write_rows(connection, _ADD, ((*key, *cell) for key, cell in cells.items()))


async def top_searches(
    connection: Connection, *, start: date, end: date, limit: int, only_without_result: bool
) -> list[SearchRow]:
    """Return the most frequent queries of the days from ``start`` to before ``end``."""
    rows = await connection.fetch(
        """SELECT query, sum(searches)::int, sum(without_result)::int
           FROM searches WHERE day >= $1 AND day < $2
           GROUP BY query HAVING NOT $4 OR sum(without_result) > 0
           ORDER BY CASE WHEN $4 THEN sum(without_result) ELSE sum(searches) END DESC, query
           LIMIT $3""",
        start,
        end,
        limit,
        only_without_result,
    )
    return [SearchRow(*row) for row in rows]


_ADD = """
    INSERT INTO searches AS s (day, query, searches, without_result, position)
    SELECT * FROM json_to_recordset($1) AS n (
        day date, query text, searches int, without_result int, position bigint)
    ON CONFLICT (day, query) DO UPDATE SET
        searches = s.searches + excluded.searches,
        without_result = s.without_result + excluded.without_result,
        position = greatest(s.position, excluded.position)"""
