"""Segments over HTTP: what they are, how large, who is in them and who moved where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from domain.segmentation import NAMES, Worth
from domain.visit import Visit, fact
from tests.shops import caught_up, context
from tests.workers.test_segment_fitter import customers
from workers.segment_fitter import fit_now

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Api, Client

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

SEGMENTS = "/v1/insights/segments"
READ = ["segments"]


async def test_a_shop_without_a_past_has_segments_without_anyone(client: Client) -> None:
    analyst = await client.as_role("analyst")
    found = (await analyst.get(SEGMENTS)).json
    assert (found["status"], found["fit"], found["shoppers"], found["moves"]) == (
        "no_fit",
        None,
        0,
        [],
    )
    assert [each["name"] for each in found["segments"]] == list(NAMES)
    assert all(each["meaning"] and each["action"] for each in found["segments"])
    assert (await analyst.get(f"{SEGMENTS}/champion/members")).json["items"] == []
    for path in (f"{SEGMENTS}/nobody/members", f"{SEGMENTS}/cluster-x/members"):
        answer = await analyst.get(path)
        assert (answer.status, answer.json["code"]) == (404, "no_such_segment")
    answer = await analyst.get("/v1/insights/shoppers/9/segments")
    assert (answer.status, answer.json["code"]) == (404, "shopper_not_seen")
    assert (await client.get(SEGMENTS)).status == 401


async def test_few_customers_have_segments_and_are_told_what_is_too_little(
    api: Api, client: Client, tmp_path: Path
) -> None:
    await customers(api.shop, 3)
    await caught_up(api.shop, READ)
    await fit_now(api.shop.journal, api.shop.pool, tmp_path, Worth())
    await caught_up(api.shop, READ)
    analyst = await client.as_role("analyst")
    found = (await analyst.get(SEGMENTS)).json
    assert (found["status"], found["customers"], found["clusters"]) == ("fitted", 3, [])
    assert found["fit"]["absent"]["value"].startswith("not_enough_data: 3 customers")
    assert found["fit"]["absent"]["clusters"].startswith("not_enough_data")


async def test_segments_add_up_and_each_of_their_members_says_why(
    api: Api, client: Client, tmp_path: Path
) -> None:
    await customers(api.shop, 150)
    looked = fact(Visit.ProductViewed, "v", datetime.now(UTC), visitor="v", product_id="lamp")
    await api.shop.journal.record(context(actor="visitor:v"), [looked])
    await caught_up(api.shop, READ)
    await fit_now(api.shop.journal, api.shop.pool, tmp_path, Worth(margin=0.5))
    await caught_up(api.shop, READ)
    analyst = await client.as_role("analyst")
    found = (await analyst.get(SEGMENTS)).json
    assert found["as_of_position"] == await api.shop.journal.head()
    assert (found["shoppers"], found["customers"]) == (151, 150)
    for kind in ("segments", "clusters"):
        assert sum(each["customers"] for each in found[kind]) == 150
        assert sum(each["customer_share"] for each in found[kind]) == pytest.approx(1)
        for money in ("revenue", "value"):
            shares = [share for each in found[kind] for share in each[money]]
            assert sum(share["share"] for share in shares) == pytest.approx(1)
            assert {share["money"]["currency"] for share in shares} == {"EUR"}
    assert all(each["meaning"] for each in found["clusters"])
    assert {move["month"] for move in found["moves"]}
    month = found["moves"][-1]["month"]
    came = sum(m["customers"] for m in found["moves"] if m["month"] == month)
    assert came == 150

    largest = max(found["segments"], key=lambda each: each["customers"])
    seen: list[str] = []
    token = ""
    while True:
        path = f"{SEGMENTS}/{largest['name'].replace(' ', '%20')}/members"
        page = (await analyst.get(f"{path}?page_size=20&page_token={token}")).json
        seen += [member["person"] for member in page["items"]]
        assert {member["segment"] for member in page["items"]} == {largest["name"]}
        token = page["next_page_token"]
        if not token:
            break
    assert len(seen) == len(set(seen)) == largest["shoppers"]
    cluster = (await analyst.get(f"{SEGMENTS}/cluster-0/members?page_size=500")).json["items"]
    assert len(cluster) == found["clusters"][0]["shoppers"]

    shopper = (await analyst.get("/v1/insights/shoppers/0/segments")).json
    assert shopper["orders"] == 7
    assert 1 <= shopper["recency_score"] <= 5
    assert 0 <= shopper["chance_alive"] <= 1
    assert shopper["value"]["currency"] == "EUR"
    assert shopper["cluster"].startswith("cluster-")
