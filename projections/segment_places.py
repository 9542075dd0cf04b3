"""Where everybody stands: the rows of the read model ``segments``, counted anew and placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.json import decode
from msgspec.structs import astuple

from ml.segments.assignment import place, segment_of_visitor
from ml.segments.shopper_numbers import ShopperNumbers
from projections.fold import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from domain.segmentation import Fit
    from projections.projection import Connection

PLACED_AT_ONCE = 200
"""Shoppers placed by a new fit before others have the processor again."""


class Looker(NamedTuple):
    """A visitor with neither an account nor an order, and why they are placed anew."""

    person: str
    views: int
    basket_adds: int
    position: int


async def place_again(connection: Connection, fit: Fit | None, touched: Mapping[str, int]) -> None:
    """Count these persons anew and place them; each row stands at the position that says why."""
    if touched:
        await write_rows(connection, _UPSERT, await _placed(connection, fit, touched))


async def place_everyone(connection: Connection, fit: Fit, position: int) -> None:
    """Place everyone known; only those who stand elsewhere now are changed at this position."""
    after = ""
    while True:
        rows = await connection.fetch(
            """SELECT person FROM segments WHERE is_known AND NOT is_gone AND person > $1
               ORDER BY person LIMIT $2""",
            after,
            PLACED_AT_ONCE,
        )
        if not rows:
            return
        after = rows[-1]["person"]
        persons = {row["person"]: position for row in rows}
        await write_rows(
            connection,
            f"{_UPSERT} WHERE ({_PLACE_OLD}) IS DISTINCT FROM ({_PLACE_NEW})",
            await _placed(connection, fit, persons),
        )


async def place_lookers(connection: Connection, lookers: Iterable[Looker]) -> None:
    """Place visitors by their own row of ``segment_sources``, which is all there is of them.

    Most of a shop's visitors are such, and so are most rows of a batch: this is a tenth of the work
    of ``place_again``, with the same result.
    """
    await write_rows(
        connection,
        _LOOKERS,
        (
            (each.person, segment_of_visitor(each.views, each.basket_adds), each.position)
            for each in lookers
        ),
    )


async def _placed(
    connection: Connection, fit: Fit | None, touched: Mapping[str, int]
) -> list[tuple[Any, ...]]:
    found = await connection.fetch(_NUMBERS, list(touched))
    rows = []
    for row in found:
        person, consent = row["person"], msgspec.Raw((row["consent"] or "{}").encode())
        if row["first_at"] is None or row["is_erased"]:
            nobody = (False, True, None, None, 0, 0, 0, 0, 0, "", 0, 0, 0, None, None, consent)
            rows.append((person, *nobody, "", 0, 0, 0, None, None, None, None, touched[person]))
            continue
        counted = numbers_of(row)
        stands = place(fit, counted)
        rows.append(
            (
                person,
                counted.is_known,
                False,
                *(row[name] for name in COUNTED),
                consent,
                *astuple(stands),
                touched[person],
            )
        )
    return rows


def numbers_of(row: Any) -> ShopperNumbers:
    return ShopperNumbers(
        person=row["person"],
        is_known=row["is_known"],
        tastes=decode(row["tastes"] or "{}"),
        **{name: row[name] for name in COUNTED},
    )


COUNTED = (
    "first_at",
    "last_at",
    "views",
    "basket_adds",
    "orders",
    "order_days",
    "undone",
    "currency",
    "revenue_minor",
    "goods_minor",
    "discount_minor",
    "first_order_at",
    "last_order_at",
)

_NUMBERS = """
    SELECT asked.person, s.first_at, s.last_at, s.views, s.basket_adds,
           s.is_known OR o.has_order AS is_known, own.is_erased, own.consent, t.tastes,
           o.orders, o.order_days, o.undone, coalesce(latest.currency, '') AS currency,
           o.revenue_minor, o.goods_minor, o.discount_minor, o.first_order_at, o.last_order_at
    FROM unnest($1::text[]) AS asked (person)
    LEFT JOIN segment_sources own ON own.source = asked.person AND own.person = asked.person
    CROSS JOIN LATERAL (
        SELECT min(first_at) AS first_at, max(last_at) AS last_at, sum(views)::int AS views,
               sum(basket_adds)::int AS basket_adds, bool_or(is_known) AS is_known
        FROM segment_sources WHERE person = asked.person) AS s
    CROSS JOIN LATERAL (
        SELECT json_object_agg(category, pieces) AS tastes FROM (
            SELECT t.category, sum(t.pieces) AS pieces
            FROM segment_sources p JOIN segment_tastes t ON t.source = p.source
            WHERE p.person = asked.person GROUP BY t.category) AS by_category) AS t
    LEFT JOIN LATERAL (
        SELECT currency FROM segment_orders WHERE person = asked.person
        ORDER BY is_kept DESC, is_sale DESC, placed_at DESC, order_id DESC LIMIT 1
        ) AS latest ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE is_kept)::int AS orders,
               count(DISTINCT (placed_at AT TIME ZONE 'UTC')::date) FILTER (WHERE is_kept)::int
                   AS order_days,
               count(*) FILTER (WHERE is_sale AND NOT is_kept)::int AS undone,
               coalesce(bool_or(is_sale), false) AS has_order,
               coalesce(sum(goods_minor - discount_minor - refund_minor)
                   FILTER (WHERE currency = latest.currency), 0)::bigint AS revenue_minor,
               coalesce(sum(goods_minor)
                   FILTER (WHERE is_kept AND currency = latest.currency), 0)::bigint AS goods_minor,
               coalesce(sum(discount_minor) FILTER (WHERE is_kept AND currency = latest.currency),
                   0)::bigint AS discount_minor,
               min(placed_at) FILTER (WHERE is_kept) AS first_order_at,
               max(placed_at) FILTER (WHERE is_kept) AS last_order_at
        FROM segment_orders WHERE person = asked.person) AS o"""

_PLACED = (
    "segment",
    "recency",
    "frequency",
    "monetary",
    "cluster",
    "alive_thousandths",
    "expected_thousandths",
    "value_minor",
)
_COLUMNS = ("is_known", "is_gone", *COUNTED, "consent", *_PLACED, "position")
_PLACE_OLD = ", ".join(f"s.{name}" for name in _PLACED)
_PLACE_NEW = ", ".join(f"excluded.{name}" for name in _PLACED)
_UPSERT = f"""
    INSERT INTO segments AS s (person, {", ".join(_COLUMNS)})
    SELECT * FROM json_to_recordset($1) AS n (
        person text, is_known bool, is_gone bool, first_at timestamptz, last_at timestamptz,
        views int, basket_adds int, orders int, order_days int, undone int, currency text,
        revenue_minor bigint, goods_minor bigint, discount_minor bigint,
        first_order_at timestamptz, last_order_at timestamptz, consent jsonb, segment text,
        recency int, frequency int, monetary int, cluster int, alive_thousandths int,
        expected_thousandths bigint, value_minor bigint, position bigint)
    ON CONFLICT (person) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}"""  # noqa: S608 - constants

_LOOKERS = """
    INSERT INTO segments AS s (
        person, is_known, is_gone, first_at, last_at, views, basket_adds, orders, order_days,
        undone, currency, revenue_minor, goods_minor, discount_minor, consent, segment, recency,
        frequency, monetary, position)
    SELECT n.person, false, false, p.first_at, p.last_at, p.views, p.basket_adds, 0, 0, 0,
           '', 0, 0, 0, p.consent, n.segment, 0, 0, 0, n.position
    FROM json_to_recordset($1) AS n (person text, segment text, position bigint)
    JOIN segment_sources p ON p.source = n.person
    ON CONFLICT (person) DO UPDATE SET
        is_gone = false, first_at = excluded.first_at, last_at = excluded.last_at,
        views = excluded.views, basket_adds = excluded.basket_adds, consent = excluded.consent,
        segment = excluded.segment, position = excluded.position"""
