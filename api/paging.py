"""Pages of a list: a capped size and an opaque token that says where to go on."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from api.problems import bad_field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

DEFAULT = 50
MOST = 500
MAX_TOKEN_LETTERS = 2_000


class Paged(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of a list. A ``page_size`` above 500 counts as 500."""

    page_size: Annotated[int, Meta(ge=1)] = DEFAULT
    page_token: str = ""

    @property
    def limit(self) -> int:
        """How many items the page holds at most."""
        return min(self.page_size, MOST)

    def cursor(self, expected: type[T], start: T) -> T:
        """Return where the page begins. Raises 400 for a token that we did not make."""
        if not self.page_token:
            return start
        try:
            raw = urlsafe_b64decode(self.page_token[:MAX_TOKEN_LETTERS].encode("ascii"))
            value = msgspec.json.decode(raw, type=expected)
        except (ValueError, RecursionError) as error:
            raise bad_field("page_token", "this is no token of a page here") from error
        if b"\\u0000" in raw:
            raise bad_field("page_token", "this is no token of a page here")
        return value


class Page(msgspec.Struct, Generic[T]):
    """Some items; an empty ``next_page_token`` says that there are no more."""

    items: list[T]
    next_page_token: str = ""


def token(value: object) -> str:
    """Return the token that leads on from ``value``."""
    return urlsafe_b64encode(msgspec.json.encode(value)).decode()


def page_of(rows: Sequence[T], limit: int, cursor: Callable[[T], Any]) -> Page[T]:
    """Return a page out of up to ``limit`` + 1 rows: the one too many says that there are more."""
    shown = list(rows[:limit])
    return Page(shown, token(cursor(shown[-1])) if len(rows) > limit else "")
