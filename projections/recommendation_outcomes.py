"""Recommendation outcomes: what came of each list that was served, and of each model by day.

A click names the list it was made in. Whatever else is done to a product, by any way, is put down
to the latest list that showed it: looked at within 30 minutes, put into a basket or ordered within
24 hours; in the browser the list was served to, or by the person this turned out to be by then. A
later join moves lists to their person, not what was done elsewhere before. Lists count on the day
they were served, and so does what came of them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import astuple

from domain.basket import Basket
from domain.order import Order
from domain.recommendation import Recommendation
from domain.visit import Visit
from projections import identities
from projections.fold import write_rows
from projections.product_sales import line_shares
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection

VIEWED_WITHIN = timedelta(minutes=30)
BOUGHT_WITHIN = timedelta(hours=24)


class OutcomeRow(msgspec.Struct, frozen=True):
    """What came of the lists of one day, by model and placement, in one currency.

    Money stands under its currency, all else under ''. ``clicks``, ``views``, ``basket_adds`` and
    ``orders`` count products of lists, each once.
    """

    day: date
    model: str
    placement: str
    currency: str
    lists: int
    products: int
    clicked_lists: int
    clicks: int
    views: int
    basket_adds: int
    orders: int
    revenue_minor: int


class RecommendationOutcomes:
    """Joins served lists to what was done after them."""

    name = "recommendation_outcomes"
    version = 1
    tables = ("served_lists", "served_products", "recommendation_days", "served_identities")
    events: tuple[type[Event], ...] = (
        Recommendation.Served,
        Visit.RecommendationClicked,
        Visit.ProductViewed,
        Visit.ProductClicked,
        Visit.ProductCarted,
        Visit.ProductPurchased,
        Basket.ItemAdded,
        Order.Placed,
        *identities.EVENTS,
    )
    feed = Feed(
        "served_lists",
        ("recommendation_id",),
        (
            "recommendation_id",
            "source",
            "person",
            "placement",
            "model",
            "served_at",
            "products",
            "clicks",
            "views",
            "basket_adds",
            "orders",
        ),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold in the order of the log, from one word on identities to the next."""
        for is_identity, some in groupby(batch, lambda each: isinstance(each.event, _IDENTITY)):
            events = list(some)
            if is_identity:
                changed = await identities.fold_identities(connection, "served_identities", events)
                await write_rows(connection, _ATTRIBUTE, map(astuple, changed))
            elif await _concerns(connection, events):
                await _fold(connection, events)


async def outcomes_by_day(
    connection: Connection, *, start: date, end: date, placement: str = "", model: str = ""
) -> list[OutcomeRow]:
    """Return what came of the lists served from ``start`` to before ``end``."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(OutcomeRow.__struct_fields__)} FROM recommendation_days
            WHERE day >= $1 AND day < $2 AND $3 IN ('', placement) AND $4 IN ('', model)
            ORDER BY day, model, placement, currency""",  # noqa: S608 - constants
        start,
        end,
        placement,
        model,
    )
    return [OutcomeRow(*row) for row in rows]


class _List(msgspec.Struct):
    recommendation_id: str
    source: str
    person: str
    placement: str
    model: str
    served_at: datetime
    products: list[str]
    clicks: int
    views: int
    basket_adds: int
    orders: int
    position: int


_COLUMNS = ", ".join(_List.__struct_fields__)
_IDENTITY = identities.EVENTS
_COUNTED = ("lists", "products", "clicked_lists", "clicks", "views", "basket_adds", "orders")
_Day = tuple[date, str, str, str]


