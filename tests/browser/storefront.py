"""The demo storefront in a browser, as its visitors use it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from api.fronts import INDEX, STOREFRONT
from api.tracker import BUILT
from application import categories, products
from domain.money import Money
from domain.product import ProductDetails
from tests.shops import context

if TYPE_CHECKING:
    from playwright.async_api import Page

    from footfall.wiring import Shop

AXE = STOREFRONT.files.parent / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
PASSWORD = "only a shopper"
MUGS = 26
"""More than one page of a list has."""


@dataclass
class Storefront:
    """A tab with the storefront of a running Footfall."""

    base: str
    page: Page

    async def open(self, path: str = "/") -> None:
        """Open a page by its address."""
        await self.page.goto(f"{self.base}/shop{path}")
        await self.page.get_by_role("heading", level=1).first.wait_for()

    async def follow(self, name: str) -> None:
        """Follow a link."""
        await self.page.get_by_role("link", name=name, exact=True).first.click()

    async def press(self, name: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fill(self, **values: str) -> None:
        """Fill in fields by their labels."""
        for label, value in values.items():
            await self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)

    async def says(self, text: str) -> None:
        """Wait until the page has this text."""
        await self.page.get_by_text(text).first.wait_for()

    async def answer(self, consent: str) -> None:
        """Answer the question for consent."""
        await self.press(consent)
        await self.says("Your choice is saved.")

    async def add(self, product_id: str) -> None:
        """Put a product into the basket, from its page."""
        await self.open(f"/products/{product_id}")
        await self.press("Add to basket")
        await self.says("is in your basket.")

    async def register(self, username: str, path: str = "/register") -> None:
        """Open an account and sign in."""
        await self.open(path)
        await self.fill(
            Name=f"{username} of the tests",
            **{"E-mail": f"{username}@example.com"},
            Username=username,
            Password=PASSWORD,
        )
        await self.press("Register")
        await self.says("Welcome,")

    async def order(self, product_id: str) -> None:
        """Order a product as somebody who is signed in; the confirmation is shown."""
        await self.add(product_id)
        await self.open("/checkout")
        await self.fill_address()
        await self.press("Place order")
        await self.says("Thank you for your order")

    async def fill_address(self) -> None:
        """Give an address, where there is none yet."""
        await self.page.get_by_role("heading", name="2. Where it goes").wait_for()
        if not await self.page.get_by_role("group", name="Address").count():
            await self.fill(Street_and_number="Main Street 1", Postcode="10115", Town="Berlin")
            await self.press("Save address")
            await self.page.get_by_role("group", name="Address").wait_for()

    async def visitor(self) -> str:
        """Return the id that the browser keeps; empty where it keeps none."""
        for cookie in await self.page.context.cookies():
            if cookie["name"] == "footfall_visitor":
                return cookie["value"]
        return ""

    async def kept(self) -> set[str]:
        """Return the names of all that the browser keeps of the shop."""
        stored = await self.page.evaluate("Object.keys({...localStorage, ...sessionStorage})")
        return {*stored, *(cookie["name"] for cookie in await self.page.context.cookies())}

    async def width(self) -> int:
        """Return how wide the page is, once it has all that it loads."""
        await self.page.wait_for_load_state("networkidle")
        width: int = await self.page.evaluate("document.documentElement.scrollWidth")
        return width

    async def grave_faults(self, *rules: str) -> list[Any]:
        """Return what axe finds that keeps people out, by all rules or by some."""
        await self.page.evaluate(_axe())
        asked = {"runOnly": list(rules)} if rules else {}
        found = await self.page.evaluate("asked => axe.run(document, asked)", asked)
        return [
            (fault["id"], [node["html"][:200] for node in fault["nodes"]])
            for fault in found["violations"]
            if fault["impact"] in GRAVE
        ]


def check_built() -> None:
    """Skip the test where there is no storefront to show."""
    if not (STOREFRONT.files / INDEX).exists() or not BUILT.exists():
        pytest.skip("the storefront is not built: run `make web`")


async def a_stocked_shop(shop: Shop) -> None:
    """Put up for sale what a visitor may look for."""
    for category in ("Kitchen", "Lighting"):
        await categories.create_category(shop.journal, context(), category.lower(), category)
    goods: dict[str, tuple[str, str, int | None]] = {
        **{f"mug-{n:02}": (f"Mug number {n}", "kitchen", None) for n in range(1, MUGS + 1)},
        "teapot": ("Teapot Cobalt", "kitchen", 9),
        "lamp": ("Table Lamp Mustard", "lighting", 3),
        "lantern": ("Lantern Rust", "lighting", 0),
    }
    for minute, (product_id, (name, category, stock)) in enumerate(goods.items()):
        await products.add_product(
            shop.journal,
            context(minute),
            product_id,
            ProductDetails(name, f"{name}, made for tests.", category, {"colour": "sage"}),
            price=Money(500 + 100 * minute, "EUR"),
            stock=stock,
        )


@cache
def _axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in web/shop")
    return AXE.read_text(encoding="utf-8")
