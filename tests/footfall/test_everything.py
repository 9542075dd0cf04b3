"""Starting: who waits for a healthy API learns why it is not, and is not kept waiting for ever."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.problems import NOT_READY, busy
from footfall.everything import NotHealthy, wait_until_healthy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def behind(events: int) -> web.Response:
    detail = "Read models are behind."
    return busy(503, NOT_READY, detail, 5, lag_events={"visits": events, "orders": 1}).response()


@asynccontextmanager
async def a_door(*times_behind: int) -> AsyncIterator[str]:
    """Serve a health door that says no so many times, and yes from then on."""
    left = list(times_behind)

    async def answer(_request: web.Request) -> web.Response:
        return behind(left.pop(0)) if left else web.Response()

    app = web.Application()
    app.router.add_get("/health/ready", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_who_waits_goes_on_once_the_api_is_ready() -> None:
    async with a_door(7_000, 12) as address, asyncio.timeout(5):
        await wait_until_healthy(address, asyncio.Event())


async def test_who_waited_long_enough_is_told_what_is_behind() -> None:
    async with a_door(*[7_000] * 50) as address, asyncio.timeout(5):
        with pytest.raises(
            NotHealthy, match=r"after 0 s: Read models are behind\. visits has 7,000"
        ):
            await wait_until_healthy(address, asyncio.Event(), seconds=0.2)


async def test_where_nothing_listens_the_reason_is_the_connection() -> None:
    async with a_door() as address:
        pass
    async with asyncio.timeout(5):
        with pytest.raises(NotHealthy, match="ClientConnectorError"):
            await wait_until_healthy(address, asyncio.Event(), seconds=0.2)


async def test_who_wants_to_stop_waits_no_longer() -> None:
    stop = asyncio.Event()
    async with a_door(*[1] * 50) as address, asyncio.timeout(5):
        waiting = asyncio.create_task(wait_until_healthy(address, stop))
        await asyncio.sleep(0.1)
        stop.set()
        await waiting
