"""Insight, audit, administration and operation over HTTP, where all goes well."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pyarrow.ipc
import pyarrow.parquet

from api.routes import ROUTES
from api.services import ApiSettings
from tests.api.conftest import Client, a_product, a_shopper, running_api
from tests.shops import a_small_history, caught_up, projecting

if TYPE_CHECKING:
    from footfall.wiring import Shop


async def test_an_analyst_reads_the_numbers(client: Client, shop: Shop) -> None:
    await a_small_history(shop)
    await caught_up(shop)
    analyst = await client.as_role("analyst")
    span = "from=2026-03-01T12:00:00Z&to=2026-03-02"
    answer = await analyst.get(f"/v1/insights/kpis?bucket=day&{span}")
    assert answer.status == 200
    [day] = answer.json["items"]
    assert (day["orders"], day["orders_cancelled"], day["registrations"]) == (2, 1, 1)
    assert day["revenue"] == [{"amount": 11_000, "currency": "EUR"}]
    assert answer.json["basket_abandonment"]["abandoned"] == 0
    best = await analyst.get(f"/v1/insights/products?{span}")
    assert [p["product_id"] for p in best.json["items"]] == ["lamp", "bulb"]
    assert best.json["items"][0]["revenue"] == {"amount": 8_000, "currency": "EUR"}
    too_many = await analyst.get("/v1/insights/kpis?bucket=minute&from=2020-01-01")
    assert too_many.json["errors"][0]["field"] == "bucket"


async def test_every_number_leads_to_its_events(client: Client, shop: Shop) -> None:
    await a_small_history(shop)
    await caught_up(shop)
    analyst = await client.as_role("analyst")
    answer = await analyst.get("/v1/insights/kpis?bucket=day&from=2026-03-01&to=2026-03-02")
    [day] = answer.json["items"]
    assert answer.json["total"] == day
    numbers = {name: n for name, n in day.items() if isinstance(n, int) and n}
    assert {"visitors", "orders", "units", "registrations"} <= set(numbers)
    for metric, number in numbers.items():
        parts: list[dict[str, Any]] = []
        token = ""
        while True:
            asked = f"metric={metric}&bucket=day&at=2026-03-01&page_size=1&page_token={token}"
            page = await analyst.get(f"/v1/insights/explain?{asked}")
            parts += page.json["items"]
            token = page.json["next_page_token"]
            if not token:
                break
        assert sum(part["adds"] for part in parts) == number, metric
        for part in parts:
            recorded = await shop.journal.read(part["position"] - 1, 1)
            assert recorded[0].topic == part["topic"]
    asked = "metric=revenue_minor&bucket=day&at=2026-03-01&product_id=lamp"
    of_lamp = await analyst.get(f"/v1/insights/explain?{asked}")
    sold = await analyst.get("/v1/insights/products?from=2026-03-01&to=2026-03-02")
    [lamp] = [row for row in sold.json["items"] if row["product_id"] == "lamp"]
    assert sum(part["adds"] for part in of_lamp.json["items"]) == lamp["revenue"]["amount"]
    by_hour = await analyst.get(f"/v1/insights/explain?{asked.replace('day', 'hour')}")
    assert (by_hour.status, by_hour.json["errors"][0]["field"]) == (400, "bucket")
    unknown = await analyst.get("/v1/insights/explain?metric=luck")
    assert (unknown.status, unknown.json["errors"][0]["field"]) == (400, "metric")


async def test_the_matrix_is_the_same_in_every_format(client: Client, shop: Shop) -> None:
    await a_small_history(shop)
    await caught_up(shop)
    worker = await client.as_role("ml")
    cells: list[dict[str, object]] = []
    token = ""
    while True:
        page = await worker.get(f"/v1/interactions?page_size=1&page_token={token}")
        cells += page.json["items"]
        token = page.json["next_page_token"]
        if not token:
            break
    arrow = await worker.get("/v1/interactions?format=arrow")
    table = pyarrow.ipc.open_stream(io.BytesIO(arrow.raw)).read_all()
    parquet = await worker.get("/v1/interactions?format=parquet")
    same = pyarrow.parquet.read_table(io.BytesIO(parquet.raw))
    assert table.equals(same)
    assert [c["product_id"] for c in cells] == table.column("product_id").to_pylist()
    assert [c["orders"] for c in cells] == table.column("orders").to_pylist()


async def test_an_auditor_finds_events_but_no_secrets(client: Client) -> None:
    await a_product(client)
    ann = await a_shopper(client)
    await ann.post("/v1/basket/items", {"product_id": "lamp"})
    auditor = await client.as_role("auditor")
    everything = await auditor.get("/v1/audit/events?page_size=500")
    positions = [event["position"] for event in everything.json["items"]]
    assert positions == list(range(1, len(positions) + 1))
    assert "ann@example.com" not in everything.raw.decode()
    some = await auditor.get("/v1/audit/events?topic=basket.item_added&stream=&from=2020-01-01")
    [added] = some.json["items"]
    assert added["payload"]["product_id"] == "lamp"
    stream = await auditor.get(f"/v1/audit/streams/{added['stream_id']}")
    assert [event["version"] for event in stream.json["items"]] == [1, 2]
    mine = await auditor.get(f"/v1/audit/events?actor={added['actor']}&page_size=1")
    assert mine.json["items"][0]["actor"] == added["actor"]
    assert mine.json["next_page_token"]
    head = await auditor.get("/v1/audit/head")
    assert head.json["position"] == len(positions)
    assert (await auditor.get("/v1/audit/events?from=2090-01-01")).json["items"] == []


async def test_an_admin_rebuilds_a_read_model(client: Client, shop: Shop) -> None:
    await a_product(client)
    await caught_up(shop)
    admin = await client.as_role("admin")
    states = (await admin.get("/v1/admin/projections")).json["items"]
    assert {s["status"] for s in states} == {"live"}
    asked = await admin.post("/v1/admin/projections/catalogue/rebuild")
    assert (asked.status, asked.json) == (202, {"name": "catalogue", "generation": 2})
    again = await admin.post("/v1/admin/projections/catalogue/rebuild")
    assert (again.status, again.json["code"]) == (409, "rebuild_under_way")
    assert (await admin.post("/v1/admin/projections/catalogue/cancel")).status == 202
    nothing = await admin.post("/v1/admin/projections/catalogue/cancel")
    assert nothing.json["code"] == "nothing_to_cancel"
    back = await admin.post("/v1/admin/projections/catalogue/rollback")
    assert back.json["code"] == "nothing_to_roll_back"


async def test_an_admin_retries_and_discards_what_was_parked(client: Client, shop: Shop) -> None:
    await a_product(client)
    await a_product(client, "bulb")
    await caught_up(shop)
    await shop.pool.execute(
        """INSERT INTO app.parked (name, generation, position, stream_id, topic, error)
           SELECT 'catalogue', 1, position, stream_id, topic, 'a passing fault'
           FROM log.events WHERE stream_id LIKE 'product-%'"""
    )
    admin = await client.as_role("admin")
    listed = await admin.get("/v1/admin/parked?projection=catalogue")
    assert [p["stream_id"] for p in listed.json["items"]] == ["product-lamp", "product-bulb"]
    lamp = {"projection": "catalogue", "stream_id": "product-lamp"}
    assert (await admin.post("/v1/admin/parked/retry", lamp)).json == {"events": 1}
    bulb = {"projection": "catalogue", "stream_id": "product-bulb"}
    assert (await admin.post("/v1/admin/parked/discard", bulb)).json == {"events": 1}
    assert (await admin.post("/v1/admin/parked/discard", bulb)).status == 404


async def test_health_tells_life_from_readiness(shop: Shop) -> None:
    async with running_api(shop) as api:
        assert (await api.client.get("/health/live")).status == 200
        early = await api.client.get("/health/ready")
        assert (early.status, early.json["code"]) == (503, "not_ready")
        async with projecting(shop):
            await a_product(api.client)
            await caught_up(shop)
            ready = await api.client.get("/health/ready")
        assert ready.status == 200
        assert ready.json["lag_events"]["catalogue"] == 0
        page = (await api.client.get("/metrics")).raw.decode()
        for metric in (
            "footfall_append_batch_events_bucket",
            "footfall_append_queue_events",
            "footfall_append_commit_seconds_bucket",
            "footfall_append_conflicts_total",
            'footfall_projection_lag_events{projection="catalogue"} 0',
            "footfall_projection_lag_seconds",
            "footfall_projection_parked_events",
            "footfall_sse_clients",
            'route="/v1/products"',
        ):
            assert metric in page, metric


async def test_a_read_waits_for_what_was_asked_and_then_says_how_far_it_is(shop: Shop) -> None:
    settings = ApiSettings(read_patience_seconds=0.1, drain_seconds=1)
    async with running_api(shop, settings) as api:
        position = await a_product(api.client)
        late = await api.client.get("/v1/products/lamp", Footfall_After=position)
        assert (late.status, late.json["code"]) == (503, "still_behind")
        assert late.json["lag_events"] >= 1
        assert late.headers["Retry-After"]


async def test_an_answer_names_what_it_belongs_to(client: Client, shop: Shop) -> None:
    correlation = "0192d1f4-0000-7000-8000-000000000001"
    await a_product(client)
    given = {"Footfall_Correlation_Id": correlation}
    answer = await client.as_visitor("v").post("/v1/basket/items", {"product_id": "lamp"}, **given)
    assert answer.headers["Footfall-Correlation-Id"] == correlation
    [event] = await shop.journal.read(int(answer.position) - 1)
    assert str(event.correlation_id) == correlation
    assert event.actor == "visitor:v"
    traced = await client.get(
        "/health/live", traceparent=f"00-{correlation.replace('-', '')}-00f067aa0ba902b7-01"
    )
    assert traced.headers["Footfall-Correlation-Id"] == correlation


async def test_pages_for_people_load_nothing_from_elsewhere(client: Client) -> None:
    for path in ("/", "/docs"):
        page = await client.get(path)
        assert page.headers["Content-Type"].startswith("text/html")
        for foreign in ("http://", "https://"):
            assert foreign not in page.raw.decode(), path
        assert re.findall(r'(?:src|href)="(?!/[^/])', page.raw.decode()) == [], path
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_all_that_is_served_stands_in_openapi_json(client: Client) -> None:
    answer = await client.get("/openapi.json")
    document = answer.json
    assert document["openapi"].startswith("3.1")
    served = {(route.method, route.path) for route in ROUTES}
    written = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert written == served
    ids = [op["operationId"] for ops in document["paths"].values() for op in ops.values()]
    assert len(ids) == len(set(ids))
    references = _references(document)
    assert references <= {f"#/components/schemas/{s}" for s in document["components"]["schemas"]}
    docs = (await client.get("/docs")).raw.decode()
    assert all(route.path in docs for route in ROUTES)


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()
