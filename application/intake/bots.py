"""Tells bots from people: by their agent, by webdriver, by a pace nobody reads at."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_AGENTS = re.compile(
    r"(?<!cu)bot(?!t)|crawl|spider|slurp|scrap|headless|phantomjs|lighthouse|pagespeed|gtmetrix"
    r"|pingdom|uptime|monitor|facebookexternalhit|mediapartners|feedfetcher|embedly|ia_archiver"
    r"|bingpreview|google-read-aloud|selenium|puppeteer|playwright|cypress"
    r"|python-requests|python-urllib|aiohttp|httpx|curl/|wget|libwww|go-http-client|java/|axios"
    r"|node-fetch|okhttp|httpclient",
    re.IGNORECASE,
)

MOST_VIEWS = 60
PACE_SECONDS = 60.0
VISITORS = 5_000
"""Visitors of whom the latest views are remembered; a fast one is always among them."""


def is_bot_agent(user_agent: str) -> bool:
    """Whether a user agent is that of a program, by its own word."""
    return _AGENTS.search(user_agent) is not None


class Pace:
    """Notices visitors with more than 60 page and product views within 60 seconds.

    What repeats a message counts once. A memory of this process: bounded, and empty at its start.
    """

    def __init__(self) -> None:
        self._views: OrderedDict[str, dict[int, float]] = OrderedDict()

    def is_too_fast(self, visitor: str, message_id: str, at: datetime) -> bool:
        """Note a view; say whether it is one too many."""
        seconds = at.timestamp()
        views = self._views.get(visitor)
        if views is None:
            self._views[visitor] = {hash(message_id): seconds}
            if len(self._views) > VISITORS:
                self._views.popitem(last=False)
            return False
        self._views.move_to_end(visitor)
        views[hash(message_id)] = seconds
        if len(views) <= MOST_VIEWS:
            return False
        earliest = views.pop(next(iter(views)))
        return abs(seconds - earliest) < PACE_SECONDS
