"""A real Chromium without a window, as its user would see it."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext

INSTALL = "apt-get install -y --no-install-recommends chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")

# What headless Chromium says of itself by default makes the intake mark it as a bot.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--disable-blink-features=AutomationControlled",  # navigator.webdriver is false
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    f"--user-agent={PERSON}",
)


class Chromium(NamedTuple):
    """A running browser: private windows for a visitor each, and one with true tabs.

    Playwright makes each page of a private window believe that it is seen and in focus. In
    ``tabs`` only the one in front is.
    """

    private: Browser
    tabs: BrowserContext


def chromium_path() -> str:
    """Return where Chromium is; skip the test that asks where it is nowhere."""
    named = os.environ.get("FOOTFALL_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium here: {INSTALL}")
    return found


@asynccontextmanager
async def a_running_chromium() -> AsyncIterator[Chromium]:
    path, port = chromium_path(), _free_port()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*_ARGUMENTS, f"--remote-debugging-port={port}"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        untouched = await playwright.chromium.connect_over_cdp(
            f"http://127.0.0.1:{port}", no_defaults=True
        )
        yield Chromium(browser, untouched.contexts[0])
        await untouched.close()
        await browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
