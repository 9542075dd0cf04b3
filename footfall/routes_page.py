"""Write docs/routes.md: ``python -m footfall.routes_page > docs/routes.md``."""

from __future__ import annotations

import sys
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from api.roles import SIGNED_IN, STAFF
from api.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.route import Route

_HEAD = """\
# Routes

What each takes and answers stands in `/openapi.json`, for people at `/docs`; what a table cannot
say in [api.md](api.md). An admin may do what the other staff may. This page is made
from `api/routes.py` by `make docs`.
"""


def routes_page() -> str:
    """Return the page: one table for each subject, in the order of the routes."""
    return _HEAD + "".join(
        f"\n## {tag}\n\n| route | who | what |\n|---|---|---|\n{''.join(_rows(tag))}"
        for tag in dict.fromkeys(route.tag for route in ROUTES)
    )


def _rows(tag: str) -> Iterator[str]:
    """Give the rows of a subject; addresses of one thing share one."""
    of_tag = [
        (route.method, _who(route), route.summary, route.path)
        for route in ROUTES
        if route.tag == tag
    ]
    for (method, who, summary), routes in groupby(of_tag, key=itemgetter(0, 1, 2)):
        paths = ", ".join(f"`{path}`" for *_, path in routes)
        yield f"| {method} {paths} | {who} | {summary} |\n"


def _who(route: Route) -> str:
    if route.takes_write_key:
        return "write key"
    if not route.roles:
        return "anyone"
    named = {SIGNED_IN: "whoever is signed in", STAFF: "staff"}
    return named.get(route.roles) or ", ".join(sorted(route.roles))


if __name__ == "__main__":
    sys.stdout.write(routes_page())
