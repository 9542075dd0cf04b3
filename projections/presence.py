"""Presence: who is on the site now. A question to the visits.

active: an event or heartbeat within five minutes; idle: the visit goes on, but nothing came for
longer; gone: the last page was closed, or the visit is over. online = active.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from projections.kept_visits import COLUMNS, PAUSE, VisitRow

if TYPE_CHECKING:
    from projections.projection import Connection

ACTIVE = timedelta(minutes=5)
State = Literal["active", "idle", "gone"]
Sorting = Literal["latest", "intent", "abandonment"]


class Presence(msgspec.Struct, frozen=True):
    """How many visitors there are; those gone are of the last 30 minutes."""

    active: int
    idle: int
    gone: int


def state_of(visit: VisitRow, now: datetime) -> State:
    """Return whether the visitor of a visit, their latest, is still there."""
    if visit.left_at is not None and visit.left_at >= visit.ended_at:
        return "gone"
    if visit.ended_at > now - ACTIVE:
        return "active"
    return "idle" if visit.ended_at > now - PAUSE else "gone"


async def presence(connection: Connection, now: datetime) -> Presence:
    """Count the visitors of the last 30 minutes; programs are left out."""
    row = await connection.fetchrow(
        """WITH latest AS (
               SELECT DISTINCT ON (visitor) ended_at, left_at >= ended_at IS TRUE AS has_left
               FROM visits WHERE ended_at > $1::timestamptz - $3::interval AND bot = ''
               ORDER BY visitor, ended_at DESC)
           SELECT count(*) FILTER (WHERE NOT has_left AND ended_at > $1 - $2::interval),
                  count(*) FILTER (WHERE NOT has_left AND ended_at <= $1 - $2::interval),
                  count(*) FILTER (WHERE has_left)
           FROM latest""",
        now,
        ACTIVE,
        PAUSE,
    )
    return Presence(*row) if row else Presence(0, 0, 0)


async def present(
    connection: Connection, now: datetime, limit: int, *, by: Sorting = "latest"
) -> list[VisitRow]:
    """Return the latest visits of those on the site within the last 30 minutes.

    ``by``: which come first, those with the latest event or with the highest of these scores.
    """
    first = "" if by == "latest" else f"scored.{by} DESC NULLS LAST,"
    rows = await connection.fetch(
        f"""SELECT {", ".join(f"latest.{name}" for name in COLUMNS)} FROM (
                SELECT DISTINCT ON (visitor) {", ".join(COLUMNS)} FROM visits
                WHERE ended_at > $1::timestamptz - $2::interval AND bot = ''
                ORDER BY visitor, ended_at DESC) AS latest
            LEFT JOIN app.intent_visits scored
                ON scored.visitor = latest.visitor AND scored.outcome = ''
            ORDER BY {first} latest.ended_at DESC, latest.visit_id DESC LIMIT $3""",  # noqa: S608 - constants
        now,
        PAUSE,
        limit,
    )
    return [VisitRow(*row) for row in rows]
