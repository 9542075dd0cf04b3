"""How early it shows that a visit will order: a log, learnt from by time, asked event by event.

    footfall bench early-intent [FILE]

Without a file: three weeks of the made-up shop that `footfall demo` shows, whose shoppers know at
the door whether they will buy and tell it by their basket, by signing in and by earlier visits: it
says that the pieces fit together, not how early real shoppers show it. With one: a behaviour log
of another shop that `footfall import events` takes, such as Retailrocket's events.csv. Visits are
cut before their first order and split by when they began: the first 60 % are learnt from, the next
20 % calibrate, the latest 20 % are asked after 1, 2, 3, 5, 10 and 15 events and at the first basket
addition. A visit that is over before a moment is not asked there.
"""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from benchmarks.report import Report
from domain.events import Recorded
from footfall.importing.behaviour_files import events_of
from footfall.importing.not_taken import NotTaken
from footfall.simulator.history import seed_shop
from ml.intent.examples import Gathering
from ml.intent.training import IntentSettings, train_intent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from domain.events import Event
    from ml.intent.measures import Measures
    from ml.intent.training import TrainedIntent

DAYS = 21.0
VISITS_PER_DAY = 1_000.0
UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
SEED = 1
MOMENTS = ("1", "2", "3", "5", "10", "15", "first basket add")
TOLD = ("ap", "auc", "brier_skill", "ece", "lift_1", "lift_5", "lift_10")


class EarlyReport(Report, kw_only=True):
    """For each moment the measures of each model; ``metrics`` holds those of the one to serve.

    ``asked``, ``ordered``: how many visits of the latest were asked at a moment, and how many of
    these ordered later.
    """

    name_of_ours: str
    asked: dict[str, int]
    ordered: dict[str, int]
    tables: dict[str, dict[str, Measures]]

    def as_table(self) -> str:
        lines = [f"ours: {self.name_of_ours}, chosen where it was calibrated"]
        for moment, rows in self.tables.items():
            head = "".join(f"{name:>12}" for name in TOLD)
            title = f"{moment} events" if moment.isdigit() else moment
            lines += ["", f"{title}: {self.ordered[moment]:,} of {self.asked[moment]:,} ordered"]
            lines.append(f"{'':<24}{head}")
            for name, found in sorted(rows.items(), key=lambda pair: pair[1].ap):
                lines.append(
                    f"{name:<24}" + "".join(f"{getattr(found, each):>12.4f}" for each in TOLD)
                )
        return "\n".join(lines)


def run(path: Path | None = None) -> EarlyReport:
    """Measure all models at all moments."""
    started = time.monotonic()
    gathering = Gathering()
    for recorded in _of_file(path) if path else _of_the_demo():
        gathering.add(recorded)
    found = gathering.examples()
    settings = IntentSettings(seed=SEED)
    trained = train_intent(found, settings, tell=lambda name, _done, _of: _tell(name))
    return _report(trained, time.monotonic() - started)


def _report(trained: TrainedIntent, seconds: float) -> EarlyReport:
    tables = {
        moment: {name: rows[moment] for name, rows in trained.early.items() if moment in rows}
        for moment in MOMENTS
        if moment in trained.early[trained.name]
    }
    ours = {
        f"{measure}_at_{moment.replace(' ', '_')}": getattr(rows[trained.name], measure)
        for moment, rows in tables.items()
        for measure in TOLD
    }
    best = {
        moment: max(rows[name].ap for name in ("share", "basket rule", "markov chain"))
        for moment, rows in tables.items()
    }
    return EarlyReport(
        name="early-intent",
        metrics={**ours, "seconds": seconds},
        ratios={
            f"ap_vs_best_plain_at_{moment.replace(' ', '_')}": rows[trained.name].ap / best[moment]
            for moment, rows in tables.items()
        },
        name_of_ours=trained.name,
        asked={moment: trained.asked[moment][0] for moment in tables},
        ordered={moment: trained.asked[moment][1] for moment in tables},
        tables=tables,
    )


def _of_the_demo() -> list[Recorded]:
    async def lived() -> list[Recorded]:
        journal = Journal(
            MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots()
        )
        await seed_shop(
            journal,
            seed=SEED,
            until=UNTIL,
            days=DAYS,
            visits_per_day=VISITS_PER_DAY,
            progress=_tell_visits,
        )
        log: list[Recorded] = []
        while page := await journal.read(len(log), 5_000):
            log += page
        return log

    with ThreadPoolExecutor(1) as thread:  # the command has a loop of its own
        return thread.submit(asyncio.run, lived()).result()


def _of_file(path: Path) -> Iterator[Recorded]:
    _, found = events_of(path)
    imported = [each for each in found if not isinstance(each, NotTaken)]
    imported.sort(key=lambda each: each.event.timestamp)
    for position, each in enumerate(imported, start=1):
        yield _recorded(each.event, position)


def _recorded(event: Event, position: int) -> Recorded:
    return Recorded(
        position=position,
        event_id=UUID(int=position),
        stream_id=event.originator_id,
        version=position,
        topic=event.TOPIC,
        schema_version=event.SCHEMA_VERSION,
        occurred_at=event.timestamp,
        recorded_at=event.timestamp,
        actor="bench",
        visit_id="",
        correlation_id=None,
        causation_id=None,
        event=event,
    )


def _tell_visits(done: int, total: int) -> None:
    if done % 1_000 == 0:
        _tell(f"{done:,} of {total:,} visits")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
