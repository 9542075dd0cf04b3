"""The door to products: browsing for everybody, changing for admins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.resource_ids import ChosenId, new_id
from api.roles import ADMIN
from api.route import Reply, Route
from application.products import (
    ProductAnswer,
    ProductChanges,
    add_product,
    change_product,
    withdraw_product,
)
from domain.money import Money
from domain.product import Product, ProductDetails
from projections.catalogue import ProductRow, Sort, find_product, search_products

if TYPE_CHECKING:
    from api.call import Call

READS = ("catalogue", "reviews")
MOST_MINOR = 10**15
LONGEST_IDS = 10_000


class ProductQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """Products on sale. ``q``: words, each of which, or a beginning, is in the product.

    ``ids``: none but these, with commas between. ``sort`` by ``relevance`` is that to the words.
    """

    q: Annotated[str, Meta(max_length=500)] = ""
    category: str = ""
    min_price: Annotated[int, Meta(ge=0, le=MOST_MINOR)] | None = None
    max_price: Annotated[int, Meta(ge=0, le=MOST_MINOR)] | None = None
    in_stock: bool = False
    ids: Annotated[str, Meta(max_length=LONGEST_IDS)] = ""
    sort: Sort = "id"


class NewProduct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A product. Without ``stock`` the shop does not count it."""

    name: str
    price: Money
    product_id: ChosenId = ""
    description: str = ""
    category: str = ""
    stock: int | None = None
    attributes: dict[str, str] = {}
    image_url: str = ""


class ProductPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays. ``reason``: why the stock is another."""

    name: str | None = None
    description: str | None = None
    category: str | None = None
    price: Money | None = None
    stock: int | None = None
    attributes: dict[str, str] | None = None
    image_url: str | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class Rating(msgspec.Struct):
    """What reviewers think: the mean of 1 to 5, null without reviews."""

    average: float | None
    count: int


class ProductBody(msgspec.Struct, kw_only=True):
    """A product. ``stock`` is null where the shop does not count it."""

    product_id: str
    name: str
    description: str
    category: str
    price: Money
    stock: int | None
    attributes: dict[str, str]
    image_url: str
    rating: Rating | None = None
    added_at: datetime | None = None


async def search(call: Call[None, ProductQuery]) -> Reply:
    """Return products on sale."""
    query = call.query
    async with call.services.pool.acquire() as connection:
        rows = await search_products(
            connection,
            query=query.q,
            category=query.category,
            least_minor=query.min_price,
            most_minor=query.max_price,
            in_stock=query.in_stock,
            ids=query.ids.split(",") if query.ids else None,
            sort=query.sort,
            after=query.cursor(str, ""),
            limit=query.limit + 1,
        )
    page = page_of(rows, query.limit, lambda row: row.product_id)
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show(call: Call[None, None]) -> Reply:
    """Return a product; 410 for one that is no longer sold."""
    async with call.services.pool.acquire() as connection:
        row = await find_product(connection, call.key("product_id"))
    if row is None:
        raise Problem(404, "product_not_found", "There is no such product.")
    if row.is_withdrawn:
        raise Problem(410, "product_withdrawn", "This product is no longer sold.")
    return Reply(_of_row(row), version=row.version)


async def add(call: Call[NewProduct, None]) -> Reply:
    """Put a new product up for sale."""
    body = call.body
    details = ProductDetails(
        body.name, body.description, body.category, body.attributes, body.image_url
    )
    outcome = await call.run(
        ProductAnswer,
        lambda journal, context: add_product(
            journal,
            context,
            body.product_id or new_id(),
            details,
            price=body.price,
            stock=body.stock,
        ),
    )
    answer = outcome.answer
    stream_id = Product.stream_id(answer.product_id)
    reply = await call.reply(outcome, _of_answer(answer), stream_id=stream_id)
    reply.headers["Location"] = f"/v1/products/{answer.product_id}"
    return reply


async def change(call: Call[ProductPatch, None]) -> Reply:
    """Change details, price or stock."""
    product_id = call.key("product_id")
    outcome = await change_product(
        call.journal,
        call.context(),
        product_id,
        msgspec.convert(call.body, ProductChanges, from_attributes=True),
        if_match=call.if_match,
    )
    return await call.reply(
        outcome, _of_answer(outcome.answer), stream_id=Product.stream_id(product_id)
    )


async def withdraw(call: Call[None, None]) -> Reply:
    """Sell a product no longer."""
    product_id = call.key("product_id")
    outcome = await withdraw_product(
        call.journal, call.context(), product_id, if_match=call.if_match
    )
    return await call.reply(outcome, stream_id=Product.stream_id(product_id))


def _of_row(row: ProductRow) -> ProductBody:
    return ProductBody(
        product_id=row.product_id,
        name=row.name,
        description=row.description,
        category=row.category,
        price=Money(row.price_minor, row.currency),
        stock=row.stock,
        attributes=row.attributes,
        image_url=row.image_url,
        rating=Rating(row.rating_average, row.rating_count),
        added_at=row.added_at,
    )


def _of_answer(answer: ProductAnswer) -> ProductBody:
    return ProductBody(
        product_id=answer.product_id,
        name=answer.name,
        description=answer.description,
        category=answer.category,
        price=answer.price,
        stock=answer.stock,
        attributes=answer.attributes,
        image_url=answer.image_url,
    )


_ONE = "/v1/products/{product_id}"

ROUTES = (
    Route(
        method="GET",
        path="/v1/products",
        handler=search,
        summary="Products on sale, by words, category and price",
        tag="Shop",
        query=ProductQuery,
        answer=Page[ProductBody],
        reads=READS,
    ),
    Route(
        method="POST",
        path="/v1/products",
        handler=add,
        summary="Put a product up for sale",
        tag="Shop",
        body=NewProduct,
        answer=ProductBody,
        status=201,
        roles=ADMIN,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(404, 422),
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=show,
        summary="A product",
        tag="Shop",
        answer=ProductBody,
        reads=READS,
        is_versioned=True,
        refusals=(404, 410),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=change,
        summary="Change a product's details, price or stock",
        tag="Shop",
        body=ProductPatch,
        answer=ProductBody,
        roles=ADMIN,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=withdraw,
        summary="Sell a product no longer",
        tag="Shop",
        status=204,
        roles=ADMIN,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
)
