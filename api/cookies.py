"""Cookies, and proof that a request with one was made by our own page."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

SHOPPER = "footfall_session"
STAFF = "footfall_staff"
"""Sessions of their own, so that one browser has the storefront and the dashboard side by side."""
NAMES = {"shopper": SHOPPER, "staff": STAFF}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie(
    request: web.Request, name: str, value: str, seconds: int, *, is_hidden: bool = True
) -> dict[str, Any]:
    """Return the arguments of ``set_cookie``; 0 seconds removes it.

    Secure except on loopback, where browsers may speak plain http.
    """
    return {
        "name": name,
        "value": value,
        "max_age": seconds,
        "path": "/",
        "httponly": is_hidden,
        "samesite": "Lax",
        "secure": not _is_loopback(request.host),
    }


def check_same_origin(request: web.Request) -> None:
    """Refuse an unsafe request that another site made a browser send.

    Every browser since 2020 sends Origin or Sec-Fetch-Site with such a request, and no page can
    forge them; a request with neither does not come from a browser that could be tricked (the
    reasoning of Go's net/http CrossOriginProtection).
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    else:
        is_ours = origin is None or urlsplit(origin).netloc == request.host
    if not is_ours:
        raise Problem(403, "csrf_failed", "A cookie counts only in requests of our own pages.")


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
