"""Visits: what a visitor did with pauses under 30 minutes, for at most 24 hours.

A late event lands in the visit of its time, or joins two that it lies between, unless the whole
would last longer than 24 hours. Whatever was sold or put into a basket here counts in the visit of
the browser that did it. A visit with one event of a program is a program's: kept, not counted.
A visit is the shopper's who signed in during it; else its visitor's, and so the shopper's whom this
turned out to be.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec.structs import astuple

from domain.basket import Basket
from domain.order import Order
from domain.visit import Visit
from projections import identities
from projections.fold import write_rows
from projections.kept_visits import COLUMNS, PAUSE, VisitRow
from projections.live_kpis import VISIT_EVENTS
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection

LONGEST = timedelta(hours=24)
LONGEST_PAGE = 500
_COUNTS = (
    "page_views",
    "product_views",
    "clicks",
    "searches",
    "items_added",
    "items_removed",
    "checkouts",
    "orders",
    "dwell_ms",
    "events",
)
_VIEWS, _CLICKS, _ADDED, _ORDERS, _DWELL = range(5)


class Visits:
    """Cuts what visitors did into visits."""

    name = "visits"
    version = 1
    tables = ("visits", "visit_products", "visit_pages", "visit_identities")
    events: tuple[type[Event], ...] = (
        *VISIT_EVENTS,
        Visit.Left,
        Visit.ConsentChanged,
        Basket.ItemAdded,
        Basket.ItemRemoved,
        Order.Placed,
        *identities.EVENTS,
    )
    feed = Feed("visits", ("visit_id",), COLUMNS[:-1])

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold event by event over the visits that the batch may touch, then who is whom."""
        happened = [(visitor, recorded) for recorded in batch if (visitor := _visitor(recorded))]
        changed = await identities.fold_identities(connection, "visit_identities", batch)
        if happened:
            fold = _Fold(await _touched(connection, happened))
            for visitor, recorded in happened:
                fold.add(visitor, recorded)
            await fold.write(connection)
        await write_rows(connection, _ATTRIBUTE, map(astuple, changed))


