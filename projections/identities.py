"""Who a visitor is, for every fold that attributes: one rule, kept in a table of each read model.

An event with a shopper is that shopper's. An anonymous one is its visitor's, and the visitor is
the first shopper that joined it, for the past and from then on. A later join of another shopper
changes nothing: two signed-in shoppers are never merged. A separation gives the visitor back to
itself, and that pair never joins again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.json import decode

from domain.identity import Identity
from domain.shopper import Shopper
from projections.fold import write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection

EVENTS: tuple[type[Event], ...] = (Shopper.VisitorJoined, Identity.Joined, Identity.Separated)
"""What a fold that attributes must take among its events."""


class Attribution(msgspec.Struct, frozen=True):
    """A visitor belongs to this person from now on, and so does its past."""

    source: str
    """``visitor:ID``"""
    person: str
    """``shopper:ID``, or the source again after a separation."""
    position: int


async def person_of(connection: Connection, table: str, visitor: str) -> str | None:
    """Return whom a visitor is taken for: ``shopper:ID``, or itself again after a separation.

    None where nothing was ever said of it.
    """
    person: str | None = await connection.fetchval(
        f"SELECT person FROM {table} WHERE source = $1",  # noqa: S608 - a name from the code
        f"visitor:{visitor}",
    )
    return person


async def fold_identities(
    connection: Connection, table: str, batch: Sequence[Recorded]
) -> list[Attribution]:
    """Fold the identity events of a batch into ``table``; return whom a visitor belongs to now.

    The table has the columns source (its key), person, separated (a jsonb array) and position.
    """
    events = [recorded for recorded in batch if isinstance(recorded.event, EVENTS)]
    if not events:
        return []
    sources = sorted({_source(recorded.event) for recorded in events})
    rows = await connection.fetch(
        f"SELECT source, person, separated FROM {table} WHERE source = ANY ($1)",  # noqa: S608
        sources,
    )
    persons = {source: source for source in sources} | {r["source"]: r["person"] for r in rows}
    separated = {row["source"]: set(decode(row["separated"])) for row in rows}
    positions: dict[str, int] = {}
    for recorded in events:
        source, shopper = _source(recorded.event), _shopper(recorded)
        apart = separated.setdefault(source, set())
        if isinstance(recorded.event, Identity.Separated):
            apart.add(shopper)
            person = source if persons[source] == shopper else persons[source]
        elif persons[source] == source and shopper not in apart:
            person = shopper
        else:
            continue
        persons[source] = person
        positions[source] = recorded.position
    await write_rows(
        connection,
        f"""INSERT INTO {table} (source, person, separated, position)
            SELECT * FROM json_to_recordset($1) AS n (
                source text, person text, separated jsonb, position bigint)
            ON CONFLICT (source) DO UPDATE SET person = excluded.person,
                separated = excluded.separated, position = excluded.position""",  # noqa: S608
        (
            (source, persons[source], sorted(separated[source]), position)
            for source, position in positions.items()
        ),
    )
    return [
        Attribution(source, persons[source], position) for source, position in positions.items()
    ]


def _source(event: Event) -> str:
    return f"visitor:{getattr(event, 'visitor', '')}"


def _shopper(recorded: Recorded) -> str:
    """Return ``shopper:ID``; a join by our own sign-in stands in the shopper's stream."""
    shopper_id = getattr(recorded.event, "shopper_id", "") or recorded.stream_id.partition("-")[2]
    return f"shopper:{shopper_id}"
