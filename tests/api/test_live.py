"""The live stream: snapshot, changes, resumption, heartbeats, readers of any speed."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from api.live_client import LiveClient
from api.services import ApiSettings
from api.sse import frame
from domain.visit import Visit, fact
from tests.api.conftest import Client, a_product, a_shopper, running_api
from tests.api.sse_client import streaming
from tests.shops import THEN, caught_up, context, projecting

if TYPE_CHECKING:
    from footfall.wiring import Shop


async def many_views(shop: Shop, count: int, *, product_id: str = "lamp") -> int:
    """Record page views; return the last position."""
    appended = await shop.journal.record(
        context(actor="visitor:v1"),
        [
            fact(Visit.ProductViewed, "v1", THEN, visitor="v1", product_id=product_id)
            for _ in range(count)
        ],
    )
    return appended.last_position


async def test_first_a_snapshot_of_each_topic_then_changes(client: Client) -> None:
    await a_product(client)
    analyst = await client.as_role("analyst")
    async with streaming(analyst, "/v1/live?topics=kpis,products,feed") as stream:
        snapshots = [await stream.next() for _ in range(3)]
        assert stream.retry == "2000"
        assert [s.kind for s in snapshots] == ["snapshot"] * 3
        assert [s.data["topic"] for s in snapshots] == ["kpis", "products", "feed"]
        assert [s.last_id == "" for s in snapshots] == [True, True, False]
        topics = [item["topic"] for item in snapshots[2].data["items"]]
        assert topics[-1] == "product.added"

        added = await client.as_visitor("secret-visitor").post(
            "/v1/basket/items", {"product_id": "lamp", "quantity": 2}
        )
        seen: dict[str, object] = {}
        raw = ""
        while set(seen) < {"kpis", "products", "feed"} or int(stream.last_id) < int(added.position):
            event = await stream.next()
            assert event.kind == "change"
            seen[event.data["topic"]] = event.data["item"]
            raw += str(event.data)
        assert seen["feed"]["topic"] == "basket.item_added"  # type: ignore[index]
        assert seen["feed"]["quantity"] == 2  # type: ignore[index]
        assert seen["products"]["basket_adds"] == 1  # type: ignore[index]
        assert "secret-visitor" not in raw


async def test_who_resumes_misses_nothing(client: Client) -> None:
    analyst = await client.as_role("analyst")
    await a_product(client)
    async with streaming(analyst, "/v1/live?topics=feed") as stream:
        last_id = (await stream.next()).last_id
    await a_product(client, "bulb")
    await a_product(client, "desk")
    async with streaming(analyst, "/v1/live?topics=feed,products", Last_Event_ID=last_id) as stream:
        got = [await stream.until("change", topic="feed") for _ in range(2)]
        assert [e.data["item"]["stream"] for e in got] == ["product-bulb", "product-desk"]
    async with streaming(analyst, "/v1/live?topics=feed", Last_Event_ID="0") as stream:
        first = await stream.next()
        assert (first.kind, first.data["position"], first.last_id) == ("change", 1, "1")


async def test_a_page_that_opens_a_stream_anew_says_in_the_address_where_to_go_on(
    client: Client,
) -> None:
    position = await a_product(client)
    analyst = await client.as_role("analyst")
    async with streaming(analyst, f"/v1/live?topics=feed&after={int(position) - 1}") as stream:
        assert (await stream.next()).last_id == position
    async with streaming(
        analyst, "/v1/live?topics=feed&after=0", Last_Event_ID=str(int(position) - 1)
    ) as stream:
        assert (await stream.next()).last_id == position
    refused = await analyst.get("/v1/live?topics=feed&after=nonsense")
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "after")


async def test_the_whole_log_can_be_resumed_in_pages_while_it_grows(shop: Shop) -> None:
    await many_views(shop, 3_000)
    async with projecting(shop), running_api(shop) as api:
        analyst = await api.client.as_role("analyst")
        path = "/v1/live?topics=feed,kpis"
        async with streaming(analyst, path, Last_Event_ID="0") as stream:
            growing = asyncio.create_task(many_views(shop, 500))
            positions = [
                (await stream.until("change", topic="feed")).data["position"] for _ in range(3_500)
            ]
            await growing
        assert positions == list(range(1, 3_501))


async def test_an_id_beyond_the_log_begins_anew(client: Client) -> None:
    await a_product(client)
    analyst = await client.as_role("analyst")
    async with streaming(analyst, "/v1/live?topics=feed", Last_Event_ID="999999") as stream:
        assert [(await stream.next()).kind for _ in range(2)] == ["reset", "snapshot"]


async def test_a_quiet_stream_shows_that_it_lives(shop: Shop) -> None:
    settings = ApiSettings(heartbeat_seconds=0.05, drain_seconds=1)
    async with projecting(shop), running_api(shop, settings) as api:
        analyst = await api.client.as_role("analyst")
        async with streaming(analyst, "/v1/live?topics=feed") as stream:
            await stream.next()
            with pytest.raises(TimeoutError):
                await stream.next(seconds=0.3)
            assert len(stream.comments) >= 3


async def test_a_slow_reader_is_reset_and_hurts_nobody(shop: Shop) -> None:
    settings = ApiSettings(feed_buffer_events=1_000, drain_seconds=1)
    async with projecting(shop), running_api(shop, settings) as api:
        analyst = await api.client.as_role("analyst")
        reader, writer = await _stalled(api.base, analyst.token)
        async with streaming(analyst, "/v1/live?topics=feed") as quick:
            await quick.next()
            for number in range(1, 31):  # more than the sockets between us hold
                last = await many_views(shop, 1_000, product_id="p" * 200)
                while int((await quick.next()).last_id) < last:
                    pass
                assert quick.last_id == str(last), number
        seen = b""
        async with asyncio.timeout(10):
            while seen.count(b"event: snapshot") < 2:
                chunk = await reader.read(2**16)
                assert chunk
                seen += chunk
        assert seen.index(b"event: reset") < seen.rindex(b"event: snapshot")
        writer.close()


async def _stalled(base: str, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream on a small socket and do not read it."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.connect(("127.0.0.1", int(base.rpartition(":")[2])))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2**10)
    request = "GET /v1/live?topics=feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
    writer.write((request % token).encode())
    await asyncio.sleep(0.2)
    return reader, writer


async def test_when_the_server_stops_streams_end(shop: Shop) -> None:
    async with projecting(shop):
        async with running_api(shop) as api:
            analyst = await api.client.as_role("analyst")
            opened = streaming(analyst, "/v1/live?topics=feed")
            stream = await opened.__aenter__()
            await stream.next()
        assert await stream.response.content.read() == b""
        await opened.__aexit__(None, None, None)


async def test_topics_that_are_not_there_are_refused(client: Client) -> None:
    analyst = await client.as_role("analyst")
    later = await analyst.get("/v1/live?topics=kpis,alerts")
    assert (later.status, later.json["code"]) == (422, "topic_not_available")
    unknown = await analyst.get("/v1/live?topics=weather")
    assert (unknown.status, unknown.json["errors"][0]["field"]) == (400, "topics")
    in_address = await client.get(f"/v1/live?access_token={analyst.token}")
    assert in_address.status == 401


async def test_only_so_many_clients_may_follow(shop: Shop) -> None:
    settings = ApiSettings(live_clients_limit=1, drain_seconds=1)
    async with projecting(shop), running_api(shop, settings) as api:
        analyst = await api.client.as_role("analyst")
        async with streaming(analyst, "/v1/live?topics=feed"):
            refused = await analyst.get("/v1/live?topics=feed")
            assert (refused.status, refused.json["code"]) == (503, "too_many_clients")
            assert "Retry-After" in refused.headers


async def test_a_feed_is_read_in_pages_and_followed(client: Client, shop: Shop) -> None:
    for number in range(3):
        await a_product(client, f"p{number}")
    await caught_up(shop)
    worker = await client.as_role("ml")
    page = await worker.get("/v1/feeds/catalogue?limit=2")
    assert page.headers["Content-Type"].startswith("application/x-ndjson")
    assert len(page.raw.splitlines()) == 2
    after = page.headers["Footfall-Next-After"]
    rest = await worker.get(f"/v1/feeds/catalogue?after={after}")
    assert b'"p2"' in rest.raw
    async with streaming(worker, f"/v1/feeds/catalogue?after={after}") as stream:
        assert (await stream.next()).data["key"] == "p2"
        await a_product(client, "p3")
        assert (await stream.next()).data["row"]["product_id"] == "p3"


async def test_a_shopper_sees_no_live_numbers(client: Client) -> None:
    ann = await a_shopper(client)
    assert (await ann.get("/v1/live")).status == 403


def test_of_a_state_topic_only_the_newest_row_of_each_key_waits() -> None:
    client = LiveClient(["kpis"], feed_limit=10)
    for number in range(1_000):
        row = frame("change", b'{"n":%d}' % number)
        client.offer_rows("kpis", [(f"key-{number % 2}", row)])
    sent = client.take({"kpis": 1_000})
    assert sent.count(b"event: change") == 2
    assert b'{"n":999}' in sent
    assert sent.endswith(b"id: 1000\n\n")


def test_an_id_promises_what_was_given_on_all_topics() -> None:
    client = LiveClient(["kpis", "feed"], feed_limit=10)
    client.begin(5)
    client.offer_events([(6, frame("change", b"6")), (7, frame("change", b"7"))])
    assert b"id: 7" not in client.take({"kpis": 6, "feed": 7})
    assert client.delivered == 6
    client.offer_rows("kpis", [("k", frame("change", b"kpi"))])
    assert client.take({"kpis": 7, "feed": 7}).endswith(b"id: 7\n\n")


def test_the_feed_is_never_thinned_out_only_begun_anew() -> None:
    client = LiveClient(["feed"], feed_limit=2)
    client.offer_events([(1, b""), (2, b"")])
    assert client.take({"feed": 2}).count(b"id: ") == 2
    client.offer_events([(3, b""), (4, b""), (5, b"")])
    assert client.is_lost
    assert client.take({"feed": 5}) == b""
