"""Shopper directory: who has an account. The one place, beside orders, with personal data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.shopper import Shopper
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class ShopperRow(msgspec.Struct, frozen=True):
    """An account as its owner and staff see it."""

    shopper_id: str
    name: str
    email: str
    username: str
    country: str
    source: str
    addresses: dict[str, Any]
    visitors: list[str]
    consent: dict[str, bool]
    registered_at: datetime
    is_erased: bool
    version: int


class ShopperDirectory:
    """Accounts."""

    name = "shopper_directory"
    version = 1
    tables = ("shopper_directory",)
    events: tuple[type[Event], ...] = (
        Shopper.Registered,
        Shopper.Imported,
        Shopper.ProfileChanged,
        Shopper.AddressAdded,
        Shopper.AddressRemoved,
        Shopper.VisitorJoined,
        Shopper.ConsentChanged,
        Shopper.SignedIn,
        Shopper.SignedOut,
        Shopper.PasswordChanged,
        Shopper.Erased,
    )
    feed = Feed(
        "shopper_directory",
        ("shopper_id",),
        ("shopper_id", "country", "source", "registered_at", "is_erased"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold account events."""
        ids = {e.stream_id.partition("-")[2] for e in batch}
        rows = await rows_by_key(connection, "shopper_directory", "shopper_id", ids)
        for row in rows.values():
            row["addresses"] = msgspec.json.decode(row["addresses"])
            row["consent"] = msgspec.json.decode(row["consent"])
        for event in batch:
            _fold(rows, event)
        await write_rows(connection, _UPSERT, (_values(row) for row in rows.values()))


async def find_shopper(connection: Connection, shopper_id: str) -> ShopperRow | None:
    """Return an account; None where there is none."""
    row = await connection.fetchrow(f"{_SELECT} WHERE shopper_id = $1", shopper_id)
    return _row(row) if row else None


async def search_shoppers(
    connection: Connection, *, query: str = "", after: str = "", limit: int = 50
) -> list[ShopperRow]:
    """Return accounts by id from after ``after``, whose name, e-mail or username has the text."""
    rows = await connection.fetch(
        f"""{_SELECT} WHERE shopper_id > $1
              AND ($2 = '' OR concat_ws(' ', name, email, username, shopper_id) ILIKE $3)
            ORDER BY shopper_id LIMIT $4""",
        after,
        query,
        "%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%",
        limit,
    )
    return [_row(row) for row in rows]


_COLUMNS = (
    "shopper_id",
    "name",
    "email",
    "username",
    "country",
    "source",
    "addresses",
    "visitors",
    "consent",
    "registered_at",
    "is_erased",
    "version",
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM shopper_directory"  # noqa: S608 - constants

_UPSERT = """
    INSERT INTO shopper_directory (shopper_id, name, email, username, country, source, addresses,
                                   visitors, consent, registered_at, is_erased, version, position)
    SELECT * FROM json_to_recordset($1) AS n (
        shopper_id text, name text, email text, username text, country text, source text,
        addresses jsonb, visitors text[], consent jsonb, registered_at timestamptz,
        is_erased bool, version int, position bigint)
    ON CONFLICT (shopper_id) DO UPDATE SET
        name = excluded.name, email = excluded.email, username = excluded.username,
        country = excluded.country, addresses = excluded.addresses, visitors = excluded.visitors,
        consent = excluded.consent, is_erased = excluded.is_erased, version = excluded.version,
        position = excluded.position"""


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    key, event = recorded.stream_id.partition("-")[2], recorded.event
    if isinstance(event, Shopper.Registered | Shopper.Imported):
        rows[key] = {
            "shopper_id": key,
            "name": "",
            "email": "",
            "username": "",
            "country": "",
            "source": "shop",
            "addresses": {},
            "visitors": [],
            "consent": {},
            "registered_at": recorded.occurred_at,
            "is_erased": False,
        }
    row = rows.get(key)
    if row is None:
        return
    match event:
        case Shopper.Registered() | Shopper.ProfileChanged():
            row.update(name=event.name, email=event.email, username=event.username)
        case Shopper.Imported():
            row.update(source=event.source, country=event.country)
        case Shopper.AddressAdded() if event.address is not None:
            row["addresses"][event.address_id] = msgspec.to_builtins(event.address)
        case Shopper.AddressRemoved():
            row["addresses"].pop(event.address_id, None)
        case Shopper.VisitorJoined():
            row["visitors"] = [*row["visitors"], event.visitor]
        case Shopper.ConsentChanged():
            row["consent"] = event.purposes
        case Shopper.Erased():
            row.update(name="", email="", username="", addresses={}, is_erased=True)
    row["version"] = recorded.version
    row["position"] = recorded.position


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in (*_COLUMNS, "position"))


def _row(row: Any) -> ShopperRow:
    values = dict(row)
    values["addresses"] = msgspec.json.decode(values["addresses"])
    values["consent"] = msgspec.json.decode(values["consent"])
    return ShopperRow(**values)
