"""``footfall forecast``, as somebody types it on a stopped installation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from footfall.commands.options import opened
from footfall.forecast_process import forecast_in_a_process
from footfall.installation import servers
from footfall.settings import Settings
from footfall.simulator.history import seed_shop
from footfall.wiring import open_shop
from projections.forecasts import find_forecast, forecast_state
from tests.footfall.test_training_commands import footfall
from workers.forecaster import Ended

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


async def test_forecasts_are_made_by_hand_and_in_the_background(tmp_path: Path) -> None:
    assert "not enough data: nothing was sold yet" in await footfall(tmp_path, "forecast", code=1)
    settings = Settings(data_dir=tmp_path, log_level="error")
    async with opened(settings) as shop:
        await seed_shop(shop.journal, seed=1, until=datetime.now(UTC), days=2, visits_per_day=100)

    told = await footfall(tmp_path, "forecast")
    assert ": 200 products in " in told

    async with servers(settings) as running, open_shop(running) as shop:
        async with shop.pool.acquire() as connection:
            asked = await forecast_state(connection)
        assert await forecast_in_a_process(running, "views", ["demo-001"]) is Ended.MADE
        async with shop.pool.acquire() as connection:
            again = await forecast_state(connection)
            total = await find_forecast(connection, period="day", level="total")
    assert asked is not None
    assert again is not None
    assert total is not None
    assert (asked.reason, again.reason) == ("asked", "views")
    assert again.position > asked.position
    assert total.mean[0] > 0
