"""A model and its promotion are one append; who lost the race to another champion waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from application.context import Context
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.models import note_trained, promote
from application.snapshots import MemorySnapshots
from domain.model import Model

KIND = "recommender"
BY = Context("trainer", datetime(2026, 3, 1, tzinfo=UTC))
LEARNT: dict[str, Any] = {"artifact": "9f", "until": 3, "settings": {}, "scores": {}}


def a_journal() -> Journal:
    return Journal(MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots())


async def test_what_won_is_noted_and_promoted_at_once() -> None:
    journal = a_journal()
    won = await note_trained(journal, BY, KIND, "1", wins_over="", reason="better", **LEARNT)
    assert won.answer.champion == "1"
    batches = await journal.store.batches(0)
    assert len(batches) == 1
    last = (await journal.whole_stream(Model.stream_id(KIND)))[-1].event
    assert isinstance(last, Model.Promoted)
    assert (last.version, last.reason) == ("1", "better")


async def test_what_won_over_a_former_champion_does_not_serve() -> None:
    journal = a_journal()
    await note_trained(journal, BY, KIND, "1", **LEARNT)
    await promote(journal, BY, KIND, "1")
    late = await note_trained(journal, BY, KIND, "2", wins_over="", **LEARNT)
    assert late.answer.champion == "1"
    line = await journal.load(Model, KIND)
    assert line is not None
    assert line.versions == ["1", "2"]