class _Fold:
    """The lists that a stretch of events may concern, in memory while it changes them."""

    def __init__(
        self, persons: dict[str, str], lists: Sequence[_List], cells: Iterable[Sequence[Any]]
    ) -> None:
        self._persons = persons
        self._lists: dict[str, _List] = {}
        self._of: dict[str, list[_List]] = defaultdict(list)
        self.changed: dict[str, _List] = {}
        self.cells = {(row[0], row[1]): list(row[2:]) for row in cells}
        self.changed_cells: set[tuple[str, str]] = set()
        self.days: dict[_Day, dict[str, int]] = {}
        for each in lists:
            self._know(each)

    def add(self, recorded: Recorded) -> None:
        """Take an event."""
        event = recorded.event
        match event:
            case Recommendation.Served():
                self._serve(event, recorded)
            case Visit.RecommendationClicked():
                shown = self._lists.get(event.recommendation_id)
                if shown is not None and event.product_id in shown.products:
                    self._came(shown, event.product_id, "clicks", recorded)
            case Order.Placed():
                paid = line_shares(event.lines, event.goods_minor - event.discount_minor)
                for line, minor in zip(event.lines, paid, strict=True):
                    self._earn(line.product_id, minor, event.currency, recorded)
            case Visit.ProductPurchased():
                minor = event.quantity * event.unit_price_minor
                self._earn(event.product_id, minor, event.currency, recorded)
            case Visit.ProductCarted() | Basket.ItemAdded():
                self._follow(event.product_id, "basket_adds", BOUGHT_WITHIN, recorded)
            case Visit.ProductViewed() | Visit.ProductClicked():
                self._follow(event.product_id, "views", VIEWED_WITHIN, recorded)

    def _know(self, shown: _List) -> None:
        self._lists[shown.recommendation_id] = shown
        for key in {shown.source, shown.person} - {""}:
            self._of[key].append(shown)

    def _serve(self, event: Recommendation.Served, recorded: Recorded) -> None:
        if event.recommendation_id in self._lists:
            return
        source = _source(event.visitor)
        shown = _List(
            event.recommendation_id,
            source,
            self._persons.get(source, source),
            event.placement,
            event.model,
            recorded.occurred_at,
            [item.product_id for item in event.items],
            0,
            0,
            0,
            0,
            recorded.position,
        )
        self._know(shown)
        self.changed[shown.recommendation_id] = shown
        self._count(shown, "lists", 1, recorded)
        self._count(shown, "products", len(shown.products), recorded)

    def _earn(self, product_id: str, minor: int, currency: str, recorded: Recorded) -> None:
        shown = self._follow(product_id, "orders", BOUGHT_WITHIN, recorded)
        if shown is not None:
            self._count(shown, "revenue_minor", minor, recorded, currency)

    def _follow(
        self, product_id: str, name: str, within: timedelta, recorded: Recorded
    ) -> _List | None:
        """Put something done down to the latest list that showed the product."""
        at = recorded.occurred_at
        browser, person = _who(recorded)
        keys = {browser, person or self._persons.get(browser, browser)} - {""}
        found = {
            each.recommendation_id: each
            for key in keys
            for each in self._of.get(key, ())
            if each.served_at <= at < each.served_at + within and product_id in each.products
        }
        if not found:
            return None
        shown = max(found.values(), key=lambda each: (each.served_at, each.recommendation_id))
        self._came(shown, product_id, name, recorded)
        return shown

    def _came(self, shown: _List, product_id: str, name: str, recorded: Recorded) -> None:
        key = shown.recommendation_id, product_id
        cell = self.cells.setdefault(key, [shown.products.index(product_id) + 1, 0, 0, 0, 0])
        nth = 1 + ("clicks", "views", "basket_adds", "orders").index(name)
        cell[nth] += 1
        self.changed_cells.add(key)
        self.changed[shown.recommendation_id] = shown
        shown.position = max(shown.position, recorded.position)
        if cell[nth] > 1:
            return
        if name == "clicks" and not shown.clicks:
            self._count(shown, "clicked_lists", 1, recorded)
        setattr(shown, name, getattr(shown, name) + 1)
        self._count(shown, name, 1, recorded)

    def _count(
        self, shown: _List, name: str, number: int, recorded: Recorded, currency: str = ""
    ) -> None:
        day = shown.served_at.astimezone(UTC).date()
        key = day, shown.model, shown.placement, currency
        counts = self.days.setdefault(key, defaultdict(int))
        counts[name] += number
        counts["position"] = recorded.position


async def _concerns(connection: Connection, events: Sequence[Recorded]) -> bool:
    """Whether any list was ever served: most of what happens need then not be looked at."""
    if any(isinstance(each.event, Recommendation.Served) for each in events):
        return True
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM served_lists)"))