class _Fold:
    """The visits of some visitors in memory, while a batch changes them."""

    def __init__(self, rows: Sequence[VisitRow]) -> None:
        self._of: dict[str, list[VisitRow]] = defaultdict(list)
        for row in rows:
            self._of[row.visitor].append(row)
        self._changed: dict[int, VisitRow] = {}
        self._joined: dict[int, int] = {}
        self._products: dict[tuple[int, str], list[Any]] = {}
        self._pages: list[tuple[int, int, datetime, str]] = []

    def add(self, visitor: str, recorded: Recorded) -> None:
        """Put an event into its visit."""
        row = self._visit(visitor, recorded)
        row.events += 1
        row.position = recorded.position
        event = recorded.event
        if isinstance(event, Visit.Event):
            row.shopper_id = row.shopper_id or event.shopper_id
            row.source = row.source or event.source
            row.device = row.device or event.device
            row.bot = row.bot or event.bot
        elif isinstance(event, Order.Placed):
            row.shopper_id = row.shopper_id or event.shopper_id
        self._changed[row.visit_id] = row
        self._count(row, recorded)

    def _visit(self, visitor: str, recorded: Recorded) -> VisitRow:
        """Return the visit that the event belongs to: one there is, two joined, or a new one."""
        at, rows = recorded.occurred_at, self._of[visitor]
        near = [row for row in rows if row.started_at - PAUSE < at < row.ended_at + PAUSE]
        if len(near) > 1:
            near.sort(key=lambda row: (_distance(row, at), row.visit_id))
        fitting = [row for row in near if _lasts(row, at) <= LONGEST]
        if not fitting:
            row = VisitRow(recorded.position, visitor, "", "", "", "", at, at)
            rows.append(row)
            return row
        row = fitting[0]
        row.started_at, row.ended_at = min(row.started_at, at), max(row.ended_at, at)
        for other in fitting[1:]:
            together = max(row.ended_at, other.ended_at) - min(row.started_at, other.started_at)
            if together <= LONGEST:
                row = self._join(row, other)
        return row

    def _join(self, one: VisitRow, other: VisitRow) -> VisitRow:
        """Make one visit of two; it keeps the lower id."""
        first, second = sorted((one, other), key=lambda row: row.visit_id)
        first.started_at = min(first.started_at, second.started_at)
        first.ended_at = max(first.ended_at, second.ended_at)
        for name in ("shopper_id", "source", "device", "bot", "last_order"):
            setattr(first, name, getattr(first, name) or getattr(second, name))
        for name in _COUNTS:
            setattr(first, name, getattr(first, name) + getattr(second, name))
        if second.left_at and (first.left_at is None or second.left_at > first.left_at):
            first.left_at = second.left_at
        if second.entry_at and second.exit_at:
            _enter(first, second.entry_at, second.entry_page)
            _exit(first, second.exit_at, second.exit_page)
        self._of[first.visitor].remove(second)
        self._changed.pop(second.visit_id, None)
        self._joined[second.visit_id] = first.visit_id
        return first

    def _count(self, row: VisitRow, recorded: Recorded) -> None:  # noqa: C901, PLR0912 - a table
        event, at = recorded.event, recorded.occurred_at
        match event:
            case Visit.PageViewed():
                page = page_of(event.url)
                row.page_views += 1
                _enter(row, at, page)
                _exit(row, at, page)
                self._pages.append((recorded.position, row.visit_id, at, page))
            case Visit.ProductViewed():
                row.product_views += 1
                self._product(row, event.product_id, event.category)[_VIEWS] += 1
            case Visit.ProductClicked() | Visit.RecommendationClicked():
                row.clicks += 1
                self._product(row, event.product_id)[_CLICKS] += 1
            case Visit.Dwelled():
                row.dwell_ms += event.milliseconds
                if event.product_id:
                    self._product(row, event.product_id)[_DWELL] += event.milliseconds
            case Visit.Searched():
                row.searches += 1
            case Visit.ProductCarted():
                row.items_added += 1
                self._product(row, event.product_id, event.category)[_ADDED] += 1
            case Basket.ItemAdded():
                row.items_added += 1
                self._product(row, event.product_id)[_ADDED] += 1
            case Visit.ProductUncarted() | Basket.ItemRemoved():
                row.items_removed += 1
            case Visit.CheckoutStarted():
                row.checkouts += 1
            case Visit.ProductPurchased():
                if not event.order or event.order != row.last_order:
                    row.orders += 1
                row.last_order = event.order
                self._product(row, event.product_id, event.category)[_ORDERS] += 1
            case Order.Placed():
                row.orders += 1
                for product_id in sorted({line.product_id for line in event.lines}):
                    self._product(row, product_id)[_ORDERS] += 1
            case Visit.Left():
                row.left_at = max(row.left_at or at, at)

    def _product(self, row: VisitRow, product_id: str, category: str = "") -> list[Any]:
        cell = self._products.setdefault((row.visit_id, product_id), [0, 0, 0, 0, 0, ""])
        cell[5] = cell[5] or category
        return cell

    async def write(self, connection: Connection) -> None:
        """Write what changed; visits that were joined move into their heirs."""
        joined = {visit_id: self._heir(visit_id) for visit_id in self._joined}
        if joined:
            await connection.execute(
                "DELETE FROM visits WHERE visit_id = ANY ($1::bigint[])", list(joined)
            )
        await write_rows(connection, _WRITE, map(astuple, self._changed.values()))
        await write_rows(connection, _MOVE_PAGES, joined.items())
        pages = (
            (position, joined.get(visit_id, visit_id), at, page)
            for position, visit_id, at, page in self._pages
        )
        await write_rows(connection, _ADD_PAGES, pages)
        cells = [(*key, *cell) for key, cell in self._products.items()]
        if joined:  # what is there already of the joined ones is added to their heirs'
            moved = await connection.fetch(_TAKE_PRODUCTS, list(joined))
            cells = _summed([*map(tuple, moved), *cells], joined)
        await write_rows(connection, _ADD_PRODUCTS, cells)

    def _heir(self, visit_id: int) -> int:
        while visit_id in self._joined:
            visit_id = self._joined[visit_id]
        return visit_id


def page_of(url: str) -> str:
    """Return the path of an address; a screen's name as it is."""
    try:
        return (urlsplit(url).path or "/")[:LONGEST_PAGE] if ":" in url else url[:LONGEST_PAGE]
    except ValueError:
        return url[:LONGEST_PAGE]


async def _touched(
    connection: Connection, happened: Sequence[tuple[str, Recorded]]
) -> list[VisitRow]:
    spans: dict[str, tuple[datetime, datetime]] = {}
    for visitor, recorded in happened:
        at = recorded.occurred_at
        low, high = spans.get(visitor, (at, at))
        spans[visitor] = (min(low, at), max(high, at))
    rows = await connection.fetch(
        f"""SELECT {", ".join(f"v.{name}" for name in COLUMNS)}
            FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS n (visitor, low, high)
            JOIN visits v ON v.visitor = n.visitor
                AND v.ended_at > n.low - interval '30 minutes'
                AND v.started_at < n.high + interval '30 minutes'
            ORDER BY v.visit_id""",  # noqa: S608 - constants
        list(spans),
        [low for low, _ in spans.values()],
        [high for _, high in spans.values()],
    )
    return [VisitRow(*row) for row in rows]


