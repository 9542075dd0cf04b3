"""Baskets: what everybody means to buy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from domain.basket import Basket, BasketItem
from domain.money import Money
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class BasketRow(msgspec.Struct, frozen=True):
    """A basket as its owner sees it."""

    owner: str
    items: tuple[BasketItem, ...]
    pieces: int
    total_minor: int
    currency: str
    state: str
    first_item_at: datetime | None
    last_activity_at: datetime
    version: int


class Baskets:
    """Baskets of shoppers and visitors."""

    name = "baskets"
    version = 1
    tables = ("baskets",)
    events: tuple[type[Event], ...] = (
        Basket.Opened,
        Basket.ItemAdded,
        Basket.ItemQuantityChanged,
        Basket.ItemRemoved,
        Basket.Cleared,
        Basket.CheckedOut,
        Basket.HandedOver,
        Basket.ItemsTakenOver,
    )
    feed = Feed(
        "baskets",
        ("owner",),
        ("owner", "pieces", "total_minor", "currency", "state", "last_activity_at"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold basket events."""
        owners = {e.stream_id.partition("-")[2] for e in batch}
        rows = await rows_by_key(connection, "baskets", "owner", owners)
        for row in rows.values():
            row["items"] = msgspec.json.decode(row["items"], type=dict[str, BasketItem])
        for event in batch:
            _fold(rows, event)
        await write_rows(connection, _UPSERT, (_values(row) for row in rows.values()))


async def find_basket(connection: Connection, owner: str) -> BasketRow | None:
    """Return a basket; None where its owner never had one."""
    row = await connection.fetchrow(f"{_SELECT} WHERE owner = $1", owner)
    return _row(row) if row else None


async def abandoned_baskets(
    connection: Connection, *, now: datetime, idle: timedelta, limit: int = 100
) -> list[BasketRow]:
    """Return baskets that hold something and lay idle for longer than ``idle``, latest first."""
    rows = await connection.fetch(
        f"""{_SELECT} WHERE pieces > 0 AND last_activity_at < $1
            ORDER BY last_activity_at DESC LIMIT $2""",
        now - idle,
        limit,
    )
    return [_row(row) for row in rows]


async def abandonment(
    connection: Connection, *, start: datetime, end: datetime, now: datetime, idle: timedelta
) -> tuple[int, int]:
    """Return (baskets begun in the window that lie abandoned at ``now``, baskets begun in it).

    Counts baskets still filled from their last beginning; what was emptied is the order's story.
    """
    row = await connection.fetchrow(
        """SELECT count(*) FILTER (WHERE pieces > 0 AND last_activity_at < $3), count(*)
           FROM baskets WHERE first_item_at >= $1 AND first_item_at < $2""",
        start,
        end,
        now - idle,
    )
    return (row[0], row[1]) if row else (0, 0)


_COLUMNS = (
    "owner",
    "items",
    "pieces",
    "total_minor",
    "currency",
    "state",
    "first_item_at",
    "last_activity_at",
    "version",
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM baskets"  # noqa: S608 - constants

_UPSERT = """
    INSERT INTO baskets (owner, items, pieces, total_minor, currency, state, first_item_at,
                         last_activity_at, version, position)
    SELECT * FROM unnest($1::text[], $2::jsonb[], $3::int[], $4::bigint[], $5::text[], $6::text[],
                         $7::timestamptz[], $8::timestamptz[], $9::int[], $10::bigint[])
    ON CONFLICT (owner) DO UPDATE SET
        items = excluded.items, pieces = excluded.pieces, total_minor = excluded.total_minor,
        currency = excluded.currency, state = excluded.state,
        first_item_at = excluded.first_item_at, last_activity_at = excluded.last_activity_at,
        version = excluded.version, position = excluded.position"""


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:  # noqa: C901 - a table
    owner, event = recorded.stream_id.partition("-")[2], recorded.event
    row = rows.setdefault(
        owner, {"owner": owner, "items": {}, "state": "open", "first_item_at": None}
    )
    items: dict[str, BasketItem] = row["items"]
    if not items:
        row["state"] = "open"
    was_empty = not items
    match event:
        case Basket.ItemAdded():
            held = items.get(event.product_id)
            quantity = event.quantity + (held.quantity if held else 0)
            items[event.product_id] = BasketItem(event.product_id, quantity, event.unit_price)
        case Basket.ItemQuantityChanged():
            items[event.product_id] = msgspec.structs.replace(
                items[event.product_id], quantity=event.quantity
            )
        case Basket.ItemRemoved():
            items.pop(event.product_id, None)
        case Basket.ItemsTakenOver():
            for item in event.items:
                held = items.get(item.product_id)
                quantity = min(item.quantity + (held.quantity if held else 0), 999)
                items[item.product_id] = msgspec.structs.replace(item, quantity=quantity)
        case Basket.Cleared():
            items.clear()
        case Basket.CheckedOut():
            items.clear()
            row["state"] = "checked_out"
        case Basket.HandedOver():
            items.clear()
            row["state"] = "handed_over"
    if was_empty and items:
        row["first_item_at"] = recorded.occurred_at
    row["last_activity_at"] = recorded.occurred_at
    row["version"] = recorded.version
    row["position"] = recorded.position


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    items: dict[str, BasketItem] = row["items"]
    totals = {
        "items": msgspec.json.encode(items).decode(),
        "pieces": sum(item.quantity for item in items.values()),
        "total_minor": sum(item.quantity * item.unit_price.amount for item in items.values()),
        "currency": next((item.unit_price.currency for item in items.values()), ""),
    }
    return tuple((row | totals)[column] for column in (*_COLUMNS, "position"))


def _row(row: Any) -> BasketRow:
    values = dict(row)
    items = msgspec.json.decode(values["items"], type=dict[str, BasketItem])
    values["items"] = tuple(items.values())
    return BasketRow(**values)


def total(row: BasketRow) -> Money | None:
    """Return what the basket comes to; None while it is empty."""
    return Money(row.total_minor, row.currency) if row.items else None
