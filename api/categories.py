"""The door to categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.resource_ids import ChosenId, new_id
from api.roles import ADMIN
from api.route import Reply, Route
from application.categories import CategoryAnswer, create_category, rename_category
from domain.category import Category
from projections.catalogue import CategoryRow, list_categories

if TYPE_CHECKING:
    from api.call import Call


class NewCategory(msgspec.Struct, forbid_unknown_fields=True):
    """A category, perhaps under another one."""

    name: Annotated[str, Meta(max_length=1_000)]
    category_id: ChosenId = ""
    parent: str = ""


class Rename(msgspec.Struct, forbid_unknown_fields=True):
    """Another name for a category."""

    name: Annotated[str, Meta(max_length=1_000)]


async def show_all(call: Call[None, Paged]) -> Reply:
    """Return the categories with the number of products on sale in each."""
    start = call.query.cursor(tuple[str, str], ("", ""))
    async with call.services.pool.acquire() as connection:
        rows = await list_categories(connection)
    following = [row for row in rows if (row.name, row.category_id) > start]
    page = page_of(following, call.query.limit, lambda row: (row.name, row.category_id))
    return Reply(page)


async def create(call: Call[NewCategory, None]) -> Reply:
    """Open a category."""
    body = call.body
    outcome = await call.run(
        CategoryAnswer,
        lambda journal, context: create_category(
            journal, context, body.category_id or new_id(), body.name, body.parent
        ),
    )
    return await call.reply(outcome, outcome.answer)


async def rename(call: Call[Rename, None]) -> Reply:
    """Give a category another name."""
    key = call.key("category_id")
    await call.check_version(Category.stream_id(key))
    outcome = await rename_category(call.journal, call.context(), key, call.body.name)
    return await call.reply(outcome, outcome.answer, stream_id=Category.stream_id(key))


ROUTES = (
    Route(
        method="GET",
        path="/v1/categories",
        handler=show_all,
        summary="Categories, by name",
        tag="Shop",
        query=Paged,
        answer=Page[CategoryRow],
        reads=("catalogue",),
    ),
    Route(
        method="POST",
        path="/v1/categories",
        handler=create,
        summary="Open a category",
        tag="Shop",
        body=NewCategory,
        answer=CategoryAnswer,
        status=201,
        roles=ADMIN,
        is_idempotent=True,
        is_command=True,
        refusals=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/categories/{category_id}",
        handler=rename,
        summary="Rename a category",
        tag="Shop",
        body=Rename,
        answer=CategoryAnswer,
        roles=ADMIN,
        is_versioned=True,
        is_command=True,
        refusals=(404, 422),
    ),
)
