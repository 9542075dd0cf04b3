"""Whatever comes to the doors for behaviour: never our mistake, never the loss of a neighbour."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.intake import ga4, segment
from api.services import ApiSettings
from application.keys import create_key
from tests.api.conftest import Api, running_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

BATCHES = ("/v1/batch", "/v1/b")
GA4 = "/mp/collect"
DOORS = [route.path for route in (*segment.ROUTES, *ga4.ROUTES)]
SINGLES = [path for path in DOORS if path not in {*BATCHES, GA4}]
many = settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_json(value: object) -> bytes:
    """Encode what msgspec would not: numbers of any size."""
    return json.dumps(value).encode()


texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "\0", "EUR", "xyz", "-1", "1e400", "ann@example.com", "2026-01-01"]),
    st.sampled_from(
        ["https://[", "https://shop.example/?q=%zz", "9" * 400, "\N{GRINNING FACE}" * 300]
    ),
)
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 2**31, 2**63, 2**64, 1e308, 0.1 + 0.2]),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)

PROPERTIES = (
    *("product_id", "sku", "item_id", "category", "price", "currency", "quantity", "position"),
    *("products", "items", "order_id", "transaction_id", "total", "value", "revenue", "query"),
    *("results", "rating", "milliseconds", "percent", "url", "purposes", "signals", "list"),
    *("search_term", "engagement_time_msec", "page_location", "page_referrer", "page_title"),
    *("recommendation_id", "method", "title", "referrer", "path"),
)
properties = st.dictionaries(st.sampled_from(PROPERTIES), anything, max_size=6)
names = st.one_of(
    st.sampled_from(
        [
            *("Product Viewed", "Products Searched", "Product Clicked", "Product Added"),
            *("Order Completed", "Order Refunded", "Checkout Started", "Product Reviewed"),
            *("Page Dwelled", "Page Scrolled", "Consent Changed", "Recommendations Viewed"),
            *("view_item", "purchase", "refund", "add_to_cart", "select_item", "page_view"),
            *("user_engagement", "view_search_results", "begin_checkout", "scroll"),
        ]
    ),
    anything,
)
circumstances = st.fixed_dictionaries(
    {},
    optional={
        "page": st.one_of(properties, anything),
        "userAgent": anything,
        "ip": anything,
        "library": anything,
        "device": anything,
        "campaign": anything,
        "consent": anything,
        "webdriver": anything,
    },
)
messages = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.one_of(
                st.sampled_from(["track", "page", "screen", "identify", "alias", "group"]), anything
            ),
            "event": names,
            "name": names,
            "messageId": anything,
            "anonymousId": st.one_of(st.just("v-1"), anything),
            "userId": anything,
            "previousId": anything,
            "groupId": anything,
            "timestamp": anything,
            "originalTimestamp": anything,
            "sentAt": anything,
            "context": st.one_of(circumstances, anything),
            "properties": st.one_of(properties, anything),
            "params": st.one_of(properties, anything),
            "timestamp_micros": anything,
        },
    ),
)

envelopes = st.dictionaries(
    st.sampled_from(["sentAt", "context", "integrations", "writeKey"]), anything
)
ga4_envelopes = st.dictionaries(st.sampled_from(["user_agent", "ip_override", "consent"]), anything)


@pytest_asyncio.fixture
async def door(shop: Shop) -> AsyncIterator[Door]:
    made = await create_key(shop.pool, "write")
    unlimited = ApiSettings(drain_seconds=1, intake_events_per_second=1_000_000)
    async with running_api(shop, unlimited) as api:
        yield Door(api, made.key)


class Door(NamedTuple):
    """Where behaviour is sent to, and the key that lets it in."""

    api: Api
    key: str

    async def post(self, path: str, body: bytes) -> int:
        """Return the status; a refusal has a code, and none is a mistake of ours."""
        url = f"{self.api.base}{path}" + (f"?api_secret={self.key}" if path == GA4 else "")
        signed = {"Authorization": "Basic " + b64encode(f"{self.key}:".encode()).decode()}
        async with self.api.client.session.post(url, data=body, headers=signed) as answer:
            text = await answer.read()
            assert answer.status < 500, (path, body, text)
            if answer.status >= 400:
                assert msgspec.json.decode(text)["code"], (path, body, text)
            return answer.status

    async def times_recorded(self, product_id: str) -> int:
        times: int = await self.api.shop.pool.fetchval(
            "SELECT count(*) FROM log.events WHERE position(convert_to($1, 'UTF8') IN payload) > 0",
            product_id,
        )
        return times


@pytest.mark.parametrize("path", SINGLES)
@given(message=messages)
@many
async def test_any_message_is_taken_or_refused(door: Door, path: str, message: Any) -> None:
    status = await door.post(path, as_json(message))
    assert status == 200 if isinstance(message, dict) else status == 400


@pytest.mark.parametrize("path", DOORS)
@given(body=st.one_of(st.binary(max_size=60), anything.map(as_json)))
@many
async def test_any_body_is_taken_or_refused(door: Door, path: str, body: bytes) -> None:
    assert await door.post(path, body) in {200, 204, 400}


@pytest.mark.parametrize("path", BATCHES)
@given(odd=st.lists(messages, max_size=4), around=envelopes)
@many
async def test_no_message_takes_its_batch_down(
    door: Door, path: str, odd: list[Any], around: dict[str, Any]
) -> None:
    product_id = uuid4().hex
    good = {"anonymousId": "v", "event": "Product Viewed", "properties": {"sku": product_id}}
    body = around | {"batch": [*odd, good]}
    assert await door.post(path, as_json(body)) == 200
    assert await door.times_recorded(product_id) == 1


@given(odd=st.lists(messages, max_size=4), around=ga4_envelopes)
@many
async def test_no_event_takes_its_ga4_request_down(
    door: Door, odd: list[Any], around: dict[str, Any]
) -> None:
    product_id = uuid4().hex
    good = {"name": "view_item", "params": {"items": [{"item_id": product_id}]}}
    body = around | {"client_id": "v", "events": [*odd, good]}
    assert await door.post(GA4, as_json(body)) == 204
    assert await door.times_recorded(product_id) == 1
