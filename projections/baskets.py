"""Baskets: what everybody means to buy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from domain.basket import MOST_PIECES, Basket, BasketItem
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
    """Baskets of shoppers and visitors, and each filling of one: from first item to its end."""

    name = "baskets"
    version = 2
    tables = ("baskets", "basket_fillings")
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
        owners |= {e.event.source for e in batch if isinstance(e.event, Basket.ItemsTakenOver)}
        rows = await rows_by_key(connection, "baskets", "owner", owners)
        for row in rows.values():
            row["items"] = msgspec.json.decode(row["items"], type=dict[str, BasketItem])
        fillings = _Fillings([], [])
        for event in batch:
            _fold(rows, fillings, event)
        await write_rows(connection, _UPSERT, (_values(row) for row in rows.values()))
        await write_rows(connection, _BEGIN, fillings.begun)
        await write_rows(connection, _END, fillings.ended)


async def find_basket(connection: Connection, owner: str) -> BasketRow | None:
    """Return a basket; None where its owner never had one."""
    row = await connection.fetchrow(f"{_SELECT} WHERE owner = $1", owner)
    return _row(row) if row else None


async def filled_baskets(
    connection: Connection, *, now: datetime, idle: timedelta, limit: int = 100
) -> list[BasketRow]:
    """Return baskets that hold something and were touched within ``idle``, latest first."""
    rows = await connection.fetch(
        f"""{_SELECT} WHERE pieces > 0 AND last_activity_at >= $1
            ORDER BY last_activity_at DESC, owner LIMIT $2""",
        now - idle,
        limit,
    )
    return [_row(row) for row in rows]


async def abandoned_baskets(
    connection: Connection, *, now: datetime, idle: timedelta, limit: int = 100
) -> list[BasketRow]:
    """Return baskets that hold something and lay idle for longer than ``idle``, latest first."""
    rows = await connection.fetch(
        f"""{_SELECT} WHERE pieces > 0 AND last_activity_at < $1
            ORDER BY last_activity_at DESC, owner LIMIT $2""",
        now - idle,
        limit,
    )
    return [_row(row) for row in rows]


async def abandonment(
    connection: Connection, *, start: datetime, end: datetime, now: datetime, idle: timedelta
) -> tuple[int, int]:
    """Return (baskets begun in the window that lie abandoned at ``now``, baskets begun in it).

    A basket that is emptied or ordered and then filled anew is begun anew. One that a visitor
    handed over to a shopper's empty basket goes on there as the one begun before.
    """
    row = await connection.fetchrow(
        """SELECT count(*) FILTER (WHERE f.outcome = 'open' AND b.last_activity_at < $3),
                  count(*) FILTER (WHERE NOT f.is_continued)
           FROM basket_fillings f JOIN baskets b ON b.owner = f.owner
           WHERE f.begun_at >= $1 AND f.begun_at < $2""",
        start,
        end,
        now - idle,
    )
    return (row[0], row[1]) if row else (0, 0)


def total(row: BasketRow) -> Money | None:
    """Return what the basket comes to; None while it is empty."""
    return Money(row.total_minor, row.currency) if row.items else None


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
                         last_activity_at, version, filling, position)
    SELECT * FROM json_to_recordset($1) AS n (
        owner text, items jsonb, pieces int, total_minor bigint, currency text, state text,
        first_item_at timestamptz, last_activity_at timestamptz, version int, filling bigint,
        position bigint)
    ON CONFLICT (owner) DO UPDATE SET
        items = excluded.items, pieces = excluded.pieces, total_minor = excluded.total_minor,
        currency = excluded.currency, state = excluded.state,
        first_item_at = excluded.first_item_at, last_activity_at = excluded.last_activity_at,
        version = excluded.version, filling = excluded.filling, position = excluded.position"""

_BEGIN = """
    INSERT INTO basket_fillings (owner, begun_position, begun_at, is_continued, outcome, position)
    SELECT owner, begun, at, is_continued, 'open', begun
    FROM json_to_recordset($1) AS n (
        owner text, begun bigint, at timestamptz, is_continued bool)"""

_END = """
    UPDATE basket_fillings f SET outcome = n.outcome, ended_at = n.at, order_id = n.order_id,
        position = n.position
    FROM json_to_recordset($1) AS n (
        owner text, begun bigint, outcome text, at timestamptz, order_id text, position bigint)
    WHERE f.owner = n.owner AND f.begun_position = n.begun"""


_STATES: dict[type[Event], str] = {
    Basket.CheckedOut: "checked_out",
    Basket.HandedOver: "handed_over",
}
_OUTCOMES: dict[type[Event], str] = {
    Basket.CheckedOut: "ordered",
    Basket.HandedOver: "handed_over",
    Basket.Cleared: "cleared",
}


class _Fillings(NamedTuple):
    """What begins and what ends in a batch, as rows for the statements above."""

    begun: list[tuple[str, int, datetime, bool]]
    ended: list[tuple[str, int, str, datetime, str, int]]


def _fold(rows: dict[str, dict[str, Any]], fillings: _Fillings, recorded: Recorded) -> None:
    owner, event, at = recorded.stream_id.partition("-")[2], recorded.event, recorded.occurred_at
    new: dict[str, Any] = {"owner": owner, "items": {}, "first_item_at": None, "filling": None}
    row = rows.setdefault(owner, new)
    items: dict[str, BasketItem] = row["items"]
    was_empty = not items
    _change(items, event)
    row["state"] = _STATES.get(type(event), "open")
    if was_empty and items:
        source = rows.get(event.source) if isinstance(event, Basket.ItemsTakenOver) else None
        begun_at = (source["first_item_at"] if source else None) or at
        row.update(first_item_at=begun_at, filling=recorded.position)
        fillings.begun.append((owner, recorded.position, begun_at, source is not None))
    elif not items and row["filling"] is not None:
        order_id = event.order_id if isinstance(event, Basket.CheckedOut) else ""
        outcome = _OUTCOMES.get(type(event), "emptied")
        fillings.ended.append((owner, row["filling"], outcome, at, order_id, recorded.position))
        row["filling"] = None
    row.update(last_activity_at=at, version=recorded.version, position=recorded.position)


def _change(items: dict[str, BasketItem], event: Event) -> None:
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
                quantity = min(item.quantity + (held.quantity if held else 0), MOST_PIECES)
                items[item.product_id] = msgspec.structs.replace(item, quantity=quantity)
        case Basket.Cleared() | Basket.CheckedOut() | Basket.HandedOver():
            items.clear()


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    items: dict[str, BasketItem] = row["items"]
    totals = {
        "pieces": sum(item.quantity for item in items.values()),
        "total_minor": sum(item.quantity * item.unit_price.amount for item in items.values()),
        "currency": next((item.unit_price.currency for item in items.values()), ""),
    }
    return tuple((row | totals)[column] for column in (*_COLUMNS, "filling", "position"))


def _row(row: Any) -> BasketRow:
    values = dict(row)
    items = msgspec.json.decode(values["items"], type=dict[str, BasketItem])
    values["items"] = tuple(items.values())
    return BasketRow(**values)
