"""Models: what was trained, and which of them serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.model import Model
from projections.models import find_champion, list_models, models_of

if TYPE_CHECKING:
    from domain.events import Event
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def says(log: Log, kind: type[Event], version: str, **fields: Any) -> None:
    log.add(kind, "model-recommender", version=version, **fields)


def trains(log: Log, version: str) -> None:
    learnt: dict[str, Any] = {"until": 7, "settings": {"seed": 1}}
    says(log, Model.Trained, version, artifact="9f", scores={"blend": {"mrr_20": 0.3}}, **learnt)


async def test_one_model_serves_at_a_time(log: Log, reader: Connection) -> None:
    trains(log, "1")
    trains(log, "2")
    assert await find_champion(reader, "recommender") is None
    says(log, Model.Promoted, "1", replaced="")
    await log.fold()
    says(log, Model.Promoted, "2", replaced="1")
    await log.fold()
    champion = await find_champion(reader, "recommender")
    assert champion is not None
    assert (champion.version, champion.scores) == ("2", {"blend": {"mrr_20": 0.3}})
    says(log, Model.RolledBack, "1", replaced="2")
    await log.fold()
    rows = await list_models(reader, "recommender")
    assert [(row.version, row.is_champion) for row in rows] == [("1", True), ("2", False)]


async def test_the_history_itself_tells_the_same(log: Log, reader: Connection) -> None:
    for version in ("1", "2"):
        trains(log, version)
        says(log, Model.Promoted, version, replaced={"1": "", "2": "1"}[version])
    says(log, Model.Shadowed, "1", replaced="")
    found = {"visits": 9, "expected": 1.0, "observed": 2.0, "is_miscalibrated": False}
    says(log, Model.Drifted, "2", features={"seconds": 0.4}, **found)
    await log.fold()
    from_the_table = sorted(await list_models(reader), key=lambda row: row.version)
    assert sorted(models_of(log.events), key=lambda row: row.version) == from_the_table
    assert from_the_table[0].drift is None
    assert from_the_table[1].drift is not None
    assert from_the_table[1].drift.features == {"seconds": 0.4}


async def test_one_model_answers_unseen_at_a_time(log: Log, reader: Connection) -> None:
    async def shadows() -> list[str]:
        await log.fold()
        return [row.version for row in await list_models(reader, "recommender") if row.is_shadow]

    trains(log, "1")
    trains(log, "2")
    says(log, Model.Shadowed, "1", replaced="")
    assert await shadows() == ["1"]
    says(log, Model.Shadowed, "2", replaced="1")
    assert await shadows() == ["2"]
    says(log, Model.Promoted, "2", replaced="")
    assert await shadows() == []
    says(log, Model.Shadowed, "1", replaced="")
    says(log, Model.Unshadowed, "1")
    assert await shadows() == []
