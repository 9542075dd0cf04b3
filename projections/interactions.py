"""Interactions: the user-item matrix, what each person did with each product.

The weight of a cell, in thousandths: 1000 a view, 500 a click, 1000 a minute of dwell (ten minutes
at most), 3000 a basket addition, -1500 a removal, 8000 an order, -4000 a returned piece, and 2000
for each star above or below three. The migration has the same formula; whole numbers, so that any
split of a history adds up to the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import astuple

from domain.basket import Basket
from domain.order import Order
from domain.review import Review
from domain.visit import Visit
from projections import identities
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class InteractionRow(msgspec.Struct, frozen=True):
    """One cell: what a person, as one source, did with a product."""

    person: str
    source: str
    product_id: str
    views: int
    clicks: int
    dwell_ms: int
    basket_adds: int
    basket_removes: int
    orders: int
    units: int
    returned_units: int
    rating: int
    weight_thousandths: int
    first_at: datetime
    last_at: datetime
    position: int


class Interactions:
    """The user-item matrix."""

    name = "interactions"
    version = 2
    tables = ("interactions", "interaction_identities")
    events: tuple[type[Event], ...] = (
        Visit.ProductViewed,
        Visit.ProductClicked,
        Visit.Dwelled,
        Visit.ProductCarted,
        Visit.ProductUncarted,
        Visit.ProductPurchased,
        Basket.ItemAdded,
        Basket.ItemRemoved,
        Order.Placed,
        Order.CreditNoted,
        Order.Cancelled,
        Order.Returned,
        Review.Submitted,
        Review.Edited,
        Review.Withdrawn,
        Visit.ProductRated,
        Visit.PurchaseRefunded,
        Visit.RecommendationClicked,
        *identities.EVENTS,
    )
    feed = Feed(
        "interactions",
        ("source", "product_id"),
        (
            "source",
            "product_id",
            "person",
            "views",
            "clicks",
            "dwell_ms",
            "basket_adds",
            "basket_removes",
            "orders",
            "units",
            "returned_units",
            "rating",
            "weight_thousandths",
            "last_at",
        ),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was done with products, then who turned out to be whom."""
        cells: dict[tuple[str, str], list[Any]] = {}
        ratings: dict[tuple[str, str], int] = {}
        for event in batch:
            _fold(cells, ratings, event)
        changed = await identities.fold_identities(connection, "interaction_identities", batch)
        await write_rows(connection, _ADD, ((*key, *cell) for key, cell in cells.items()))
        await write_rows(connection, _RATE, ((*key, stars) for key, stars in ratings.items()))
        await write_rows(connection, _ATTRIBUTE, map(astuple, changed))


async def interactions_after(
    connection: Connection, after: int, limit: int = 10_000
) -> list[InteractionRow]:
    """Return about ``limit`` cells that changed after a position, by position.

    Cells of one position stay together: go on from the last one's.
    """
    rows = await connection.fetch(
        f"""SELECT {", ".join(InteractionRow.__struct_fields__)} FROM interactions
            WHERE position > $1 AND position <=
                (SELECT max(position) FROM (SELECT position FROM interactions
                 WHERE position > $1 ORDER BY position LIMIT $2) AS page)
            ORDER BY position, source, product_id""",  # noqa: S608 - constants
        after,
        limit,
    )
    return [InteractionRow(*row) for row in rows]


async def all_interactions(
    connection: Connection, after: int = 0, page: int = 10_000
) -> AsyncGenerator[list[InteractionRow], None]:
    """Yield every cell that changed after a position, in pages."""
    while rows := await interactions_after(connection, after, page):
        yield rows
        after = rows[-1].position


async def interactions_of(connection: Connection, person: str) -> list[InteractionRow]:
    """Return a person's cells, heaviest first; ``person`` is ``shopper:ID`` or ``visitor:ID``."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(InteractionRow.__struct_fields__)} FROM interactions
            WHERE person = $1 ORDER BY weight_thousandths DESC, product_id""",  # noqa: S608
        person,
    )
    return [InteractionRow(*row) for row in rows]


_ADD = """
    INSERT INTO interactions AS i
        (source, product_id, person, views, clicks, dwell_ms, basket_adds, basket_removes, orders,
         units, returned_units, first_at, last_at, position)
    SELECT n.source, n.product_id, coalesce(k.person, n.source), n.views, n.clicks, n.dwell_ms,
           n.basket_adds, n.basket_removes, n.orders, n.units, n.returned_units, n.first_at,
           n.last_at, n.position
    FROM json_to_recordset($1) AS n (
        source text, product_id text, views int, clicks int, dwell_ms bigint, basket_adds int,
        basket_removes int, orders int, units int, returned_units int, first_at timestamptz,
        last_at timestamptz, position bigint)
    LEFT JOIN interaction_identities k ON k.source = n.source
    ON CONFLICT (source, product_id) DO UPDATE SET
        views = i.views + excluded.views, clicks = i.clicks + excluded.clicks,
        dwell_ms = i.dwell_ms + excluded.dwell_ms,
        basket_adds = i.basket_adds + excluded.basket_adds,
        basket_removes = i.basket_removes + excluded.basket_removes,
        orders = i.orders + excluded.orders, units = i.units + excluded.units,
        returned_units = i.returned_units + excluded.returned_units,
        first_at = least(i.first_at, excluded.first_at),
        last_at = greatest(i.last_at, excluded.last_at),
        position = greatest(i.position, excluded.position)"""

