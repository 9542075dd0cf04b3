"""Evaluation of marketers' segments: whom a rule holds for, and who is in or out wrongly now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from projections.segment_conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.segment_rule import SegmentRule
    from projections.projection import Connection

SAMPLE = 10


class Change(msgspec.Struct, frozen=True):
    """Someone who is to enter, or to leave; ``change`` is the number of this coming or going."""

    person: str
    enters: bool
    change: int


class Preview(msgspec.Struct, frozen=True):
    """How many a rule would hold for, out of all; ``sample`` are the first of them."""

    size: int
    of: int
    sample: list[str]


async def preview(connection: Connection, rule: SegmentRule, now: datetime) -> Preview:
    """Return whom a rule would hold for."""
    condition = Condition(rule, now, arguments=[])
    row: Any = await connection.fetchrow(
        f"""WITH held AS MATERIALIZED (
                SELECT s.person FROM segments s WHERE NOT s.is_gone AND {condition.sql})
            SELECT (SELECT count(*) FROM held),
                   (SELECT count(*) FROM segments WHERE NOT is_gone),
                   ARRAY(SELECT person FROM held ORDER BY person LIMIT {SAMPLE})""",  # noqa: S608
        *condition.arguments,
    )
    return Preview(*row)


async def changes_among(
    connection: Connection,
    segment_id: str,
    rule: SegmentRule | None,
    now: datetime,
    persons: Sequence[str],
) -> list[Change]:
    """Return who of these is to enter or leave. Without a rule nobody is in."""
    arguments: list[Any] = [segment_id, list(persons)]
    held = "false"
    if rule is not None:
        held = Condition(rule, now, arguments=arguments, persons="$2").sql
    rows = await connection.fetch(
        f"""SELECT person, holds, changes + 1 FROM (
                SELECT asked.person, coalesce(NOT s.is_gone AND {held}, false) AS holds,
                       coalesce(m.is_member, false) AS is_member, coalesce(m.changes, 0) AS changes
                FROM unnest($2::text[]) AS asked (person)
                LEFT JOIN segments s ON s.person = asked.person
                LEFT JOIN segment_members m ON m.segment_id = $1 AND m.person = asked.person) AS one
            WHERE holds <> is_member ORDER BY person""",  # noqa: S608 - values are parameters
        *arguments,
    )
    return [Change(*row) for row in rows]


async def changes_among_all(
    connection: Connection,
    segment_id: str,
    rule: SegmentRule | None,
    now: datetime,
    *,
    limit: int,
) -> tuple[list[Change], int]:
    """Return the first of all who are to enter or leave, and how many these are altogether."""
    arguments: list[Any] = [segment_id]
    held = "false" if rule is None else Condition(rule, now, arguments=arguments).sql
    rows = await connection.fetch(
        f"""WITH held AS (SELECT s.person FROM segments s WHERE NOT s.is_gone AND {held}),
                 known AS (SELECT person, is_member, changes FROM segment_members
                           WHERE segment_id = $1)
            SELECT coalesce(h.person, k.person) AS person, h.person IS NOT NULL AS enters,
                   coalesce(k.changes, 0) + 1, count(*) OVER ()
            FROM held h FULL JOIN known k ON k.person = h.person
            WHERE (h.person IS NOT NULL) <> coalesce(k.is_member, false)
            ORDER BY 1 LIMIT {limit:d}""",  # noqa: S608 - values are parameters
        *arguments,
    )
    return [Change(*row[:3]) for row in rows], rows[0][3] if rows else 0
