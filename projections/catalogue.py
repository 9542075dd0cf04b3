"""Catalogue: which products are there, found by words, category and price."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from domain.category import Category
from domain.product import Product
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


Sort = Literal["id", "name", "price", "price_down", "newest", "relevance"]


class ProductRow(msgspec.Struct, frozen=True):
    """A product as shoppers see it, with what its reviewers think."""

    product_id: str
    name: str
    description: str
    category: str
    price_minor: int
    currency: str
    stock: int | None
    attributes: dict[str, str]
    image_url: str
    is_withdrawn: bool
    added_at: datetime
    version: int
    rating_average: float | None = None
    rating_count: int = 0


class CategoryRow(msgspec.Struct, frozen=True):
    """A category and how many products it holds."""

    category_id: str
    name: str
    parent: str
    products: int


class Catalogue:
    """Products and categories."""

    name = "catalogue"
    version = 1
    tables = ("catalogue", "categories")
    events: tuple[type[Event], ...] = (
        Product.Added,
        Product.DetailsChanged,
        Product.PriceChanged,
        Product.StockAdjusted,
        Product.StockReserved,
        Product.StockReturned,
        Product.Withdrawn,
        Category.Created,
        Category.Renamed,
    )
    feed = Feed(
        "catalogue",
        ("product_id",),
        ("product_id", "name", "category", "price_minor", "currency", "stock", "is_withdrawn"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold product and category events."""
        products = [e for e in batch if e.topic.startswith("product.")]
        ids = {_key(e) for e in products}
        rows = await rows_by_key(connection, "catalogue", "product_id", ids) if ids else {}
        for event in products:
            _fold(rows, event)
        await write_rows(connection, _UPSERT, (_values(row) for row in rows.values()))
        await _write_categories(connection, [e for e in batch if e.topic.startswith("category.")])


async def find_product(connection: Connection, product_id: str) -> ProductRow | None:
    """Return a product, withdrawn ones too; None where there is none."""
    row = await connection.fetchrow(f"{_SELECT} WHERE c.product_id = $1", product_id)
    return _row(row) if row else None


async def search_products(
    connection: Connection,
    *,
    query: str = "",
    category: str = "",
    least_minor: int | None = None,
    most_minor: int | None = None,
    in_stock: bool = False,
    ids: Sequence[str] | None = None,
    sort: Sort = "id",
    after: str = "",
    limit: int = 50,
) -> list[ProductRow]:
    """Return products on sale that have all the words of ``query``, from after ``after``.

    A word also finds those that begin with it. ``ids``: none but these. ``after``: the id of the
    last product seen in the same ``sort``. Without words nothing is more relevant, so that sort is
    then by id.
    """
    if sort == "relevance" and not query.strip():
        sort = "id"
    wanted: list[object] = [query]

    def argument(value: object) -> str:
        wanted.append(value)
        return f"${len(wanted)}"

    conditions = ["NOT c.is_withdrawn"]
    if query.strip():
        conditions.append("c.words @@ (TABLE asked)")
    if in_stock:
        conditions.append("(c.stock IS NULL OR c.stock > 0)")
    compared = {
        "c.category = {}": category or None,
        "c.price_minor >= {}": least_minor,
        "c.price_minor <= {}": most_minor,
        "c.product_id = ANY({}::text[])": ids,
    }
    conditions += [
        condition.format(argument(bound))
        for condition, bound in compared.items()
        if bound is not None
    ]
    value, direction = _SORTS[sort]
    if after and sort == "id":
        conditions.append(f"c.product_id > {argument(after)}")
    elif after:
        sign = ">" if direction == "ASC" else "<"
        last = f"SELECT {value}, c.product_id FROM catalogue c WHERE c.product_id ="  # noqa: S608
        conditions.append(f"({value}, c.product_id) {sign} ({last} {argument(after)})")
    rows = await connection.fetch(
        f"""{_ASKED} {_SELECT} WHERE {" AND ".join(conditions)}
            ORDER BY {value} {direction}, c.product_id {direction} LIMIT {argument(limit)}""",
        *wanted,
    )
    return [_row(row) for row in rows]


async def list_categories(connection: Connection) -> list[CategoryRow]:
    """Return all categories with the number of products on sale in each."""
    rows = await connection.fetch(
        """SELECT k.category_id, k.name, k.parent, count(c.product_id)::int AS products
           FROM categories k
           LEFT JOIN catalogue c ON c.category = k.category_id AND NOT c.is_withdrawn
           GROUP BY k.category_id, k.name, k.parent ORDER BY k.name, k.category_id"""
    )
    return [CategoryRow(*row) for row in rows]