_RATE = """
    UPDATE interactions i SET rating = n.rating
    FROM json_to_recordset($1) AS n (source text, product_id text, rating int)
    WHERE i.source = n.source AND i.product_id = n.product_id"""

_ATTRIBUTE = """
    UPDATE interactions i SET person = n.person, position = greatest(i.position, n.position)
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE i.source = n.source"""

_VIEWS, _CLICKS, _DWELL, _ADDS, _REMOVES, _ORDERS, _UNITS, _RETURNED, _FIRST, _LAST, _AT = range(11)


def _fold(  # noqa: C901, PLR0912 - a table of what each event adds
    cells: dict[tuple[str, str], list[Any]],
    ratings: dict[tuple[str, str], int],
    recorded: Recorded,
) -> None:
    event = recorded.event
    if isinstance(event, Visit.Event) and event.bot:
        return
    match event:
        case Visit.ProductViewed():
            _cell(cells, _visitor(event), event.product_id, recorded)[_VIEWS] += 1
        case Visit.ProductClicked() | Visit.RecommendationClicked():
            _cell(cells, _visitor(event), event.product_id, recorded)[_CLICKS] += 1
        case Visit.Dwelled() if event.product_id:
            cell = _cell(cells, _visitor(event), event.product_id, recorded)
            cell[_DWELL] += event.milliseconds
        case Visit.ProductCarted():
            _cell(cells, _visitor(event), event.product_id, recorded)[_ADDS] += 1
        case Visit.ProductUncarted():
            _cell(cells, _visitor(event), event.product_id, recorded)[_REMOVES] += 1
        case Visit.ProductPurchased():
            cell = _cell(cells, _visitor(event), event.product_id, recorded)
            cell[_ORDERS] += 1
            cell[_UNITS] += event.quantity
        case Visit.PurchaseRefunded() if event.product_id:
            cell = _cell(cells, _visitor(event), event.product_id, recorded)
            cell[_RETURNED] += event.quantity
        case Visit.ProductRated():
            _cell(cells, _visitor(event), event.product_id, recorded)
            ratings[_visitor(event), event.product_id] = event.rating
        case Basket.ItemAdded():
            _cell(cells, _owner(recorded), event.product_id, recorded)[_ADDS] += 1
        case Basket.ItemRemoved():
            _cell(cells, _owner(recorded), event.product_id, recorded)[_REMOVES] += 1
        case Order.Placed() | Order.Cancelled() | Order.Returned() | Order.CreditNoted():
            _fold_order(cells, event, recorded)
        case Review.Submitted() | Review.Edited() | Review.Withdrawn():
            source = f"shopper:{event.shopper_id}"
            _cell(cells, source, event.product_id, recorded)
            stars = 0 if isinstance(event, Review.Withdrawn) else event.rating
            ratings[source, event.product_id] = stars


def _fold_order(
    cells: dict[tuple[str, str], list[Any]],
    event: Order.Placed | Order.Cancelled | Order.Returned | Order.CreditNoted,
    recorded: Recorded,
) -> None:
    """Add an order's lines to their buyer's cells; an anonymous sale belongs to nobody."""
    visitor = event.visitor if isinstance(event, Order.Placed) else ""
    if event.shopper_id:
        source = f"shopper:{event.shopper_id}"
    elif visitor:
        source = f"visitor:{visitor}"
    else:
        return
    is_sale = isinstance(event, Order.Placed)
    ordered: set[str] = set()
    for line in event.lines:
        cell = _cell(cells, source, line.product_id, recorded)
        if not is_sale:
            cell[_RETURNED] += line.quantity
            continue
        cell[_UNITS] += line.quantity
        if line.product_id not in ordered:
            ordered.add(line.product_id)
            cell[_ORDERS] += 1


def _cell(
    cells: dict[tuple[str, str], list[Any]], source: str, product_id: str, recorded: Recorded
) -> list[Any]:
    at = recorded.occurred_at
    cell = cells.get((source, product_id))
    if cell is None:
        cell = cells[source, product_id] = [0, 0, 0, 0, 0, 0, 0, 0, at, at, 0]
    elif at < cell[_FIRST]:
        cell[_FIRST] = at
    elif at > cell[_LAST]:
        cell[_LAST] = at
    cell[_AT] = recorded.position
    return cell


def _visitor(event: Any) -> str:
    return f"shopper:{event.shopper_id}" if event.shopper_id else f"visitor:{event.visitor}"


def _owner(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]
