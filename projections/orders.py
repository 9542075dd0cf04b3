"""Orders: what was bought, returned and cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.order import Order, OrderLine
from domain.shopper import Address, Shopper
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class OrderRow(msgspec.Struct, frozen=True):
    """An order as its shopper sees it."""

    order_id: str
    shopper_id: str
    visitor: str
    status: str
    lines: tuple[OrderLine, ...]
    currency: str
    goods_minor: int
    discount_minor: int
    total_minor: int
    refunded_minor: int
    payment_method: str
    address: Address | None
    country: str
    source: str
    placed_at: datetime
    version: int


class Orders:
    """Orders, and credit notes whose order is unknown."""

    name = "orders"
    version = 1
    tables = ("orders",)
    events: tuple[type[Event], ...] = (
        Order.Placed,
        Order.CreditNoted,
        Order.Cancelled,
        Order.Returned,
        Shopper.Erased,
    )
    feed = Feed(
        "orders",
        ("order_id",),
        ("order_id", "status", "currency", "total_minor", "refunded_minor", "country", "placed_at"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold order events; an erasure empties the addresses of all orders before it."""
        ids = {_key(e) for e in batch if not isinstance(e.event, Shopper.Erased)}
        new = {_key(e) for e in batch if isinstance(e.event, Order.Placed | Order.CreditNoted)}
        rows = await rows_by_key(connection, "orders", "order_id", ids - new)
        erased: list[str] = []
        for event in batch:
            if isinstance(event.event, Shopper.Erased):
                erased.append(_key(event))
                for row in rows.values():
                    if row["shopper_id"] == _key(event):
                        row["address"] = None
            else:
                _fold(rows, event)
        await write_rows(connection, _UPSERT, (_values(row) for row in rows.values()))
        if erased:
            await connection.execute(
                "UPDATE orders SET address = NULL WHERE shopper_id = ANY ($1)", erased
            )


async def find_order(connection: Connection, order_id: str) -> OrderRow | None:
    """Return an order; None where there is none."""
    row = await connection.fetchrow(f"{_SELECT} WHERE order_id = $1", order_id)
    return _row(row) if row else None


async def orders_of(
    connection: Connection,
    shopper_id: str,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[OrderRow]:
    """Return a shopper's orders, the latest first; ``before``: time and id of the last one seen."""
    rows = await connection.fetch(
        f"""{_SELECT} WHERE shopper_id = $1
              AND ($2::timestamptz IS NULL OR (placed_at, order_id) < ($2, $3))
            ORDER BY placed_at DESC, order_id DESC LIMIT $4""",
        shopper_id,
        before[0] if before else None,
        before[1] if before else "",
        limit,
    )
    return [_row(row) for row in rows]


_COLUMNS = (
    "order_id",
    "shopper_id",
    "visitor",
    "status",
    "lines",
    "currency",
    "goods_minor",
    "discount_minor",
    "total_minor",
    "refunded_minor",
    "payment_method",
    "address",
    "country",
    "source",
    "placed_at",
    "version",
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM orders"  # noqa: S608 - constants

_UPSERT = """
    INSERT INTO orders (order_id, shopper_id, visitor, status, lines, currency, goods_minor,
                        discount_minor, total_minor, refunded_minor, payment_method, address,
                        country, source, placed_at, version, position)
    SELECT * FROM json_to_recordset($1) AS n (
        order_id text, shopper_id text, visitor text, status text, lines jsonb, currency text,
        goods_minor bigint, discount_minor bigint, total_minor bigint, refunded_minor bigint,
        payment_method text, address jsonb, country text, source text, placed_at timestamptz,
        version int, position bigint)
    ON CONFLICT (order_id) DO UPDATE SET
        status = excluded.status, refunded_minor = excluded.refunded_minor,
        address = excluded.address, version = excluded.version, position = excluded.position"""


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    key, event = _key(recorded), recorded.event
    if isinstance(event, Order.Placed):
        rows[key] = {
            "order_id": key,
            "shopper_id": event.shopper_id,
            "visitor": event.visitor,
            "status": "placed",
            "lines": _json(event.lines),
            "currency": event.currency,
            "goods_minor": event.goods_minor,
            "discount_minor": event.discount_minor,
            "total_minor": event.total_minor,
            "refunded_minor": 0,
            "payment_method": event.payment_method,
            "address": _json(event.address) if event.address else None,
            "country": event.country,
            "source": event.source,
            "placed_at": recorded.occurred_at,
        }
    elif isinstance(event, Order.CreditNoted):
        rows[key] = {
            "order_id": key,
            "shopper_id": event.shopper_id,
            "visitor": "",
            "status": "credit_note",
            "lines": _json(event.lines),
            "currency": event.currency,
            "goods_minor": 0,
            "discount_minor": 0,
            "total_minor": 0,
            "refunded_minor": event.refund_minor,
            "payment_method": "",
            "address": None,
            "country": event.country,
            "source": event.source,
            "placed_at": recorded.occurred_at,
        }
    row = rows.get(key)
    if row is None:
        return
    if isinstance(event, Order.Cancelled):
        row.update(status="cancelled", refunded_minor=row["total_minor"])
    elif isinstance(event, Order.Returned):
        row["refunded_minor"] += event.refund_minor
        is_all = row["refunded_minor"] >= row["total_minor"]
        row["status"] = "returned" if is_all else "partly_returned"
    row["version"] = recorded.version
    row["position"] = recorded.position


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    lines, address = row["lines"], row["address"]
    as_json = {"lines": msgspec.Raw(lines), "address": address and msgspec.Raw(address)}
    return tuple((row | as_json)[column] for column in (*_COLUMNS, "position"))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _key(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]


def _row(row: Any) -> OrderRow:
    values = dict(row)
    values["lines"] = msgspec.json.decode(values["lines"], type=tuple[OrderLine, ...])
    if values["address"] is not None:
        values["address"] = msgspec.json.decode(values["address"], type=Address)
    return OrderRow(**values)
