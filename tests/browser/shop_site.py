"""A shop's static pages with our snippet, on an origin of their own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from api.tracker import BUILT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
{head}
</head><body>{body}</body></html>"""


class ShopSite:
    """Pages by their paths; ``snippet`` goes into the head of each."""

    def __init__(self, snippet: str) -> None:
        self.snippet = snippet
        self.base = ""
        self._pages: dict[str, str] = {}

    def put(self, path: str, body: str = "", *, snippet: str | None = None) -> str:
        """Publish a page; return its address."""
        head = self.snippet if snippet is None else snippet
        self._pages[path] = _PAGE.format(title=f"Page {path}", head=head, body=body)
        return self.base + path

    async def show(self, request: web.Request) -> web.Response:
        page = self._pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page, content_type="text/html")


@asynccontextmanager
async def a_shop_site(snippet: str = "", files: Path | None = None) -> AsyncIterator[ShopSite]:
    """Serve pages as http://shop.example, and a directory of files as /files."""
    site = ShopSite(snippet)
    app = web.Application()
    if files is not None:
        app.router.add_static("/files", files)
    app.router.add_get("/{path:.*}", site.show)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.base = f"http://shop.example:{runner.addresses[0][1]}"
        yield site
    finally:
        await runner.cleanup()


def our_snippet(api: str, write_key: str, **said: str) -> str:
    """Return the tag of our tracker; ``said`` are its other data attributes."""
    if not BUILT.exists():
        pytest.skip("the tracker is not built: run `make web`")
    attributes = "".join(f' data-{name}="{value}"' for name, value in said.items())
    return f'<script src="{api}/tracker.js" data-write-key="{write_key}"{attributes}></script>'
