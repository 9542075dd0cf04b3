"""API, projector and Postgres killed ten times under load: what was answered is there, once."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp
import pytest

from domain.basket import Basket
from footfall.commands.options import opened
from footfall.commands.serve import free_port
from footfall.embedded_postgres import postmaster_pid
from footfall.everything import wait_until_healthy
from footfall.settings import Settings
from projections import generations
from projections.checkpoints import live_generation
from projections.registry import PROJECTIONS
from tests.shops import a_small_history, caught_up
from workers.rebuilder import rebuild

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

KILLS = 10
CLIENTS = 8
PATIENCE_SECONDS = 60
"""How long a client tries one command before the installation counts as not coming back."""


async def test_acknowledged_commands_survive_and_read_models_equal_a_rebuild(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path, port=free_port("127.0.0.1"), log_level="error")
    async with opened(settings) as shop:
        await a_small_history(shop)

    async with _running(settings) as (url, up):
        stop = asyncio.Event()
        visitors = [uuid4().hex for _ in range(CLIENTS)]
        adding = [asyncio.create_task(_keep_adding(url, v, stop)) for v in visitors]
        for number in range(KILLS):
            await asyncio.sleep(random.uniform(0.7, 1.5))
            await _kill(up.pid, tmp_path, ("api", "projector", "postgres")[number % 3])
        await asyncio.sleep(1)
        stop.set()
        acknowledged = dict(zip(visitors, await asyncio.gather(*adding), strict=True))
        await wait_until_healthy(url, asyncio.Event())

        async with opened(settings) as shop:
            for visitor, added in acknowledged.items():
                basket = await shop.journal.load(Basket, f"visitor:{visitor}")
                assert basket is not None
                assert basket.items["bulb"].quantity == added
            # A rebuild may read further than a live model that is still catching up.
            await caught_up(shop, seconds=60)
            for projection in PROJECTIONS:
                async with shop.pool.acquire() as connection:
                    live = await live_generation(connection, projection.name)
                assert live is not None
                rebuilt = await rebuild(shop.journal, shop.pool, projection)
                async with shop.pool.acquire() as connection:
                    before = await generations.checksum(connection, projection, live)
                    after = await generations.checksum(connection, projection, rebuilt)
                assert before == after, projection.name
    assert min(acknowledged.values()) > KILLS


async def _keep_adding(url: str, visitor: str, stop: asyncio.Event) -> int:
    """Add one bulb after the other, each under its key until it is answered; return how many."""
    added = 0
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        while not stop.is_set() and added < 900:
            key = str(uuid4())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await _add(client, url, visitor, key):  # noqa: ASYNC110 - over HTTP
                    await asyncio.sleep(0.05)
            added += 1
            await asyncio.sleep(0.01)
    return added


async def _add(client: aiohttp.ClientSession, url: str, visitor: str, key: str) -> bool:
    headers = {"Footfall-Visitor": visitor, "Idempotency-Key": key}
    body = {"product_id": "bulb", "quantity": 1}
    try:
        async with client.post(f"{url}/v1/basket/items", json=body, headers=headers) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
    assert answer.status in {200, 201, 409, 500, 503}, text
    return answer.status in {200, 201}


async def _kill(up: int, data_dir: Path, victim: str) -> None:
    """Kill what runs under that name; one killed just before is waited for until it is back."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(OSError, IndexError):  # dead, or its lock file half written
                if pid := _pid_of(up, data_dir, victim):
                    os.kill(pid, signal.SIGKILL)
                    return
            await asyncio.sleep(0.05)


def _pid_of(up: int, data_dir: Path, victim: str) -> int:
    if victim == "postgres":
        return postmaster_pid(data_dir)
    return next((pid for pid, line in _children(up) if re.search(rf"{victim}$", line)), 0)


def _children(parent: int) -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_text().replace("\0", " ").strip()
        except (OSError, ValueError):
            continue
        if status[1] == str(parent):
            found.append((int(entry.name), line))
    return found


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    url = f"http://127.0.0.1:{settings.port}"
    up = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "footfall",
        "--data-dir",
        str(settings.data_dir),
        "up",
        "--port",
        str(settings.port),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_until_healthy(url, asyncio.Event())
        yield url, up
    finally:
        up.terminate()
        await asyncio.wait_for(up.wait(), 60)
