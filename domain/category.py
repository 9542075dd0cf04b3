"""Category: a shelf of the shop."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

from domain.errors import NotFound, Rejected, require
from domain.events import Aggregate


class CategoryNotFound(NotFound):
    """There is no such category."""

    code = "category_not_found"


class CategoryExists(Rejected):
    """There is a category with this id already."""

    code = "category_exists"


class Category(Aggregate):
    """A named shelf, perhaps under another one."""

    CATEGORY = "category"

    class Created(Aggregate.Created):
        TOPIC = "category.created"
        name: str
        parent: str = ""

    class Renamed(Aggregate.Event):
        TOPIC = "category.renamed"
        name: str

        def apply(self, aggregate: Category) -> None:
            aggregate.name = self.name

    def __init__(self, name: str, parent: str = "") -> None:
        self.name = name
        self.parent = parent

    @classmethod
    def create(
        cls, category_id: str, found: Self | None, name: str, parent: str, now: datetime
    ) -> Self:
        """Open a shelf."""
        if found is not None:
            raise CategoryExists
        _check_name(name)
        return cls._create(
            cls.Created, id=cls.stream_id(category_id), timestamp=now, name=name, parent=parent
        )

    def rename(self, name: str, now: datetime) -> None:
        """Give the shelf another name."""
        _check_name(name)
        if name != self.name:
            self.trigger_event(self.Renamed, timestamp=now, name=name)


def _check_name(name: str) -> None:
    require(
        (1 <= len(name.strip()) <= 200, "name", "length", "a name has 1 to 200 characters")  # noqa: PLR2004
    )
