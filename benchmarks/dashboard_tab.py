"""One dashboard in a real tab, while a thousand events a second happen for five minutes.

API, projector, load and Chromium are processes of their own; everything shares this machine. A
paint of a panel is a frame before which something in it changed; the busiest panel counts. Memory
is what the tab's scripts hold after a sweep, each quarter of the run. The peer is the tab itself
while nothing happens, just before.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from playwright.async_api import async_playwright

from application import users
from application.context import Context
from benchmarks.databases import fresh_database
from benchmarks.live import fill, url_of
from benchmarks.processes import processes
from benchmarks.report import Report
from domain.visit import Visit, fact
from footfall.commands.serve import free_port
from footfall.everything import wait_until_healthy
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import CDPSession, Page

    from footfall.settings import Settings
    from footfall.wiring import Shop

RATE = 1_000
BATCH = 50
SECONDS = float(os.environ.get("FOOTFALL_BENCH_TAB_SECONDS", "300"))
QUARTERS = 4
QUIET_SECONDS = 10.0
PASSWORD = "a password for a benchmark"  # noqa: S105 - of a shop that is gone a moment later
MEBIBYTE = 2**20
PAINTS = """() => {
  window.paints = new Map()
  for (const panel of document.querySelectorAll('section.panel, article.stat')) {
    let isDirty = false
    new MutationObserver(() => {
      if (isDirty) return
      isDirty = true
      requestAnimationFrame(() => {
        isDirty = false
        window.paints.set(panel, (window.paints.get(panel) ?? 0) + 1)
      })
    }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true })
  }
}"""


async def run(shop: Shop) -> Report:
    """Measure on a fresh database."""
    async with fresh_database(shop.settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            shop.settings,
            database_url=own,
            database_direct_url=own,
            port=free_port("127.0.0.1"),
            log_level="error",
        )
        await fill(settings)
        async with (
            processes(settings, ["api", "worker projector"]),
            open_shop(settings) as filled,
        ):
            await users.create_user(filled.pool, "bench", PASSWORD, ["analyst"])
            await wait_until_healthy(url_of(settings), asyncio.Event())
            async with _a_tab(settings) as (page, developer):
                return await _measure(filled, page, developer)


async def _measure(shop: Shop, page: Page, developer: CDPSession) -> Report:
    await page.evaluate(PAINTS)
    quiet = await _busy_share(developer, asyncio.sleep(QUIET_SECONDS))
    await _happen(shop, 5.0)  # until every list is full
    heaps = [await _heap_mib(developer)]
    await page.evaluate("window.paints.clear()")
    shares, events, began = [], 0, time.monotonic()
    for _ in range(QUARTERS):
        counted: list[int] = []
        shares.append(await _busy_share(developer, _happen(shop, SECONDS / QUARTERS, counted)))
        events += sum(counted)
        heaps.append(await _heap_mib(developer))
    seconds = time.monotonic() - began
    paints = await page.evaluate("[...window.paints.values()]")
    late = await _lateness_ms(shop, page)
    share = sum(shares) / len(shares)
    return Report(
        name="dashboard-tab",
        metrics={
            "seconds": seconds,
            "events_per_s": events / seconds,
            "paints_per_s_of_busiest_panel": max(paints) / seconds,
            "heap_begin_mib": heaps[0],
            **{f"heap_quarter_{n}_mib": heap for n, heap in enumerate(heaps[1:], start=1)},
            "tab_core_share": share,
            "quiet_tab_core_share": quiet,
            "last_event_to_shown_ms": late,
        },
        ratios={"heap_end_vs_begin": heaps[-1] / heaps[0], "core_share_vs_quiet": share / quiet},
    )


async def _happen(shop: Shop, seconds: float, counted: list[int] | None = None) -> None:
    """Let products be looked at, so many times a second."""
    began, told = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        if told >= elapsed * RATE:
            await asyncio.sleep(0.005)
            continue
        now = datetime.now(UTC)
        facts = [
            fact(Visit.ProductViewed, who, now, visitor=who, product_id=f"p{n % 200}")
            for n in range(told, told + BATCH)
            for who in [f"v-{n % 5_000}"]
        ]
        await shop.journal.record(Context("bench", now), facts)
        told += len(facts)
    if counted is not None:
        counted.append(told)


async def _lateness_ms(shop: Shop, page: Page) -> float:
    """Return how soon a last event is shown, after all the others."""
    await _happen(shop, 0.01)
    began = time.monotonic()
    head = await shop.journal.head()
    await page.wait_for_selector(f"li[data-position='{head}']")
    return (time.monotonic() - began) * 1_000


async def _busy_share(developer: CDPSession, work: Any) -> float:
    """Return how much of a core the tab's main thread took while the work was done."""
    busy, began = await _metric(developer, "TaskDuration"), time.monotonic()
    await work
    return (await _metric(developer, "TaskDuration") - busy) / (time.monotonic() - began)


async def _metric(developer: CDPSession, name: str) -> float:
    told = await developer.send("Performance.getMetrics")
    return next(float(each["value"]) for each in told["metrics"] if each["name"] == name)


async def _heap_mib(developer: CDPSession) -> float:
    await developer.send("HeapProfiler.collectGarbage")
    held: float = (await developer.send("Runtime.getHeapUsage"))["usedSize"]
    return held / MEBIBYTE


@asynccontextmanager
async def _a_tab(settings: Settings) -> AsyncIterator[tuple[Page, CDPSession]]:
    path = os.environ.get("FOOTFALL_CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise SystemExit("no Chromium here: apt-get install -y --no-install-recommends chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(url_of(settings))
        await page.get_by_label("Username").fill("bench")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_selector(".stat button.value")
        developer = await page.context.new_cdp_session(page)
        await developer.send("Performance.enable")
        yield page, developer
        await browser.close()
