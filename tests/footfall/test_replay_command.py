"""``footfall replay``, as somebody types it on a stopped installation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from application.context import Context
from domain.recommendation import Candidate, served
from domain.visit import Visit, fact
from footfall.commands.options import opened
from footfall.settings import Settings
from tests.footfall.test_training_commands import footfall

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def test_a_policy_is_replayed_and_events_are_printed(tmp_path: Path) -> None:
    items = (Candidate("lamp", 1.0, 0.95), Candidate("bulb", 0.5, 0.95))
    async with opened(Settings(data_dir=tmp_path, log_level="error")) as shop:
        for number in range(3):
            at = NOW + timedelta(minutes=number)
            name, visitor = f"r{number}", f"v{number}"
            list_ = served(name, visitor, at, placement="home", model="m", as_of=0, items=items)
            view = fact(Visit.ProductViewed, visitor, at, visitor=visitor, product_id="bulb")
            await shop.journal.record(Context("test", at), [list_, view])

    events = (await footfall(tmp_path, "replay", "--from", "2", "--to", "3")).splitlines()
    assert [msgspec.json.decode(line)["position"] for line in events] == [2, 3]
    topic = await footfall(tmp_path, "replay", "--topic", "visit.product_viewed")
    assert len(topic.splitlines()) == 3

    told = await footfall(tmp_path, "replay", "--policy", "popularity", "--from", "2026-01-01")
    assert "3 lists of 3 visitors" in told
    assert "verdict: no conclusion" in told
    assert "small_effective_sample" in told
    raw = await footfall(tmp_path, "replay", "--policy", "logged", "--to", "5", "--json")
    report = msgspec.json.decode(raw)
    assert (report["start"], report["end"], report["clicks"]["lists"]) == (1, 5, 2)
    assert report["hits"]["viewed"]["served"] == {
        "cases": 2,
        "at_1": 0.0,
        "at_5": 1.0,
        "at_count": 1.0,
    }
    assert "no policy nobody" in await footfall(tmp_path, "replay", "--policy", "nobody", code=1)
    assert "neither" in await footfall(tmp_path, "replay", "--from", "soon", code=2)