def _visitor(recorded: Recorded) -> str:
    """Return whose visit an event belongs to; empty where nobody was on the site."""
    event = recorded.event
    if isinstance(event, Visit.Event):
        return event.visitor
    if isinstance(event, identities.EVENTS):
        return ""
    if recorded.visit_id:
        return recorded.visit_id
    if isinstance(event, Order.Placed):
        if event.source != "shop":
            return ""  # imported: nobody visited this site for it
        return event.visitor or (f"shopper:{event.shopper_id}" if event.shopper_id else "")
    return recorded.stream_id.partition("-")[2].removeprefix("visitor:")


def _distance(row: VisitRow, at: datetime) -> timedelta:
    return max(row.started_at - at, at - row.ended_at, timedelta(0))


def _lasts(row: VisitRow, at: datetime) -> timedelta:
    """Return how long the visit lasts with this moment in it."""
    return max(row.ended_at, at) - min(row.started_at, at)


def _enter(row: VisitRow, at: datetime, page: str) -> None:
    if row.entry_at is None or at < row.entry_at:
        row.entry_at, row.entry_page = at, page


def _exit(row: VisitRow, at: datetime, page: str) -> None:
    if row.exit_at is None or at >= row.exit_at:
        row.exit_at, row.exit_page = at, page


def _summed(cells: Sequence[Sequence[Any]], joined: dict[int, int]) -> list[tuple[Any, ...]]:
    """Add up cells of one visit and product, those of joined visits under their heirs."""
    sums: dict[tuple[int, str], list[Any]] = {}
    for visit_id, product_id, *counts, category in sorted(cells, key=lambda cell: cell[0]):
        cell = sums.setdefault((joined.get(visit_id, visit_id), product_id), [0, 0, 0, 0, 0, ""])
        for n, count in enumerate(counts):
            cell[n] += count
        cell[5] = cell[5] or category
    return [(*key, *cell) for key, cell in sums.items()]


_TYPES = {
    "visit_id": "bigint",
    "position": "bigint",
    "dwell_ms": "bigint",
    **dict.fromkeys(("started_at", "ended_at", "left_at", "entry_at", "exit_at"), "timestamptz"),
    **dict.fromkeys(
        (
            "visitor",
            "shopper_id",
            "source",
            "device",
            "bot",
            "entry_page",
            "exit_page",
            "last_order",
            "person",
        ),
        "text",
    ),
}
_PERSON = """CASE WHEN n.shopper_id <> '' THEN 'shopper:' || n.shopper_id
        ELSE coalesce(k.person, 'visitor:' || n.visitor) END"""
_WRITE = f"""
    INSERT INTO visits ({", ".join(COLUMNS)})
    SELECT {", ".join(_PERSON if name == "person" else f"n.{name}" for name in COLUMNS)}
    FROM json_to_recordset($1) AS n (
        {", ".join(f"{name} {_TYPES.get(name, 'int')}" for name in COLUMNS)})
    LEFT JOIN visit_identities k ON k.source = 'visitor:' || n.visitor
    ON CONFLICT (visit_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])}"""  # noqa: S608
_ATTRIBUTE = """
    UPDATE visits v SET person = n.person, position = greatest(v.position, n.position)
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE v.visitor = substr(n.source, 9) AND v.shopper_id = ''"""
_ADD_PAGES = """
    INSERT INTO visit_pages
    SELECT * FROM json_to_recordset($1) AS n (
        position bigint, visit_id bigint, occurred_at timestamptz, page text)"""
_MOVE_PAGES = """
    UPDATE visit_pages p SET visit_id = n.heir
    FROM json_to_recordset($1) AS n (visit_id bigint, heir bigint)
    WHERE p.visit_id = n.visit_id"""
_TAKE_PRODUCTS = """
    DELETE FROM visit_products WHERE visit_id = ANY ($1::bigint[])
    RETURNING visit_id, product_id, views, clicks, items_added, orders, dwell_ms, category"""
_ADD_PRODUCTS = """
    INSERT INTO visit_products AS p
        (visit_id, product_id, views, clicks, items_added, orders, dwell_ms, category)
    SELECT * FROM json_to_recordset($1) AS n (
        visit_id bigint, product_id text, views int, clicks int, items_added int, orders int,
        dwell_ms bigint, category text)
    ON CONFLICT (visit_id, product_id) DO UPDATE SET
        views = p.views + excluded.views, clicks = p.clicks + excluded.clicks,
        items_added = p.items_added + excluded.items_added, orders = p.orders + excluded.orders,
        dwell_ms = p.dwell_ms + excluded.dwell_ms,
        category = CASE WHEN p.category = '' THEN excluded.category ELSE p.category END"""
