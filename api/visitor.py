"""The visitor id: how an anonymous browser keeps its basket."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from api.problems import bad_field

if TYPE_CHECKING:
    from aiohttp import web

HEADER = "Footfall-Visitor"
COOKIE = "footfall_visitor"
COOKIE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep one
_SHAPE = re.compile(r"[A-Za-z0-9._~-]{1,128}")


def visitor_of(request: web.Request) -> str:
    """Return the visitor id that the request carries; empty where it has none.

    A header that is no visitor id is a client's mistake and answered 400; such a cookie is
    ignored, since the person in the browser cannot mend it.
    """
    given = request.headers.get(HEADER)
    if given:
        if not _SHAPE.fullmatch(given):
            raise bad_field(HEADER, "a visitor id is 1 to 128 of A-Z a-z 0-9 . _ ~ -")
        return given
    kept = request.cookies.get(COOKIE, "") if "Cookie" in request.headers else ""
    return kept if _SHAPE.fullmatch(kept) else ""


def new_visitor() -> str:
    """Return an id nobody can guess: whoever knows it has the basket."""
    return secrets.token_urlsafe(18)
