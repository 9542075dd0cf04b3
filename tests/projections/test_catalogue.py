"""Catalogue: what a shopper browsing the shop is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.category import Category
from domain.money import Money
from domain.product import Product
from domain.review import Review
from projections.catalogue import find_product, list_categories, search_products

if TYPE_CHECKING:
    from projections.catalogue import Sort
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def sells(
    log: Log,
    product_id: str,
    name: str = "A thing",
    *,
    minutes: int = 0,
    category: str = "things",
    minor: int = 100,
    stock: int | None = None,
    description: str = "",
) -> None:
    log.add(
        Product.Added,
        Product.stream_id(product_id),
        minutes,
        name=name,
        description=description,
        category=category,
        price=Money(minor, "EUR"),
        stock=stock,
        attributes={"colour": "red"},
    )


async def found(connection: Connection, query: str) -> list[str]:
    return [row.product_id for row in await search_products(connection, query=query)]


async def test_a_product_shows_its_last_details_price_and_stock(
    log: Log, reader: Connection
) -> None:
    sells(log, "lamp", "A lamp", stock=5)
    log.add(
        Product.DetailsChanged,
        "product-lamp",
        name="A better lamp",
        description="Bright",
        category="lights",
        attributes={},
        image_url="/lamp.png",
    )
    log.add(Product.PriceChanged, "product-lamp", price=Money(900, "EUR"))
    await log.fold()
    log.add(Product.StockReserved, "product-lamp", order_id="1", quantity=3)
    log.add(Product.StockReturned, "product-lamp", order_id="1", quantity=1)
    await log.fold()

    lamp = await find_product(reader, "lamp")

    assert lamp is not None
    assert (lamp.name, lamp.category, lamp.price_minor, lamp.stock) == (
        "A better lamp",
        "lights",
        900,
        3,
    )
    assert (lamp.attributes, lamp.image_url, lamp.version) == ({}, "/lamp.png", 5)


async def test_stock_that_is_not_counted_stays_so_until_it_is_counted(
    log: Log, reader: Connection
) -> None:
    sells(log, "lamp", stock=None)
    log.add(Product.StockReserved, "product-lamp", order_id="1", quantity=3)
    await log.fold()
    lamp = await find_product(reader, "lamp")
    assert lamp is not None
    assert lamp.stock is None

    log.add(Product.StockAdjusted, "product-lamp", stock=7, previous=None, reason="counted")
    await log.fold()
    lamp = await find_product(reader, "lamp")
    assert lamp is not None
    assert lamp.stock == 7


async def test_words_are_found_as_they_are_written_or_begun(log: Log, reader: Connection) -> None:
    sells(log, "shirt", "Blue t-shirt by O'Neill's", description="Seams of 3.5mm. Pour l'été.")
    sells(log, "lamp", "A lamp")
    await log.fold()

    asked = ["t-shirt", "T-SHI", "shirt blue", "3.5mm", "blu 3.5", "o'neill's", "O'Nei", "été"]

    assert {query: await found(reader, query) for query in asked} == {q: ["shirt"] for q in asked}


async def test_what_is_not_in_a_product_does_not_find_it(log: Log, reader: Connection) -> None:
    sells(log, "shirt", "Blue t-shirt")
    await log.fold()

    asked = ["shirt red", "irt", "!!!", "'", "\\", "a & | ( <-> :*"]

    assert {query: await found(reader, query) for query in asked} == {q: [] for q in asked}


async def test_a_withdrawn_product_is_known_yet_not_found(log: Log, reader: Connection) -> None:
    sells(log, "lamp", "A lamp")
    log.add(Product.Withdrawn, "product-lamp")
    await log.fold()

    lamp = await find_product(reader, "lamp")
    assert lamp is not None
    assert lamp.is_withdrawn
    assert await found(reader, "lamp") == []
    assert await found(reader, "") == []


async def test_search_keeps_to_category_price_and_stock(log: Log, reader: Connection) -> None:
    sells(log, "cheap", minor=100, stock=1)
    sells(log, "dear", minor=900, stock=1)
    sells(log, "gone", minor=500, stock=0)
    sells(log, "uncounted", minor=500, stock=None)
    sells(log, "elsewhere", minor=500, stock=1, category="others")
    await log.fold()

    rows = await search_products(
        reader, category="things", least_minor=101, most_minor=899, in_stock=True
    )

    assert [row.product_id for row in rows] == ["uncounted"]


SORTED: dict[Sort, list[str]] = {
    "id": ["a", "b", "c", "d"],
    "name": ["d", "c", "b", "a"],
    "price": ["c", "a", "b", "d"],
    "price_down": ["d", "b", "a", "c"],
    "newest": ["b", "d", "a", "c"],
    "relevance": ["c", "d", "b", "a"],
}


async def test_pages_of_every_sort_make_up_the_whole(log: Log, reader: Connection) -> None:
    sells(log, "c", "LAMP 2, a lamp", minor=100, minutes=1)
    sells(log, "a", "thing 4", minor=200, minutes=2, description="lamp")
    sells(log, "d", "lamp 1", minor=300, minutes=3)
    sells(log, "b", "thing 3", minor=200, minutes=4, description="with a lamp: lamp")
    await log.fold()

    for sort, expected in SORTED.items():
        seen = [""]
        while page := await search_products(
            reader, query="lamp", sort=sort, after=seen[-1], limit=1
        ):
            seen += [row.product_id for row in page]
        whole = await search_products(reader, query="lamp", sort=sort)
        assert [row.product_id for row in whole] == expected
        assert seen[1:] == expected


async def test_a_product_carries_what_its_reviewers_think(log: Log, reader: Connection) -> None:
    sells(log, "lamp")
    for shopper_id, rating in (("1", 5), ("2", 2), ("3", 1)):
        log.add(
            Review.Submitted,
            f"review-{shopper_id}:lamp",
            shopper_id=shopper_id,
            product_id="lamp",
            rating=rating,
            comment="",
        )
    log.add(Review.Withdrawn, "review-3:lamp", shopper_id="3", product_id="lamp")
    await log.fold()

    lamp = await find_product(reader, "lamp")

    assert lamp is not None
    assert (lamp.rating_average, lamp.rating_count) == (3.5, 2)


async def test_categories_count_what_is_on_sale(log: Log, reader: Connection) -> None:
    log.add(Category.Created, "category-things", name="Thinks")
    log.add(Category.Created, "category-small", name="Small things", parent="things")
    sells(log, "lamp", category="things")
    sells(log, "gone", category="things")
    await log.fold()
    log.add(Category.Renamed, "category-things", name="Things")
    log.add(Product.Withdrawn, "product-gone")
    await log.fold()

    rows = await list_categories(reader)

    assert [(row.category_id, row.name, row.parent, row.products) for row in rows] == [
        ("small", "Small things", "things", 0),
        ("things", "Things", "", 1),
    ]


async def test_what_happens_to_a_product_that_was_never_added_shows_nothing(
    log: Log, reader: Connection
) -> None:
    log.add(Product.StockReserved, "product-ghost", order_id="1", quantity=1)
    await log.fold()

    assert await find_product(reader, "ghost") is None
