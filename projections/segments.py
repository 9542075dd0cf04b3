"""Segments: what is counted of each shopper, and where the latest fit puts them.

The fold knows no clock: borders are moments and amounts, and value is counted from the moment of
the fit, or from what the shopper did since. When a new fit is noted, everyone is placed anew.
"""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.json import decode
from msgspec.structs import astuple

from domain.basket import Basket
from domain.order import Order
from domain.product import Product
from domain.review import Review
from domain.segmentation import Fit, Segmentation
from domain.shopper import Shopper
from domain.visit import Visit
from ml.segments.moves import PastOrder
from projections import identities
from projections.fold import write_rows
from projections.projection import Feed
from projections.segment_counts import ORDER, Counts, categories_of, orders_of
from projections.segment_places import (
    COUNTED,
    Looker,
    numbers_of,
    place_again,
    place_everyone,
    place_lookers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.events import Event, Recorded
    from ml.segments.shopper_numbers import ShopperNumbers
    from projections.projection import Connection

_FITS_KEPT = 4
_fits: dict[str, Fit] = {}
"""Read but once: a fit is large, and looked at by every batch."""


class Segments:
    """Everybody's numbers and segment."""

    name = "segments"
    version = 1
    tables = (
        "segments",
        "segment_sources",
        "segment_orders",
        "segment_tastes",
        "segment_products",
        "segment_identities",
        "segment_fit",
    )
    events: tuple[type[Event], ...] = (
        Product.Added,
        Product.DetailsChanged,
        Shopper.Registered,
        Shopper.Imported,
        Shopper.ConsentChanged,
        Shopper.Erased,
        Visit.ProductViewed,
        Visit.ProductCarted,
        Visit.ProductPurchased,
        Visit.PurchaseRefunded,
        Visit.ProductRated,
        Visit.ConsentChanged,
        Basket.ItemAdded,
        Order.Placed,
        Order.Cancelled,
        Order.Returned,
        Order.CreditNoted,
        Review.Submitted,
        Review.Edited,
        Review.Withdrawn,
        Segmentation.Fitted,
        *identities.EVENTS,
    )
    feed = Feed(
        "segments",
        ("person",),
        (
            "person",
            "is_gone",
            "segment",
            "recency",
            "frequency",
            "monetary",
            "cluster",
            "orders",
            "revenue_minor",
            "currency",
            "value_minor",
        ),
        is_published=False,
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was done; at each fit, place everyone before going on."""
        for piece in _pieces(batch):
            await _fold(connection, piece)


def _pieces(batch: Sequence[Recorded]) -> Iterator[Sequence[Recorded]]:
    """Cut after each fit: what came before it is placed by it, what comes after too."""
    start = 0
    for n, recorded in enumerate(batch, 1):
        if isinstance(recorded.event, Segmentation.Fitted):
            yield batch[start:n]
            start = n
    if start < len(batch):
        yield batch[start:]


async def _fold(connection: Connection, batch: Sequence[Recorded]) -> None:
    done = Counts(await categories_of(connection, batch), await orders_of(connection, batch))
    for recorded in batch:
        done.add(recorded)
    changed = await identities.fold_identities(connection, "segment_identities", batch)
    await write_rows(connection, _CATEGORIES, done.products.items())
    sources = await write_rows(connection, _SOURCES, done.source_rows())
    await write_rows(connection, _TASTES, ((*key, pieces) for key, pieces in done.tastes.items()))
    orders = await write_rows(
        connection, _ORDERS, (tuple(row[c] for c in ORDER) for row in done.orders.values())
    )
    await write_rows(connection, _ATTRIBUTE_SOURCES, map(astuple, changed))
    await write_rows(connection, _ATTRIBUTE_ORDERS, map(astuple, changed))
    persons = {row["source"]: row["person"] for row in (*sources, *orders)}
    persons |= {each.source: each.person for each in changed}
    touched = dict(done.named)
    for source, position in done.touched.items():
        person = persons.get(source, source)
        touched[person] = max(position, touched.get(person, 0))
    more = {persons[row["source"]] for row in orders} | done.named.keys()
    lookers = [
        Looker(source, views, basket_adds, touched.pop(source))
        for source, person, views, basket_adds, looks_only in sources
        if looks_only and person == source and source not in more
    ]
    await place_lookers(connection, lookers)
    await place_again(connection, await latest_fit(connection), touched)
    last = batch[-1]
    if isinstance(last.event, Segmentation.Fitted):
        await _keep(connection, last.event.fit, last)
        await place_everyone(connection, last.event.fit, last.position)


async def latest_fit(connection: Connection) -> Fit | None:
    """Return the fit that everyone stands by; None before the first."""
    digest = await connection.fetchval("SELECT digest FROM segment_fit")
    if digest is None:
        return None
    if digest not in _fits:
        text = await connection.fetchval("SELECT fit FROM segment_fit")
        while len(_fits) >= _FITS_KEPT:
            _fits.pop(next(iter(_fits)))
        digest = _digest(text)
        _fits[digest] = decode(text, type=Fit)
    return _fits[digest]


class FitState(NamedTuple):
    """What decides whether a fit is due. ``customers``: with an order of which something is kept.

    ``present``: when anybody did anything last. ``is_news``: whether anybody did since the fit.
    """

    fitted_at: datetime | None
    customers: int
    present: datetime | None
    is_news: bool


async def fit_state(connection: Connection) -> FitState:
    """Return when the latest fit was noted, and what there is now."""
    row: Any = await connection.fetchrow(
        """SELECT (SELECT fitted_at FROM segment_fit),
                  (SELECT count(*) FROM segments WHERE orders > 0 AND NOT is_gone),
                  (SELECT max(last_at) FROM segments WHERE is_known AND NOT is_gone),
                  (SELECT max(position) FROM segments)
                      IS DISTINCT FROM (SELECT position FROM segment_fit)"""
    )
    return FitState(*row)


async def known_shoppers(connection: Connection) -> list[ShopperNumbers]:
    """Return what is counted of all with an account or an order, by person."""
    rows = await connection.fetch(
        f"""SELECT s.person, s.is_known, {", ".join(f"s.{name}" for name in COUNTED)}, t.tastes
            FROM segments s LEFT JOIN (
                SELECT person, json_object_agg(category, pieces) AS tastes FROM (
                    SELECT p.person, t.category, sum(t.pieces) AS pieces
                    FROM segment_sources p JOIN segment_tastes t ON t.source = p.source
                    GROUP BY p.person, t.category) AS by_category
                GROUP BY person) AS t ON t.person = s.person
            WHERE s.is_known AND NOT s.is_gone ORDER BY s.person"""  # noqa: S608 - constants
    )
    return [numbers_of(row) for row in rows]


async def past_orders(connection: Connection) -> list[PastOrder]:
    """Return all orders of those who are still there, as they are known now."""
    rows = await connection.fetch(
        """SELECT o.person, o.placed_at, o.currency, o.is_sale, o.is_kept, o.goods_minor,
                  o.discount_minor, o.goods_minor - o.discount_minor - o.refund_minor
           FROM segment_orders o JOIN segments s ON s.person = o.person
           WHERE NOT s.is_gone ORDER BY o.order_id"""
    )
    return [PastOrder(*row) for row in rows]


async def _keep(connection: Connection, fit: Fit, recorded: Recorded) -> None:
    text = msgspec.json.encode(fit).decode()
    await connection.execute(
        """INSERT INTO segment_fit (fit, digest, fitted_at, position) VALUES ($1, $2, $3, $4)
           ON CONFLICT (only_row) DO UPDATE SET fit = excluded.fit, digest = excluded.digest,
               fitted_at = excluded.fitted_at, position = excluded.position""",
        text,
        _digest(text),
        recorded.occurred_at,
        recorded.position,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_CATEGORIES = """
    INSERT INTO segment_products (product_id, category)
    SELECT * FROM json_to_recordset($1) AS n (product_id text, category text)
    ON CONFLICT (product_id) DO UPDATE SET category = excluded.category"""

_SOURCES = """
    INSERT INTO segment_sources AS s (source, person, is_known, is_erased, first_at, last_at, views,
                                      basket_adds, consent)
    SELECT n.source, coalesce(k.person, n.source), n.is_known, n.is_erased, n.first_at, n.last_at,
           n.views, n.basket_adds, coalesce(n.consent, '{}')
    FROM json_to_recordset($1) AS n (
        source text, is_known bool, is_erased bool, first_at timestamptz, last_at timestamptz,
        views int, basket_adds int, consent jsonb)
    LEFT JOIN segment_identities k ON k.source = n.source
    ON CONFLICT (source) DO UPDATE SET
        is_known = s.is_known OR excluded.is_known, is_erased = s.is_erased OR excluded.is_erased,
        first_at = least(s.first_at, excluded.first_at),
        last_at = greatest(s.last_at, excluded.last_at), views = s.views + excluded.views,
        basket_adds = s.basket_adds + excluded.basket_adds, consent = s.consent || excluded.consent
    RETURNING source, person, views, basket_adds,
        source LIKE 'visitor:%' AND NOT (is_known OR is_erased) AND NOT EXISTS (
            SELECT FROM segment_orders o WHERE o.person = s.person) AS looks_only"""

_TASTES = """
    INSERT INTO segment_tastes AS t (source, category, pieces)
    SELECT * FROM json_to_recordset($1) AS n (source text, category text, pieces int)
    ON CONFLICT (source, category) DO UPDATE SET pieces = t.pieces + excluded.pieces"""

_ORDERS = """
    INSERT INTO segment_orders (order_id, source, person, currency, placed_at, is_sale,
                                is_cancelled, goods_minor, discount_minor, refund_minor)
    SELECT n.order_id, n.source, coalesce(k.person, n.source), n.currency, n.placed_at, n.is_sale,
           n.is_cancelled, n.goods_minor, n.discount_minor, n.refund_minor
    FROM json_to_recordset($1) AS n (
        order_id text, source text, currency text, placed_at timestamptz, is_sale bool,
        is_cancelled bool, goods_minor bigint, discount_minor bigint, refund_minor bigint)
    LEFT JOIN segment_identities k ON k.source = n.source
    ON CONFLICT (order_id) DO UPDATE SET
        currency = excluded.currency, placed_at = excluded.placed_at, is_sale = excluded.is_sale,
        is_cancelled = excluded.is_cancelled, goods_minor = excluded.goods_minor,
        discount_minor = excluded.discount_minor, refund_minor = excluded.refund_minor
    RETURNING source, person"""

_ATTRIBUTE_SOURCES = """
    UPDATE segment_sources s SET person = n.person
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE s.source = n.source"""

_ATTRIBUTE_ORDERS = """
    UPDATE segment_orders o SET person = n.person
    FROM json_to_recordset($1) AS n (source text, person text, position bigint)
    WHERE o.source = n.source"""
