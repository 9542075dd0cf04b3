"""What a route is: the one declaration that routing, checks and /openapi.json come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from api.roles import ANYONE, Role

if TYPE_CHECKING:
    from api.call import Call

JSON = "application/json"


class Empty(msgspec.Struct, forbid_unknown_fields=True):
    """A query without parameters."""


@dataclass(slots=True)
class Reply:
    """What a handler answers: a value to encode, or None for no body at all.

    ``position``: the log position of what was recorded, for ``Footfall-Position``.
    ``version``: the version of the resource, for ``ETag``.
    """

    answer: object = None
    position: int | None = None
    version: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[Mapping[str, Any], ...] = ()
    is_replay: bool = False


Handler = Callable[["Call[Any, Any]"], Awaitable[Reply | web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the API.

    ``roles``: who may call it, any of them; empty: anyone. ``reads``: the projections that the
    answer comes from, which ``Footfall-After`` waits for. ``is_idempotent``: honours
    ``Idempotency-Key``. ``is_versioned``: sends ``ETag`` and, where it writes, honours
    ``If-Match``. ``takes_write_key``: its handler authorises by a public write key, as SDKs send
    it. ``is_open_to_pages``: a shop's pages on other hosts may read it. ``media``: the content
    types of an answer that is not JSON.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    body: type[msgspec.Struct] | None = None
    is_body_optional: bool = False
    query: type[msgspec.Struct] = Empty
    answer: Any = None
    status: int = 200
    roles: frozenset[Role] = ANYONE
    reads: tuple[str, ...] = ()
    is_idempotent: bool = False
    is_versioned: bool = False
    is_command: bool = False
    knows_visitor: bool = False
    takes_write_key: bool = False
    is_open_to_pages: bool = False
    media: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether calling it changes nothing."""
        return self.method == "GET"
