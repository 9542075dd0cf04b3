"""Takes the pictures of README and docs, of a real demo shop: ``make pictures``.

``python -m tests.browser.pictures [--data-dir DIR]`` starts a demo (that of DIR, else one of its
own that is thrown away), waits until it is filled and writes docs/pictures/NAME-THEME.webp. A page
that the dashboard does not have is left out and said so.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from playwright.async_api import async_playwright, expect

from tests.browser.chromium import chromium_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page, StorageState


class Picture(NamedTuple):
    """A page to take. ``ready``: what stands on it once it is filled; ``press``: a button first."""

    name: str
    path: str
    ready: str = "h1"
    themes: tuple[str, ...] = ("light", "dark")
    size: tuple[int, int] = (1280, 860)
    press: str = ""


PICTURES = (
    Picture("now", "/", ".feed li:nth-child(12)"),
    Picture("shoppers", "/shoppers", themes=("light",)),
    Picture("products", "/products", themes=("light",)),
    Picture("models", "/models?part=models", ".panel canvas"),
    Picture("system", "/system", themes=("light",)),
    Picture("shop", "/shop/", "main li", press="Refuse all"),
)

ROOT = Path(__file__).resolve().parents[2]
TAKEN_TO = ROOT / "docs" / "pictures"
LOGIN = "demo-admin"
QUALITY = 78
SETTLE_MS = 2_500
WORDS_GO_MS = 7_000
"""After so long the words on what a button did are gone."""
PATIENCE_SECONDS = 900
NO_SUCH_PAGE = "There is no such page"


async def main(data_dir: Path | None) -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory(prefix="footfall-pictures-") as own:
        async with _a_demo(data_dir or Path(own)) as (address, password):
            await _until_filled(address, password)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=chromium_path(),
                    args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"],
                )
                staff = await _signed_in(browser, address, password)
                for picture in PICTURES:
                    for theme in picture.themes:
                        await _take(browser, address, staff, picture, theme)
                await browser.close()


@asynccontextmanager
async def _a_demo(data_dir: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a demo; yield its address and the password of its admin."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "footfall", "demo", "--port", "0", "--data-dir", str(data_dir)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env=dict(os.environ),
    )
    assert demo.stdout
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await demo.stdout.readline()).decode():
                if line.startswith("ready "):
                    break
            else:
                raise RuntimeError("the demo ended before it was ready")
        logins = json.loads((data_dir / "demo-logins.json").read_text(encoding="utf-8"))
        yield line.split()[1], logins[LOGIN]
    finally:
        demo.terminate()
        await demo.wait()


async def _until_filled(address: str, password: str) -> None:
    """Wait for what takes longest: a recommender that serves, and forecasts."""
    async with aiohttp.ClientSession(address) as client:
        body = {"username": LOGIN, "password": password}
        async with client.post("/v1/sessions", json=body) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        for path in ("/v1/insights/models?kind=recommender", "/v1/insights/stock-advice"):
            found: Any = []
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not found:
                    async with client.get(path, headers=headers) as answer:
                        found = (await answer.json()).get("items") if answer.ok else None
                    await asyncio.sleep(0.5)


async def _signed_in(browser: Browser, address: str, password: str) -> StorageState:
    """Sign in once: more would soon be too many."""
    context = await browser.new_context()
    body = {"username": LOGIN, "password": password}
    answer = await context.request.post(f"{address}/v1/sessions", data=body)
    await expect(answer).to_be_ok()
    kept = await context.storage_state()
    await context.close()
    return kept


async def _take(
    browser: Browser, address: str, staff: StorageState, picture: Picture, theme: str
) -> None:
    width, height = picture.size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        storage_state=staff,
    )
    page = await context.new_page()
    await page.goto(address + picture.path)
    gone = page.get_by_text(NO_SUCH_PAGE)
    there = page.locator(picture.ready).first
    await there.or_(gone).first.wait_for(timeout=60_000)
    if await gone.count():
        sys.stdout.write(f"{picture.path}: there is no such page yet\n")
    else:
        if picture.press:
            await page.get_by_role("button", name=picture.press).click()
            await page.wait_for_timeout(WORDS_GO_MS)
        await expect(page.locator(".skeleton")).to_have_count(0, timeout=60_000)
        await page.wait_for_timeout(SETTLE_MS)
        target = TAKEN_TO / f"{picture.name}-{theme}.webp"
        target.write_bytes(await _webp(page))
        told = f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KiB"
        sys.stdout.write(f"{told}\n")
    await context.close()


async def _webp(page: Page) -> bytes:
    session = await page.context.new_cdp_session(page)
    taken = await session.send(
        "Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "optimizeForSpeed": False}
    )
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take the pictures of README and docs.")
    parser.add_argument("--data-dir", type=Path, help="a demo's directory, to go on with it")
    asyncio.run(main(parser.parse_args().data_dir))
