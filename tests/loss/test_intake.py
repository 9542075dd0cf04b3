"""Behaviour is recorded once: repeated in any order, and through kills of the API."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from segment.analytics.client import Client as SegmentClient

from application.keys import create_key
from footfall.commands.options import opened
from footfall.commands.serve import free_port
from footfall.everything import wait_until_healthy
from footfall.settings import Settings
from tests.api.conftest import Api, running_api
from tests.loss.test_killed_processes import _children, _running
from tests.shops import an_open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

BATCH = 500
MESSAGES = 40_000
REPEATED = 10_000
KILLS = 5


@asynccontextmanager
async def _an_api(database_url: str, redis_url: str) -> AsyncIterator[tuple[Api, str]]:
    async with an_open_shop(database_url, redis_url) as shop, running_api(shop) as api:
        made = await create_key(shop.pool, "write", name="a shop")
        yield api, made.key


async def test_ten_thousand_repetitions_in_any_order_are_recorded_once(
    database_url: str, redis_url: str
) -> None:
    chance = random.Random(7)
    messages = [_message(f"m-{n}", n) for n in range(MESSAGES)]
    messages += chance.sample(messages, REPEATED)
    chance.shuffle(messages)
    batches = iter([messages[n : n + BATCH] for n in range(0, len(messages), BATCH)])
    async with _an_api(database_url, redis_url) as (api, key):

        async def sender() -> None:
            for batch in batches:
                body = gzip.compress(msgspec.json.encode({"batch": batch, "writeKey": key}))
                async with api.client.session.post(
                    f"{api.base}/v1/batch", data=body, headers={"Content-Encoding": "gzip"}
                ) as answer:
                    assert answer.status == 200, await answer.text()

        await asyncio.gather(*(sender() for _ in range(8)))
        recorded = await _products(api.shop.pool)
        head = await api.shop.journal.head()
    assert head == MESSAGES
    assert recorded == sorted(f"p-{n}" for n in range(MESSAGES))


async def test_an_sdk_loses_nothing_while_the_api_is_killed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=free_port("127.0.0.1"), log_level="error")
    async with opened(settings) as shop:
        key = (await create_key(shop.pool, "write", name="a shop")).key
    sent: list[str] = []
    async with _running(settings) as (url, up):
        client = SegmentClient(key, host=url, upload_size=20, upload_interval=0.2, max_retries=50)
        for _ in range(KILLS):
            for _ in range(100):
                product_id = uuid4().hex
                client.track(
                    anonymous_id="v-1",
                    event="Product Viewed",
                    properties={"product_id": product_id},
                )
                sent.append(product_id)
                await asyncio.sleep(random.uniform(0, 0.01))
            for pid, line in _children(up.pid):
                if line.endswith("api"):
                    os.kill(pid, signal.SIGKILL)
        await wait_until_healthy(url, asyncio.Event())
        async with asyncio.timeout(90):
            await asyncio.to_thread(_finish, client)
        async with opened(settings) as shop:
            recorded = await _products(shop.pool)
    assert recorded == sorted(sent)


def _finish(client: Any) -> None:
    client.flush()
    client.join()


async def _products(pool: Any) -> list[str]:
    """Return the product of every recorded view, repeated ones too, in order."""
    rows = await pool.fetch(
        """SELECT convert_from(payload, 'UTF8')::jsonb ->> 'product_id' AS product_id
           FROM log.events WHERE topic = 'visit.product_viewed'"""
    )
    return sorted(row["product_id"] for row in rows)


def _message(message_id: str, number: int) -> dict[str, object]:
    return {
        "type": "track",
        "messageId": message_id,
        "anonymousId": f"v-{number % 997}",
        "event": "Product Viewed",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"product_id": f"p-{number}"},
    }