async def _fold(connection: Connection, events: Sequence[Recorded]) -> None:
    events = [e for e in events if not (isinstance(e.event, Visit.Event) and e.event.bot)]
    if not events:
        return
    ids, sources = set(), set()
    for each in events:
        if isinstance(each.event, Recommendation.Served):
            sources.add(_source(each.event.visitor))
        else:
            sources.update(_who(each))
        ids.add(getattr(each.event, "recommendation_id", ""))
    persons: dict[str, str] = {
        row[0]: row[1]
        for row in await connection.fetch(
            "SELECT source, person FROM served_identities WHERE source = ANY ($1)",
            [source for source in sources if source.startswith("visitor:")],
        )
    }
    moments = [each.occurred_at for each in events]
    # Two questions, each to an index of its own.
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM served_lists
            WHERE source = ANY ($1) AND served_at > $2 AND served_at <= $3
            UNION SELECT {_COLUMNS} FROM served_lists
            WHERE person = ANY ($1) AND served_at > $2 AND served_at <= $3
            UNION SELECT {_COLUMNS} FROM served_lists WHERE recommendation_id = ANY ($4)
            """,  # noqa: S608 - constants
        list((sources | set(persons.values())) - {""}),
        min(moments) - BOUGHT_WITHIN,
        max(moments),
        list(ids - {""}),
    )
    lists = [_List(*row) for row in rows]
    cells = await connection.fetch(
        """SELECT recommendation_id, product_id, place, clicks, views, basket_adds, orders
           FROM served_products WHERE recommendation_id = ANY ($1)""",
        [each.recommendation_id for each in lists],
    )
    fold = _Fold(persons, lists, cells)
    for each in events:
        fold.add(each)
    await write_rows(connection, _WRITE, map(astuple, fold.changed.values()))
    await write_rows(
        connection, _WRITE_PRODUCTS, ((*key, *fold.cells[key]) for key in fold.changed_cells)
    )
    await write_rows(
        connection,
        _ADD,
        (
            (*key, *(counts[name] for name in (*_COUNTED, "revenue_minor", "position")))
            for key, counts in fold.days.items()
        ),
    )


def _who(recorded: Recorded) -> tuple[str, str]:
    """Return (browser, shopper) of who did something, as sources; empty where unknown."""
    event = recorded.event
    visitor, shopper = getattr(event, "visitor", ""), getattr(event, "shopper_id", "")
    if not isinstance(event, Visit.Event):
        visitor = recorded.visit_id or visitor
    if isinstance(event, Basket.ItemAdded):
        kind, _, key = recorded.stream_id.partition("-")[2].partition(":")
        shopper = key if kind == "shopper" else ""
        visitor = visitor or (key if kind == "visitor" else "")
    return _source(visitor), f"shopper:{shopper}" if shopper else ""


def _source(visitor: str) -> str:
    return visitor if not visitor or visitor.startswith("shopper:") else f"visitor:{visitor}"


_WRITE = f"""
    INSERT INTO served_lists ({_COLUMNS})
    SELECT n.recommendation_id, n.source, n.person, n.placement, n.model, n.served_at,
           ARRAY(SELECT json_array_elements_text(n.products)), n.clicks, n.views, n.basket_adds,
           n.orders, n.position
    FROM json_to_recordset($1) AS n (
        recommendation_id text, source text, person text, placement text, model text,
        served_at timestamptz, products json, clicks int, views int, basket_adds int, orders int,
        position bigint)
    ON CONFLICT (recommendation_id) DO UPDATE SET
        clicks = excluded.clicks, views = excluded.views, basket_adds = excluded.basket_adds,
        orders = excluded.orders, position = excluded.position"""  # noqa: S608 - constants
_WRITE_PRODUCTS = """
    INSERT INTO served_products
    SELECT * FROM json_to_recordset($1) AS n (
        recommendation_id text, product_id text, place int, clicks int, views int, basket_adds int,
        orders int)
    ON CONFLICT (recommendation_id, product_id) DO UPDATE SET
        clicks = excluded.clicks, views = excluded.views, basket_adds = excluded.basket_adds,
        orders = excluded.orders"""
_ADD = f"""
    INSERT INTO recommendation_days AS d (day, model, placement, currency,
        {", ".join(_COUNTED)}, revenue_minor, position)
    SELECT * FROM json_to_recordset($1) AS n (
        day date, model text, placement text, currency text,
        {", ".join(f"{name} int" for name in _COUNTED)}, revenue_minor bigint, position bigint)
    ON CONFLICT (day, model, placement, currency) DO UPDATE SET
        {", ".join(f"{name} = d.{name} + excluded.{name}" for name in _COUNTED)},
        revenue_minor = d.revenue_minor + excluded.revenue_minor,
        position = greatest(d.position, excluded.position)"""  # noqa: S608 - constants
_ATTRIBUTE = """
    UPDATE served_lists l SET person = n.person, position = greatest(l.position, n.position)
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE l.source = n.source"""
