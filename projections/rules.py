"""Rules: what the shop wants of its recommendations, now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.rule import Rule, Terms
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class RuleRow(msgspec.Struct, frozen=True):
    """A rule that stands."""

    rule_id: str
    terms: Terms
    set_at: datetime
    changed_at: datetime
    version: int


class Rules:
    """The rules of the shop."""

    name = "rules"
    version = 1
    tables = ("rules",)
    events: tuple[type[Event], ...] = (Rule.Set, Rule.Changed, Rule.Removed)
    feed = Feed("rules", ("rule_id",), ("rule_id", "terms", "is_removed", "changed_at"))

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was set, changed and removed."""
        rows = await rows_by_key(connection, "rules", "rule_id", map(_key, batch))
        for row in rows.values():
            row["terms"] = msgspec.Raw(row["terms"])
        for event in batch:
            _fold(rows, event)
        await write_rows(
            connection, _UPSERT, (tuple(row[c] for c in _COLUMNS) for row in rows.values())
        )


async def list_rules(connection: Connection, *, after: str, limit: int) -> list[RuleRow]:
    """Return the rules that stand, by id, from after ``after``."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE NOT is_removed AND rule_id > $1 ORDER BY rule_id LIMIT $2", after, limit
    )
    return [_row(row) for row in rows]


async def find_rule(connection: Connection, rule_id: str) -> RuleRow | None:
    """Return a rule that stands; None where there is none."""
    row = await connection.fetchrow(f"{_SELECT} WHERE NOT is_removed AND rule_id = $1", rule_id)
    return _row(row) if row else None


_decode = msgspec.json.Decoder(Terms).decode
_COLUMNS = (
    "rule_id",
    "terms",
    "event_id",
    "is_removed",
    "set_at",
    "changed_at",
    "version",
    "position",
)
_SELECT = "SELECT rule_id, terms, set_at, changed_at, version FROM rules"

_UPSERT = """
    INSERT INTO rules (rule_id, terms, event_id, is_removed, set_at, changed_at, version, position)
    SELECT * FROM json_to_recordset($1) AS n (
        rule_id text, terms jsonb, event_id uuid, is_removed bool, set_at timestamptz,
        changed_at timestamptz, version int, position bigint)
    ON CONFLICT (rule_id) DO UPDATE SET
        terms = excluded.terms, event_id = excluded.event_id, is_removed = excluded.is_removed,
        changed_at = excluded.changed_at, version = excluded.version,
        position = excluded.position"""


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    key, event = _key(recorded), recorded.event
    if isinstance(event, Rule.Set):
        rows[key] = {"rule_id": key, "set_at": recorded.occurred_at}
    row = rows.get(key)
    if row is None:
        return
    if isinstance(event, Rule.Set | Rule.Changed):
        row["terms"] = event.terms
    row.update(
        is_removed=isinstance(event, Rule.Removed),
        event_id=recorded.event_id,
        changed_at=recorded.occurred_at,
        version=recorded.version,
        position=recorded.position,
    )


def _key(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]


def _row(row: Any) -> RuleRow:
    return RuleRow(row[0], _decode(row[1]), *row[2:])
