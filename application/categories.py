"""What admins do with categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.category import Category, CategoryNotFound

if TYPE_CHECKING:
    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class CategoryAnswer(msgspec.Struct, frozen=True):
    """A category as it is after a command."""

    category_id: str
    name: str
    parent: str = ""


async def create_category(
    journal: Journal, context: Context, category_id: str, name: str, parent: str = ""
) -> Outcome[CategoryAnswer]:
    """Open a category, perhaps under an existing one."""

    def decide(loaded: Loaded) -> tuple[CategoryAnswer, list[Category]]:
        if parent and loaded.get(Category, parent) is None:
            raise CategoryNotFound(f"there is no category {parent}")
        found = loaded.get(Category, category_id)
        category = Category.create(category_id, found, name, parent, context.now)
        return CategoryAnswer(category_id, name, parent), [category]

    reads = [(Category, parent)] if parent and parent != category_id else []
    return await journal.execute(context, decide, writes=[(Category, category_id)], reads=reads)


async def rename_category(
    journal: Journal, context: Context, category_id: str, name: str
) -> Outcome[CategoryAnswer]:
    """Give a category another name."""

    def decide(loaded: Loaded) -> tuple[CategoryAnswer, list[Category]]:
        category = loaded.get(Category, category_id)
        if category is None:
            raise CategoryNotFound
        category.rename(name, context.now)
        return CategoryAnswer(category_id, category.name, category.parent), [category]

    return await journal.execute(context, decide, writes=[(Category, category_id)])
