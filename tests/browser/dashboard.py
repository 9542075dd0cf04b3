"""The dashboard in a browser, as its readers use it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from api.fronts import DASHBOARD, INDEX
from tests.api.conftest import STAFF_PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.api.conftest import Api, Client

AXE = DASHBOARD.files.parent / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
PHONE_WIDTH = 360


@dataclass
class Dashboard:
    """A running Footfall, and a tab with its dashboard. ``base``: another way to its server."""

    api: Api
    page: Page
    base: str = ""

    @property
    def client(self) -> Client:
        """Calls the API, as programs do."""
        return self.api.client

    async def sign_in(self, role: str, path: str = "/") -> None:
        """Open a page as the member of the staff who has this role."""
        await self.page.goto((self.base or self.api.base) + path)
        await self.page.get_by_label("Username").fill(role)
        await self.page.get_by_label("Password").fill(STAFF_PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("status").filter(has_text="Live").wait_for()

    def stat(self, title: str) -> Locator:
        """Return the value of a number."""
        return self.page.get_by_role("article", name=title).locator(".value")

    def panel(self, title: str) -> Locator:
        """Return a panel."""
        return self.page.get_by_role("region", name=title)

    async def grave_faults(self) -> list[Any]:
        """Return what axe finds that keeps people out."""
        await self.page.evaluate(_axe())
        found = await self.page.evaluate("axe.run()")
        return [
            (fault["id"], [node["html"][:200] for node in fault["nodes"]])
            for fault in found["violations"]
            if fault["impact"] in GRAVE
        ]


def check_built() -> None:
    """Skip the test where there is no dashboard to show."""
    if not (DASHBOARD.files / INDEX).exists():
        pytest.skip("the dashboard is not built: run `make web`")


async def fits_a_phone(dashboard: Dashboard, shown: Locator) -> bool:
    """Return whether a page is no wider than a small phone, where ``shown`` is still seen."""
    before = dashboard.page.viewport_size
    await dashboard.page.set_viewport_size({"width": PHONE_WIDTH, "height": 740})
    await shown.first.scroll_into_view_if_needed()
    width: int = await dashboard.page.evaluate("document.documentElement.scrollWidth")
    if before:
        await dashboard.page.set_viewport_size(before)
    return width <= PHONE_WIDTH


@cache
def _axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in web/dashboard")
    return AXE.read_text(encoding="utf-8")