_SORTS: dict[Sort, tuple[str, str]] = {
    "id": ("c.product_id", "ASC"),
    "name": ("lower(c.name)", "ASC"),
    "price": ("c.price_minor", "ASC"),
    "price_down": ("c.price_minor", "DESC"),
    "newest": ("c.added_at", "DESC"),
    "relevance": ("ts_rank(c.words, (TABLE asked))", "DESC"),
}

# The words as the parser of the column sees them, each also as a beginning: what is taken apart
# there (t-shirt, O'Neill, 3.5mm) is taken apart here in the same way.
_ASKED = r"""WITH asked AS MATERIALIZED (
        SELECT coalesce(string_agg(
                   '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '
               ), '')::tsquery
        FROM unnest(to_tsvector('simple', $1)))"""

_SELECT = """SELECT c.product_id, c.name, c.description, c.category, c.price_minor, c.currency,
        c.stock, c.attributes, c.image_url, c.is_withdrawn, c.added_at, c.version,
        r.average, coalesce(r.count, 0)
    FROM catalogue c
    LEFT JOIN LATERAL (SELECT avg(rating)::float8 AS average, count(*)::int AS count FROM reviews v
                       WHERE v.product_id = c.product_id AND NOT v.is_withdrawn) r ON true"""

_UPSERT = """
    INSERT INTO catalogue (product_id, name, description, category, price_minor, currency, stock,
                           attributes, image_url, is_withdrawn, added_at, version, position)
    SELECT * FROM json_to_recordset($1) AS n (
        product_id text, name text, description text, category text, price_minor bigint,
        currency text, stock int, attributes jsonb, image_url text, is_withdrawn bool,
        added_at timestamptz, version int, position bigint)
    ON CONFLICT (product_id) DO UPDATE SET
        name = excluded.name, description = excluded.description, category = excluded.category,
        price_minor = excluded.price_minor, currency = excluded.currency, stock = excluded.stock,
        attributes = excluded.attributes, image_url = excluded.image_url,
        is_withdrawn = excluded.is_withdrawn, version = excluded.version,
        position = excluded.position"""

_COLUMNS = (
    "product_id",
    "name",
    "description",
    "category",
    "price_minor",
    "currency",
    "stock",
    "attributes",
    "image_url",
    "is_withdrawn",
    "added_at",
    "version",
    "position",
)


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    key, event = _key(recorded), recorded.event
    if isinstance(event, Product.Added):
        rows[key] = {"product_id": key, "is_withdrawn": False, "added_at": recorded.occurred_at}
        rows[key].update(price_minor=event.price.amount, currency=event.price.currency)
        rows[key].update(stock=event.stock)
    row = rows.get(key)
    if row is None:
        return
    match event:
        case Product.Added() | Product.DetailsChanged():
            row.update(
                name=event.name,
                description=event.description,
                category=event.category,
                attributes=msgspec.json.encode(event.attributes).decode(),
                image_url=event.image_url,
            )
        case Product.PriceChanged():
            row.update(price_minor=event.price.amount, currency=event.price.currency)
        case Product.StockAdjusted():
            row["stock"] = event.stock
        case Product.StockReserved() if row["stock"] is not None:
            row["stock"] -= event.quantity
        case Product.StockReturned() if row["stock"] is not None:
            row["stock"] += event.quantity
        case Product.Withdrawn():
            row["is_withdrawn"] = True
    row["version"] = recorded.version
    row["position"] = recorded.position


async def _write_categories(connection: Connection, batch: Sequence[Recorded]) -> None:
    rows: dict[str, tuple[str, str, str | None, int]] = {}
    for recorded in batch:
        key, event = _key(recorded), recorded.event
        match event:
            case Category.Created():
                rows[key] = (key, event.name, event.parent, recorded.position)
            case Category.Renamed():
                parent = rows[key][2] if key in rows else None
                rows[key] = (key, event.name, parent, recorded.position)
    await write_rows(
        connection,
        """INSERT INTO categories AS c (category_id, name, parent, position)
           SELECT id, name, coalesce(parent, ''), position
           FROM json_to_recordset($1) AS n (id text, name text, parent text, position bigint)
           ON CONFLICT (category_id) DO UPDATE
               SET name = excluded.name, position = excluded.position""",
        rows.values(),
    )


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    as_json = {"attributes": msgspec.Raw(row["attributes"])}
    return tuple((row | as_json)[column] for column in _COLUMNS)


def _key(recorded: Recorded) -> str:
    return recorded.stream_id.partition("-")[2]


def _row(row: Any) -> ProductRow:
    values = list(row)
    values[7] = msgspec.json.decode(values[7])
    return ProductRow(*values)
