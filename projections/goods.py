"""Goods: what of products decides whether they are recommended. A question to the catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ml.recommendation.chance import Goods

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from projections.projection import Connection

REPLENISH_DAYS = 30.0
"""After which a replenishable product is bought again, where neither the shop nor orders say."""
MOST_DAYS = 3_650.0


class Seen(NamedTuple):
    """Up to where somebody knows the catalogue: which build of it, and the latest change."""

    generation: int = 0
    position: int = 0


class Changes(NamedTuple):
    """What has changed since. ``products``: their ids; None where it may be any of them."""

    until: Seen
    products: Sequence[str] | None


class Known(NamedTuple):
    """A product of the catalogue. ``says_when``: the shop itself says after how many days."""

    name: str
    goods: Goods
    says_when: bool = False


async def goods_of(connection: Connection, products: Collection[str]) -> dict[str, Known]:
    """Return what is known of these products, on sale or not, by id.

    The attributes ``replenishable`` (true) and ``replenish_days`` say that one is bought again.
    A shop whose catalogue is not here may sell anything: then all of them are known.
    """
    if not products:
        return {}
    rows = await connection.fetch(f"{_GOODS} WHERE product_id = ANY ($1)", list(products))
    if not rows and not await connection.fetchval("SELECT EXISTS (SELECT FROM catalogue)"):
        return {product_id: Known(product_id, Goods()) for product_id in products}
    return _known(rows)


async def goods_after(connection: Connection, product_id: str, limit: int) -> dict[str, Known]:
    """Return the next products of the catalogue in the order of their ids, the last id the last."""
    rows = await connection.fetch(
        f"{_GOODS} WHERE product_id > $1 ORDER BY product_id LIMIT $2", product_id, limit
    )
    return _known(rows)


_GOODS = """
    SELECT product_id, name, category, coalesce(attributes ->> 'brand', ''),
           NOT is_withdrawn AND (stock IS NULL OR stock > 0),
           attributes ->> 'replenishable', attributes ->> 'replenish_days'
    FROM catalogue"""


def _known(rows: Sequence[Sequence[Any]]) -> dict[str, Known]:
    found = {}
    for product_id, name, category, brand, is_on_sale, replenishable, said in rows:
        days = _days(said) if said else None
        says_when = days is not None
        if days is None and replenishable == "true":
            days = REPLENISH_DAYS
        found[product_id] = Known(name, Goods(category, brand, is_on_sale, days), says_when)
    return found


def _days(said: str) -> float | None:
    """Return a number of days as the shop wrote it; None for anything else."""
    try:
        days = float(said)
    except ValueError:
        return None
    return min(days, MOST_DAYS) if days >= 0 and not math.isnan(days) else None
