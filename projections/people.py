"""People: whom the shop knows, found and sorted. A question to segments, visits and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from projections.kept_visits import PAUSE
from projections.presence import ACTIVE, State
from projections.segment_sizes import PlacedShopper

if TYPE_CHECKING:
    from datetime import datetime

    from projections.projection import Connection

Order = Literal["seen", "orders", "revenue", "value"]
Kind = Literal["", "shopper", "visitor"]

LOWEST = -(2**62)
"""The place of who has no such number."""


class Account(msgspec.Struct, frozen=True):
    """What an account says of its owner: personal data."""

    name: str
    email: str
    username: str


class PersonRow(msgspec.Struct, frozen=True):
    """Somebody: where they belong, whether they are here, and their account; None without one.

    ``rank``: the number that the list was sorted by.
    """

    placed: PlacedShopper
    presence: State
    account: Account | None
    rank: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to find; an empty part finds everybody.

    ``text``: a part of an id, of a visitor's that turned out to be somebody too, and with
    ``searches_accounts`` of a name, an e-mail address or a username. ``own_segment``: one that the
    shop defined.
    """

    text: str = ""
    searches_accounts: bool = False
    kind: Kind = ""
    segment: str = ""
    cluster: int | None = None
    own_segment: str = ""
    presence: Literal["", "active", "idle", "here"] = ""
    order: Order = "seen"


async def find_people(
    connection: Connection,
    wanted: Wanted,
    now: datetime,
    *,
    after: tuple[int, str] | None,
    limit: int,
) -> list[PersonRow]:
    """Return whom the shop knows, the highest first. ``after``: rank and person to go on from."""
    arguments: list[object] = [now, PAUSE, ACTIVE]

    def argument(value: object) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    conditions = ["NOT s.is_gone", "s.last_at IS NOT NULL"]
    if wanted.text:
        conditions.append(_matching(wanted, argument(_pattern(wanted.text))))
    if wanted.kind:
        conditions.append(f"starts_with(s.person, {argument(wanted.kind + ':')})")
    if wanted.segment:
        conditions.append(f"s.segment = {argument(wanted.segment)}")
    if wanted.cluster is not None:
        conditions.append(f"s.cluster = {argument(wanted.cluster)}")
    if wanted.own_segment:
        conditions.append(
            f"""s.person IN (SELECT m.person FROM segment_members m
                             WHERE m.segment_id = {argument(wanted.own_segment)} AND m.is_member)"""  # noqa: S608 - a parameter
        )
    if wanted.presence == "here":
        conditions.append("h.presence IN ('active', 'idle')")
    elif wanted.presence:
        conditions.append(f"h.presence = {argument(wanted.presence)}")
    rank = _RANKS[wanted.order]
    if after is not None:
        last, person = argument(after[0]), argument(after[1])
        conditions.append(f"({rank} < {last} OR ({rank} = {last} AND s.person > {person}))")
    rows = await connection.fetch(
        f"""{_HERE} SELECT {_SHOWN}, {rank}
            FROM segments s LEFT JOIN here h ON h.person = s.person {_ACCOUNT}
            WHERE {" AND ".join(conditions)}
            ORDER BY {rank} DESC, s.person LIMIT {argument(limit)}""",  # noqa: S608 - constants
        *arguments,
    )
    return [_row(row) for row in rows]


async def find_person(connection: Connection, person: str, now: datetime) -> PersonRow | None:
    """Return ``shopper:ID`` or ``visitor:ID``; None for who was never here."""
    row = await connection.fetchrow(
        f"""{_HERE} SELECT {_SHOWN}, 0::bigint
            FROM segments s LEFT JOIN here h ON h.person = s.person {_ACCOUNT}
            WHERE s.person = $4 AND NOT s.is_gone AND s.last_at IS NOT NULL""",  # noqa: S608
        now,
        PAUSE,
        ACTIVE,
        person,
    )
    return _row(row) if row else None


async def visitors_of(connection: Connection, person: str, *, limit: int = 50) -> list[str]:
    """Return the visitors that a person was seen as, the latest first.

    What a signed-in shopper did through no browser of ours has none.
    """
    kind, _, key = person.partition(":")
    if kind == "visitor":
        return [key]
    rows = await connection.fetch(
        """SELECT visitor FROM (
               SELECT visitor, ended_at FROM visits WHERE person = $1 AND visitor <> $1
               UNION ALL
               SELECT substr(source, 9), NULL FROM visit_identities WHERE person = $1) AS seen
           GROUP BY visitor ORDER BY max(ended_at) DESC NULLS LAST, visitor LIMIT $2""",
        person,
        limit,
    )
    return [row["visitor"] for row in rows]


_PLACED = PlacedShopper.__struct_fields__
_SHOWN = f"""{", ".join(f"s.{name}" for name in _PLACED)},
    coalesce(h.presence, 'gone') AS presence, a.name, a.email, a.username"""
_HERE = """
    WITH here AS (
        SELECT DISTINCT ON (person) person,
            CASE WHEN left_at >= ended_at THEN 'gone'
                 WHEN ended_at > $1::timestamptz - $3::interval THEN 'active'
                 ELSE 'idle' END AS presence
        FROM visits WHERE ended_at > $1::timestamptz - $2::interval AND bot = ''
        ORDER BY person, ended_at DESC)"""
_ACCOUNT = """
    LEFT JOIN shopper_directory a
        ON a.shopper_id = CASE WHEN starts_with(s.person, 'shopper:') THEN substr(s.person, 9) END
            AND NOT a.is_erased"""
_RANKS: dict[Order, str] = {
    "seen": "(extract(epoch FROM s.last_at) * 1000000)::bigint",
    "orders": "s.orders::bigint",
    "revenue": f"CASE WHEN s.orders > 0 THEN s.revenue_minor ELSE {LOWEST} END",
    "value": f"coalesce(s.value_minor, {LOWEST})",
}


def _matching(wanted: Wanted, pattern: str) -> str:
    """Return the condition for who has a text; accounts only where the reader may see them."""
    known_as = f"""s.person IN (SELECT k.person FROM visit_identities k
                                WHERE k.source ILIKE {pattern})"""  # noqa: S608 - a parameter
    found = [f"s.person ILIKE {pattern}", known_as]
    if wanted.searches_accounts:
        found += [f"a.{name} ILIKE {pattern}" for name in ("name", "email", "username")]
    return f"({' OR '.join(found)})"


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _row(row: Any) -> PersonRow:
    values = list(row)
    placed = PlacedShopper(*values[: len(_PLACED)])
    presence, name, email, username, rank = values[len(_PLACED) :]
    account = None if name is None else Account(name, email, username)
    return PersonRow(placed, presence, account, rank)
