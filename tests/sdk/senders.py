"""The same little shopping story, told through each SDK that a shop may already run."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segment.analytics.client import Client as SegmentClient

if TYPE_CHECKING:
    from tests.sdk.conftest import Intake

HERE = Path(__file__).parent
STORY: list[dict[str, Any]] = json.loads((HERE / "story.json").read_text())
VISITOR, SHOPPER = "v-story", "shopper-7"

_GA4_NAMES = {
    "Products Searched": "view_search_results",
    "Product Clicked": "select_item",
    "Product Viewed": "view_item",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Checkout Started": "begin_checkout",
    "Order Completed": "purchase",
}


async def send_with_node(intake: Intake, sdk: str) -> None:
    """Send by ``send.mjs``: segment or rudderstack."""
    process = await asyncio.create_subprocess_exec(
        "node",
        "send.mjs",
        sdk,
        intake.api.base,
        intake.write_key,
        VISITOR,
        SHOPPER,
        cwd=HERE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(90):
        said, _ = await process.communicate(json.dumps(STORY).encode())
    assert process.returncode == 0, said.decode()


async def send_with_python(intake: Intake) -> None:
    """Send by segment-analytics-python, compressed."""

    def send() -> None:
        client = SegmentClient(
            intake.write_key, host=intake.api.base, gzip=True, upload_size=5, max_retries=20
        )
        who: dict[str, str] = {"anonymous_id": VISITOR}
        for step in STORY:
            if step["call"] == "identify":
                who["user_id"] = SHOPPER
                client.identify(**who)
            elif step["call"] == "page":
                client.page(**who, name=step["name"], properties=step["properties"])
            else:
                client.track(**who, event=step["event"], properties=step["properties"])
        client.flush()
        client.join()

    async with asyncio.timeout(90):
        await asyncio.to_thread(send)


async def send_as_ga4(intake: Intake) -> None:
    """Send by plain POST, as Google's Measurement Protocol has it."""
    who = {"client_id": VISITOR}
    for step in STORY:
        if step["call"] == "identify":
            who["user_id"] = SHOPPER
            continue
        body = {**who, "timestamp_micros": time.time_ns() // 1_000, "events": [_as_ga4(step)]}
        url = f"{intake.api.base}/mp/collect?measurement_id=G-1&api_secret={intake.write_key}"
        async with intake.api.client.session.post(url, json=body) as answer:
            assert answer.status == 204, await answer.text()


def _as_ga4(step: dict[str, Any]) -> dict[str, Any]:
    given = step["properties"]
    if step["call"] == "page":
        params = {"page_location": given["url"], "page_title": given["title"]}
        return {"name": "page_view", "params": params}
    params = {"currency": given["currency"]} if "currency" in given else {}
    match step["event"]:
        case "Products Searched":
            params |= {"search_term": given["query"], "results": given["results"]}
        case "Checkout Started":
            params |= {"value": given["value"], "items": []}
        case "Order Completed":
            params |= {"transaction_id": given["order_id"], "value": given["total"]}
            params["items"] = [_item(product) for product in given["products"]]
        case _:
            params["items"] = [_item(given)]
    if "list" in given:
        params["item_list_name"] = given["list"]
    return {"name": _GA4_NAMES[step["event"]], "params": params}


def _item(product: dict[str, Any]) -> dict[str, Any]:
    names = {
        "product_id": "item_id",
        "category": "item_category",
        "quantity": "quantity",
        "price": "price",
        "position": "index",
    }
    return {theirs: product[ours] for ours, theirs in names.items() if ours in product}
