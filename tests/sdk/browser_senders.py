"""The story as scripts in a real browser tell it: our tracker, and Segment's analytics-next."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.browser.chromium import a_running_chromium
from tests.browser.shop_site import a_shop_site, our_snippet
from tests.sdk.senders import SHOPPER, STORY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from tests.sdk.conftest import Intake

_SEGMENT_SNIPPET = """
<script src="/files/index.js"></script>
<script>const analytics = AnalyticsNext.AnalyticsBrowser.load(
    {{writeKey: "{write_key}", cdnURL: "{base}"}})</script>"""


async def send_with_tracker(intake: Intake) -> None:
    """Open the story's page, which is told by itself, and call the tracker for the rest."""
    snippet = our_snippet(intake.api.base, intake.write_key, consent="granted")
    async with _the_first_page(snippet) as page:
        await page.evaluate(
            """([steps, shopper]) => steps.forEach(({call, event, properties}) =>
                call === 'identify' ? footfall.identify(shopper) : footfall.track(event, properties)
            )""",
            [STORY[1:], SHOPPER],
        )


async def send_with_segment(intake: Intake, node_modules: Path) -> None:
    """Send by the bundle that analytics-next has for browsers; our settings tell it where to."""
    snippet = _SEGMENT_SNIPPET.format(base=intake.api.base, write_key=intake.write_key)
    bundle = node_modules / "@segment" / "analytics-next" / "dist" / "umd"
    async with _the_first_page(snippet, bundle) as page:
        await page.evaluate(
            """([steps, shopper]) => Promise.all(steps.map(({call, name, event, properties}) => {
                if (call === 'identify') return analytics.identify(shopper)
                return call === 'page' ? analytics.page(name) : analytics.track(event, properties)
            }))""",
            [STORY, SHOPPER],
        )


@asynccontextmanager
async def _the_first_page(snippet: str, files: Path | None = None) -> AsyncIterator[Page]:
    """Open the page that the story begins with, and close its tab at the end."""
    address = urlsplit(STORY[0]["properties"]["url"])
    async with a_shop_site(snippet, files) as site, a_running_chromium() as chromium:
        page = await chromium.private.new_page()
        await page.goto(f"{site.put(address.path)}?{address.query}")
        yield page
        await page.close()
