"""Recommendations: each visitor's list, and what goes with a product. Kept by the recommender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from projections.projection import Connection

NAME = "recommendations"
"""What a reader waits for."""

POPULAR_DAYS = 14


_FIRST_ITEMS = """coalesce((
    SELECT json_agg(json_build_object('product_id', p.of, 'score', s.of) ORDER BY n)
    FROM json_array_elements_text(list -> 'products') WITH ORDINALITY AS p (of, n)
    JOIN json_array_elements(list -> 'scores') WITH ORDINALITY AS s (of, n) USING (n)
    WHERE n <= 20), '[]') AS items"""
"""Out of a list as it is kept: see KeptList."""


class RecommendationLists:
    """The visitors' lists as others may follow them: the first of each, the newest state only."""

    name = NAME
    feed = Feed(
        "app.recommendation_lists",
        ("visitor",),
        ("visitor", "model", _FIRST_ITEMS, "updated_at"),
        is_published=False,
    )


LISTS = RecommendationLists()


class Because(msgspec.Struct, frozen=True, array_like=True):
    """A touch that an entry rests on; ``kind`` as in ml.recommendation.sessions.EventKind."""

    product_id: str
    kind: int
    event_id: UUID


class Entry(msgspec.Struct, frozen=True):
    """A product of a list, and what it rests on."""

    product_id: str
    score: float
    because: tuple[Because, ...] = ()


class ShadowList(msgspec.Struct, frozen=True):
    """What a challenger would list for a visitor."""

    model: str
    products: tuple[str, ...]


class ListRow(msgspec.Struct, frozen=True):
    """A visitor's list. ``position``: up to where the log was known to who made it.

    ``touched``: the strongest kind of what was done to each product.
    """

    model: str
    position: int
    items: list[Entry]
    touched: dict[str, int]
    shadow: ShadowList | None = None


class TouchedProduct(msgspec.Struct, frozen=True, array_like=True):
    """A product that a visitor touched: the strongest kind, and the latest touches."""

    product_id: str
    kind: int
    latest: tuple[tuple[int, UUID], ...]


class KeptList(msgspec.Struct, frozen=True):
    """A list as it is kept. ``because``: the place in ``touched`` of each product's reason."""

    products: tuple[str, ...]
    scores: tuple[float, ...]
    because: tuple[int, ...]
    touched: tuple[TouchedProduct, ...]


_decode = msgspec.json.Decoder(KeptList).decode


async def kept_position(connection: Connection) -> int:
    """Return the log position that the lists know; 0 before the first."""
    position: int | None = await connection.fetchval("SELECT position FROM app.recommender")
    return position or 0


def list_of(row: Mapping[str, Any]) -> ListRow:
    """Return a visitor's list from its row, with ``shadow`` and ``products`` of a shadow list."""
    kept = _decode(row["list"])
    reasons = [
        tuple(Because(each.product_id, kind, event_id) for kind, event_id in each.latest)
        for each in kept.touched
    ]
    items = [
        Entry(product_id, score, reasons[place])
        for product_id, score, place in zip(kept.products, kept.scores, kept.because, strict=True)
    ]
    touched = {each.product_id: each.kind for each in kept.touched}
    shadow = None
    if row["shadow"] is not None:
        products = msgspec.json.decode(row["products"], type=tuple[str, ...])
        shadow = ShadowList(row["shadow"], products)
    return ListRow(row["model"], row["position"], items, touched, shadow)


async def neighbours(
    connection: Connection, products: Sequence[str], *, are_complements: bool
) -> tuple[str, list[Entry]]:
    """Return (model, products that go with these together, best first)."""
    column = "complements" if are_complements else "alike"
    rows = await connection.fetch(
        f"SELECT model, {column} AS found FROM app.product_neighbours WHERE product_id = ANY ($1)",  # noqa: S608
        list(products),
    )
    sums: dict[str, float] = {}
    for row in rows:
        for product_id, score in msgspec.json.decode(row["found"], type=list[tuple[str, float]]):
            sums[product_id] = sums.get(product_id, 0.0) + score
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return (rows[0]["model"] if rows else ""), [Entry(*pair) for pair in ranked]


async def popular(connection: Connection, *, today: date, limit: int) -> list[Entry]:
    """Return what was looked at, put into baskets and bought lately, each day counting less."""
    rows = await connection.fetch(
        """SELECT product_id, sum((views + 3 * basket_adds + 10 * (units - returned_units))
                                  * power(0.8, $1::date - day))::float8 AS score
           FROM product_sales WHERE day > $1::date - $2::int
           GROUP BY product_id HAVING sum(views + basket_adds + units) > 0
           ORDER BY score DESC, product_id LIMIT $3""",
        today,
        POPULAR_DAYS,
        limit,
    )
    return [Entry(*row) for row in rows]


async def newest(connection: Connection, *, limit: int) -> list[Entry]:
    """Return the products added last: what there is where nothing was ever looked at."""
    rows = await connection.fetch(
        """SELECT product_id, 0.0::float8 FROM catalogue WHERE NOT is_withdrawn
           ORDER BY added_at DESC, product_id LIMIT $1""",
        limit,
    )
    return [Entry(*row) for row in rows]
