"""Tells what brought a visitor: a campaign, an advertisement, another site."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from application.intake.privacy import without_emails

LONGEST = 100
_CLICK_IDS = {
    "gclid": "google/cpc",
    "gbraid": "google/cpc",
    "wbraid": "google/cpc",
    "fbclid": "facebook/cpc",
    "msclkid": "bing/cpc",
}
_FIELDS = 100


@lru_cache(maxsize=4_096)
def source_of(url: str, referrer: str) -> str:
    """Return the source that a page view shows; empty where the visitor was here before it.

    A campaign in the address counts first, then an advertisement's click id, then the referrer.
    """
    try:
        page, came_from = urlsplit(url), urlsplit(referrer)
        if marked := _of_query(page.query):
            return marked
        host, here = _host(came_from.hostname), _host(page.hostname)
    except ValueError:  # no address at all
        return ""
    if not host:
        return "direct"
    return "" if host == here else host[:LONGEST]


def campaign(source: object, medium: object) -> str:
    """Return the source of a campaign by its two names; empty without the first."""
    if not isinstance(source, str) or not source.strip():
        return ""
    name = source.strip()
    if isinstance(medium, str) and medium.strip():
        name += f"/{medium.strip()}"
    return without_emails(name).lower()[:LONGEST]


def _of_query(query: str) -> str:
    if "utm_source" not in query and "clid=" not in query and "braid=" not in query:
        return ""
    found = parse_qs(query, max_num_fields=_FIELDS)
    if "utm_source" in found:
        return campaign(found["utm_source"][0], found.get("utm_medium", [""])[0])
    return next((name for mark, name in _CLICK_IDS.items() if mark in found), "")


def _host(name: str | None) -> str:
    return (name or "").lower().removeprefix("www.")
