"""Segment members: the segments that marketers defined, and who is in them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.segment import Segment
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class DefinitionRow(msgspec.Struct, frozen=True):
    """A segment, how many are in it, and how far its evaluation over everybody is.

    ``evaluated_version``: of the definition; 0 where it was not begun.
    """

    segment_id: str
    name: str
    description: str
    rule: dict[str, Any]
    is_removed: bool
    defined_at: datetime
    changed_at: datetime
    version: int
    members: int
    evaluated_version: int
    is_evaluated: bool
    done: int
    total: int
    error: str


class Definition(msgspec.Struct, frozen=True):
    """A segment as its evaluation needs it, a removed one too."""

    segment_id: str
    rule: dict[str, Any]
    is_removed: bool
    version: int
    evaluated_version: int
    is_evaluated: bool
    evaluated_at: datetime | None
    done: int


class MemberRow(msgspec.Struct, frozen=True):
    """Someone in a segment. ``position``: of the event by which they entered."""

    segment_id: str
    person: str
    since: datetime
    position: int


class SegmentMembers:
    """Definitions and members."""

    name = "segment_members"
    version = 1
    tables = ("segment_definitions", "segment_members")
    events: tuple[type[Event], ...] = (
        Segment.Defined,
        Segment.Changed,
        Segment.Removed,
        Segment.Entered,
        Segment.Left,
    )
    feed = Feed(
        "segment_members",
        ("segment_id", "person"),
        ("segment_id", "person", "is_member", "changes", "since"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was defined, and who came and went."""
        said = [e for e in batch if not isinstance(e.event, Segment.Entered | Segment.Left)]
        if said:
            await _define(connection, said)
        members: dict[tuple[str, str], tuple[Any, ...]] = {}
        for recorded in batch:
            event = recorded.event
            if isinstance(event, Segment.Entered | Segment.Left):
                members[event.segment_id, event.person] = (
                    isinstance(event, Segment.Entered),
                    event.change,
                    recorded.occurred_at,
                    event.definition,
                    recorded.position,
                )
        await write_rows(connection, _MEMBERS, ((*key, *row) for key, row in members.items()))


async def list_segments(
    connection: Connection, *, after: str = "", limit: int
) -> list[DefinitionRow]:
    """Return the segments that are defined, by id, from after ``after``."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE NOT d.is_removed AND d.segment_id > $1 ORDER BY d.segment_id LIMIT $2",
        after,
        limit,
    )
    return [_definition(row) for row in rows]


async def find_segment(connection: Connection, segment_id: str) -> DefinitionRow | None:
    """Return a segment that is defined; None where there is none."""
    row = await connection.fetchrow(
        f"{_SELECT} WHERE NOT d.is_removed AND d.segment_id = $1", segment_id
    )
    return _definition(row) if row else None


async def definitions(connection: Connection) -> list[Definition]:
    """Return every segment that ever was, by id."""
    rows = await connection.fetch(
        """SELECT d.segment_id, d.rule, d.is_removed, d.version, coalesce(e.version, 0),
                  coalesce(e.is_done, false), e.evaluated_at, coalesce(e.done, 0)
           FROM segment_definitions d LEFT JOIN app.segment_evaluations e USING (segment_id)
           ORDER BY d.segment_id"""
    )
    return [Definition(row[0], msgspec.json.decode(row[1]), *row[2:]) for row in rows]


async def members_of(
    connection: Connection, segment_id: str, *, after: str = "", limit: int
) -> list[MemberRow]:
    """Return who is in a segment, by person, from after ``after``."""
    rows = await connection.fetch(
        """SELECT segment_id, person, since, position FROM segment_members
           WHERE segment_id = $1 AND is_member AND person > $2 ORDER BY person LIMIT $3""",
        segment_id,
        after,
        limit,
    )
    return [MemberRow(*row) for row in rows]


async def segments_of(connection: Connection, person: str) -> list[MemberRow]:
    """Return the segments that a person is in, by id."""
    rows = await connection.fetch(
        """SELECT segment_id, person, since, position FROM segment_members
           WHERE person = $1 AND is_member ORDER BY segment_id""",
        person,
    )
    return [MemberRow(*row) for row in rows]


async def _define(connection: Connection, batch: Sequence[Recorded]) -> None:
    keys = [_key(recorded) for recorded in batch]
    rows = await rows_by_key(connection, "segment_definitions", "segment_id", keys)
    for row in rows.values():
        row["rule"] = msgspec.Raw(row["rule"].encode())
    for recorded in batch:
        key, event = _key(recorded), recorded.event
        if isinstance(event, Segment.Defined):
            rows[key] = {"segment_id": key, "defined_at": recorded.occurred_at}
        row = rows.get(key, {})
        if not row:
            continue
        if isinstance(event, Segment.Defined | Segment.Changed):
            row.update(name=event.name, description=event.description, rule=event.rule)
        row.update(
            is_removed=isinstance(event, Segment.Removed),
            changed_at=recorded.occurred_at,
            version=recorded.version,
            position=recorded.position,
        )
    await write_rows(
        connection, _DEFINE, (tuple(row[c] for c in _COLUMNS) for row in rows.values())
    )


def _key(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]


def _definition(row: Any) -> DefinitionRow:
    values = dict(row)
    return DefinitionRow(**{**values, "rule": msgspec.json.decode(values["rule"])})


_COLUMNS = (
    "segment_id",
    "name",
    "description",
    "rule",
    "is_removed",
    "defined_at",
    "changed_at",
    "version",
    "position",
)
_SELECT = """
    SELECT d.segment_id, d.name, d.description, d.rule, d.is_removed, d.defined_at, d.changed_at,
           d.version, (SELECT count(*)::int FROM segment_members m
                       WHERE m.segment_id = d.segment_id AND m.is_member) AS members,
           coalesce(e.version, 0) AS evaluated_version, coalesce(e.is_done, false) AS is_evaluated,
           coalesce(e.done, 0) AS done, coalesce(e.total, 0) AS total,
           coalesce(e.error, '') AS error
    FROM segment_definitions d LEFT JOIN app.segment_evaluations e USING (segment_id)"""

_DEFINE = """
    INSERT INTO segment_definitions (segment_id, name, description, rule, is_removed, defined_at,
                                     changed_at, version, position)
    SELECT * FROM json_to_recordset($1) AS n (
        segment_id text, name text, description text, rule jsonb, is_removed bool,
        defined_at timestamptz, changed_at timestamptz, version int, position bigint)
    ON CONFLICT (segment_id) DO UPDATE SET
        name = excluded.name, description = excluded.description, rule = excluded.rule,
        is_removed = excluded.is_removed, changed_at = excluded.changed_at,
        version = excluded.version, position = excluded.position"""

_MEMBERS = """
    INSERT INTO segment_members AS m (segment_id, person, is_member, changes, since, definition,
                                      position)
    SELECT * FROM json_to_recordset($1) AS n (
        segment_id text, person text, is_member bool, changes int, since timestamptz,
        definition int, position bigint)
    ON CONFLICT (segment_id, person) DO UPDATE SET
        is_member = excluded.is_member, changes = excluded.changes, since = excluded.since,
        definition = excluded.definition, position = excluded.position"""
