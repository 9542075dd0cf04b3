"""One dashboard in a headless Chromium while 1,000 events a second come: memory and repaints."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

CHECKOUT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
RATE = 1_000
BATCH = 50
CONNECTIONS = 4
FIRST_SAMPLE_SECONDS = 60.0
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-proxy-server", "--enable-precise-memory-info")

# Counts, for each panel, the frames in which anything of it changed.
_COUNT_REPAINTS = """() => {
    const counts = new Map(), touched = new Set()
    const nameOf = (panel) => panel.querySelector('h2')?.textContent?.trim() ?? '?'
    let isWaiting = false
    const frame = () => {
        isWaiting = false
        for (const panel of touched) counts.set(nameOf(panel), (counts.get(nameOf(panel)) ?? 0) + 1)
        touched.clear()
    }
    const touch = (node) => {
        const panel = (node.nodeType === 1 ? node : node.parentElement)?.closest?.('.panel, .stat')
        if (!panel) return
        touched.add(panel)
        if (!isWaiting) { isWaiting = true; requestAnimationFrame(frame) }
    }
    new MutationObserver((all) => { for (const one of all) touch(one.target) }).observe(
        document.body, { subtree: true, childList: true, characterData: true, attributes: true })
    const draw = CanvasRenderingContext2D.prototype.clearRect
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        touch(this.canvas)
        return draw.apply(this, box)
    }
    window.repaints = counts
}"""


def chromium_here() -> str | None:
    """Return where Chromium is, if it is anywhere."""
    return os.environ.get("FOOTFALL_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


async def measured_tab(
    url: str, key: str, username: str, password: str, minutes: float
) -> dict[str, float]:
    """Return what the tab took: MiB of its heap, repaints a panel, seconds to the first view."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - of tests, not of a shop

    if (chromium := chromium_here()) is None:
        return {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS])
        try:
            context = await browser.new_context(viewport={"width": 1440, "height": 1000})
            await context.request.post(
                f"{url}/v1/sessions", data={"username": username, "password": password}
            )
            return await _watched(context, url, key, minutes * 60)
        finally:
            await browser.close()


async def _watched(context: BrowserContext, url: str, key: str, seconds: float) -> dict[str, float]:
    page = await context.new_page()
    first_view = await _first_view(page, url)
    load = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.intake_load",
        url,
        key,
        str(seconds),
        str(CONNECTIONS),
        str(BATCH),
        str(RATE),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    sending = asyncio.create_task(load.communicate())
    await page.evaluate(_COUNT_REPAINTS)
    started = time.monotonic()
    heaps = {}
    early = min(FIRST_SAMPLE_SECONDS, seconds / 2)
    await asyncio.sleep(early)
    heaps[f"tab_heap_mib_at_{early:.0f}_s"] = await _heap(page)
    output, _ = await sending
    took = time.monotonic() - started
    repaints: dict[str, int] = await page.evaluate("Object.fromEntries(window.repaints)")
    heaps[f"tab_heap_mib_at_{took:.0f}_s"] = await _heap(page)
    sent: Any = msgspec.json.decode(output)
    return {
        "tab_first_view_s": first_view,
        "tab_events_per_s": sent["events"] / sent["seconds"],
        **heaps,
        "tab_panels_repainted": len(repaints),
        "tab_most_repaints_per_panel_and_s": max(repaints.values(), default=0) / took,
    }


async def _first_view(page: Page, url: str) -> float:
    """Return after how many seconds of a cold visit the first number stands there."""
    started = time.monotonic()
    await page.goto(url)
    await page.locator(".stat .value", has_text="0").first.wait_for()
    return time.monotonic() - started


async def _heap(page: Page) -> float:
    """Return the living part of the tab's heap in MiB."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return float(usage["usedSize"]) / 2**20
