"""A visitor with a real browser on the pages of a shop, whose snippet tells a running Footfall."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from application.keys import create_key
from tests.api.conftest import running_api
from tests.browser.chromium import a_running_chromium
from tests.browser.dashboard import Dashboard, check_built
from tests.browser.shop_site import a_shop_site, our_snippet
from tests.browser.told import Told
from tests.shops import an_open_shop, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import BrowserContext, ConsoleMessage, Page

    from application.keys import NewKey
    from footfall.wiring import Shop
    from tests.api.conftest import Api
    from tests.browser.chromium import Chromium
    from tests.browser.shop_site import ShopSite

# Chromium's own word on a request without success, whatever the script makes of it.
_INEVITABLE = re.compile(
    r"Failed to load resource: "
    r"(net::ERR_(INTERNET_DIS|CONNECTION_RE|EMPTY_RE|INCOMPLETE_CH|SOCKET_NOT)|"
    r".* status of (412|422|429|503))"
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    async with a_running_chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def shop(chromium: Chromium, database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def write_key(shop: Shop) -> NewKey:
    return await create_key(shop.pool, "write", name="a shop")


@pytest_asyncio.fixture(loop_scope="session")
async def api(shop: Shop) -> AsyncIterator[Api]:
    async with running_api(shop, with_staff=False) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def site(api: Api, write_key: NewKey) -> AsyncIterator[ShopSite]:
    """Serve the shop's pages, with a snippet for visitors who need not be asked."""
    async with a_shop_site(our_snippet(api.base, write_key.key, consent="granted")) as serving:
        yield serving


@pytest.fixture
def told(shop: Shop) -> Told:
    return Told(shop.journal)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Collect what browsers write on their consoles as errors: nothing."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(chromium: Chromium, complaints: list[str]) -> AsyncIterator[BrowserContext]:
    """Open a private window."""

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not _INEVITABLE.match(message.text):
            complaints.append(message.text)

    context = await chromium.private.new_context()
    context.set_default_timeout(10_000)
    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(visitor: BrowserContext) -> Page:
    """Open a tab that nothing was shown in yet."""
    return await visitor.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(shop: Shop, page: Page) -> AsyncIterator[Dashboard]:
    """Serve with a projector and staff, to a tab that nothing was shown in yet."""
    check_built()
    async with projecting(shop), running_api(shop) as running:
        yield Dashboard(running, page)
        await page.close()  # or its stream would outlast the server's patience
