"""The intent worker: after each event of an open visit it says how probable an order is.

It follows the log a page at a time, as pages come: what waits together is scored together. Models
change at the event that promoted them, so a replay of the log finds every score again.
"""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from application.context import Context
from application.models import note_drift
from domain.errors import Rejected
from domain.model import DRIFT_PAUSE, Model
from domain.vocabulary import EVENTS as ALL_EVENTS
from ml.intent import artifacts
from ml.intent.open_visits import EVENTS
from ml.intent.outcomes import ABANDONMENT, INTENT, TARGETS
from ml.intent.scoring import Scorer
from ml.tensor_files import ArtifactRefused
from projections.fold import write_rows
from projections.intent import NAME, kept_digests, kept_position
from projections.position_waiter import tell_progress
from projections.runner import TRANSIENT, heed_cancellation, patiently
from workers.intent_fold import KeptFold
from workers.latencies import Latencies
from workers.model_files import artifact_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import asyncpg
    import redis.asyncio as aioredis

    from application.journal import Journal
    from domain.events import Recorded
    from ml.intent.drift import Drift
    from ml.intent.intent_model import IntentModel
    from ml.intent.scoring import Asked, Page
    from projections.projection import Connection

logger = structlog.get_logger(__name__)

ACTOR = "intent"
SCORED_EVENTS = 50_000
"""Events before the present that are scored by a worker that was away for longer."""
PAGE = 12
"""Events scored together at most: at 1,000 a second as many come meanwhile, and none waits for
more than it has to (`footfall bench intent-serving`)."""
NO_MODEL = "no_model"
"""Why a row is degraded: the basket rule answers where the version of a score is empty."""
KEPT_SECONDS = 3_600
"""How long what is over stays in the read model, by the time of the log."""
SWEEP_SECONDS = 60
STATE_SECONDS = 5.0
"""Between two computations of what the worker tells of its latencies."""
_TOPICS = [event.TOPIC for event in EVENTS]
_MODEL_TOPICS = {topic for topic in ALL_EVENTS if topic.startswith("model.")}


async def run_intent(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    client: aioredis.Redis,
    directory: Path,
    *,
    abandon_after_seconds: float,
    watching: Callable[[Page], None] = lambda _page: None,
) -> None:
    """Follow the log and score open visits until cancelled.

    ``directory`` holds the artifacts; where no model serves, a baseline answers and the rows say
    so. ``watching`` is shown what came of each page, once its rows are written.
    """
    attempt = 0
    while True:
        heed_cancellation()
        try:
            worker = _Intent(journal, pool, client, directory, abandon_after_seconds, watching)
            try:
                await worker.follow()
            finally:
                await worker.close()
        except TRANSIENT as error:
            logger.warning("intent_waits", reason=repr(error))
        await patiently(attempt)
        attempt += 1


class _Intent:
    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool[Any],
        client: aioredis.Redis,
        directory: Path,
        abandon_after_seconds: float,
        watching: Callable[[Page], None],
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._client = client
        self._directory = directory
        self._watching = watching
        self._scorer = Scorer(abandon_after_seconds)
        self._fold = KeptFold(pool, self._scorer)
        self._to_score, self._to_row, self._busy = Latencies(), Latencies(), Latencies()
        self._scored = 0
        self._swept_at = 0.0
        self._told_at = 0.0
        self._told: tuple[dict[str, float], dict[str, float]] = ({}, {})
        self._noted: dict[tuple[str, str], datetime] = {}

    async def follow(self) -> None:
        """Fold the past, then score every page of the log."""
        head = await self._journal.head()
        async with self._pool.acquire() as connection:
            kept = await kept_position(connection)
            self._scorer.digests = await kept_digests(connection)
        start = max(kept, head - SCORED_EVENTS)
        await self._warm_up(start)
        for target in TARGETS:
            await self._serve(target, await self._champion(target, start))
        await self._forget_others()
        async with aclosing(self._journal.follow(start, page_size=PAGE)) as pages:
            async for page in pages:
                await self._take(page, time.perf_counter())
                heed_cancellation()

    async def close(self) -> None:
        """End what is done beside."""
        await self._fold.close()

    async def _warm_up(self, until: int) -> None:
        """Fold from the beginning: who a visitor is and what they did before is part of a score."""
        after = await self._fold.restore(until)
        while page := await self._journal.read(after, 5_000, topics=_TOPICS, until=until):
            for recorded in page:
                self._scorer.warm(recorded)
            after = page[-1].position
            await asyncio.sleep(0)
        gc.collect()
        gc.freeze()  # what is known by now stays: no collection need look through it

    async def _champion(self, target: str, until: int) -> str:
        """Return the version that served at a position; empty where none did."""
        version = ""
        for recorded in await self._journal.whole_stream(Model.stream_id(target)):
            if recorded.position <= until:
                version = _promoted(recorded) or version
        return version

    async def _take(self, page: Sequence[Recorded], read_at: float) -> None:
        for part in _parts(page):
            if (version := _promoted(part[0])) is not None:
                await self._serve(part[0].stream_id.partition("-")[2], version)
            busy_since = time.thread_time()
            found = self._scorer.take(part)
            busy_ms = (time.thread_time() - busy_since) * 1_000
            self._busy.add([busy_ms] * len(found.asked))
            scored_ms = (time.perf_counter() - read_at) * 1_000
            self._to_score.add([scored_ms] * len(found.asked))
            self._scored += len(found.asked)
            async with self._pool.acquire() as connection, connection.transaction():
                # Rows and position are lost together in a crash, and then made again.
                await connection.execute("SET LOCAL synchronous_commit = off")
                await self._write(connection, found)
                await self._move(connection, part[-1].position)
            now = time.time()
            taken = {asked.position for asked in found.asked}
            self._to_row.add(
                (now - recorded.recorded_at.timestamp()) * 1_000
                for recorded in part
                if recorded.position in taken
            )
            await tell_progress(self._client, {NAME: part[-1].position})
            self._watching(found)
            self._fold.offer(part[-1].position)
            for target, (version, drift) in found.drifts.items():
                await self._note(target, version, drift)

    async def _write(self, connection: Connection, found: Page) -> None:
        latest = {asked.visit.visitor: asked for asked in found.asked}
        degraded = self._degraded()
        await write_rows(connection, _UPSERT, (_row(each, degraded) for each in latest.values()))
        over = {each.outcome.visit.visitor: each for each in found.over}
        await write_rows(
            connection,
            _END,
            (
                (visitor, each.outcome.visit.number, _outcome(each.outcome), each.position)
                for visitor, each in over.items()
            ),
        )
        now = self._scorer.fold.now
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            await connection.execute(_SWEEP, datetime.fromtimestamp(now - KEPT_SECONDS, UTC))

    async def _move(self, connection: Connection, position: int) -> None:
        if time.monotonic() - self._told_at >= STATE_SECONDS:
            self._told_at = time.monotonic()
            busy = {f"cpu_{name}": value for name, value in self._busy.told().items()}
            self._told = ({**self._to_score.told(), **busy}, self._to_row.told())
        models = {target: each.version for target, each in self._scorer.serving.items()}
        state = (models, *self._told)
        encoded = [msgspec.json.encode(each).decode() for each in state]
        await connection.execute(
            _MOVE, position, encoded[0], len(self._scorer.fold), self._scored, *encoded[1:]
        )

    async def _serve(self, target: str, version: str) -> None:
        """Load what serves; what cannot be read leaves what does at present."""
        if target not in TARGETS:
            return
        if not version:
            self._scorer.serve(target, "", None)
            return
        try:
            model = await asyncio.to_thread(partial(self._load, target, version))
        except (ArtifactRefused, OSError) as error:
            logger.warning("model_not_loaded", kind=target, version=version, reason=str(error))
            return
        self._scorer.serve(target, version, model)
        logger.info("model_serves", kind=target, version=version)

    def _load(self, target: str, version: str) -> IntentModel:
        model = artifacts.load(artifact_path(self._directory, target, version)).model
        if model.target != target:
            raise ArtifactRefused(f"{version} foresees {model.target}, not {target}")
        return model

    async def _forget_others(self) -> None:
        """Remove rows of visits that are open no longer, or never were by today's rules."""
        async with self._pool.acquire() as connection:
            await connection.execute(_FORGET, list(self._scorer.fold.visits.as_dict()))

    def _degraded(self) -> str:
        return "" if len(self._scorer.serving) == len(TARGETS) else NO_MODEL

    async def _note(self, target: str, version: str, drift: Drift) -> None:
        """Record that a model drifts, at most once a day."""
        now = datetime.now(UTC)
        last = self._noted.get((target, version))
        if last is not None and now - last < DRIFT_PAUSE:
            return
        try:
            await note_drift(
                self._journal,
                Context(ACTOR, now),
                target,
                version,
                **msgspec.structs.asdict(drift),
            )
        except Rejected:
            pass  # another worker, or this one before it was started anew, did
        else:
            logger.warning("model_drifts", kind=target, version=version, drift=drift)
        self._noted[target, version] = now


def _parts(page: Sequence[Recorded]) -> Iterator[Sequence[Recorded]]:
    """Cut a page before each event that lets another model serve."""
    begins = [n for n, each in enumerate(page) if n and _promoted(each) is not None]
    for begin, end in zip([0, *begins], [*begins, len(page)], strict=True):
        yield page[begin:end]


def _promoted(recorded: Recorded) -> str | None:
    """Return the version that an event lets serve, or None."""
    event = recorded.event
    return event.version if isinstance(event, Model.Promoted | Model.RolledBack) else None


def _row(asked: Asked, degraded: str) -> tuple[object, ...]:
    visit = asked.visit
    scores: list[object] = []
    for target in TARGETS:
        factors = msgspec.json.encode(asked.factors.get(target, ()))
        scores += [
            asked.probabilities.get(target),
            asked.models.get(target, ""),
            asked.pays.get(target, False),
            msgspec.Raw(factors),
        ]
    is_priced = asked.basket_minor == asked.basket_minor  # not NaN
    return (
        visit.visitor,
        visit.number,
        datetime.fromtimestamp(visit.started_at, UTC),
        datetime.fromtimestamp(asked.at, UTC),
        asked.events,
        *scores,
        degraded,
        round(asked.basket_minor) if is_priced else None,
        asked.digest.hex(),
        asked.position,
    )


def _outcome(outcome: Any) -> str:
    return "ordered" if outcome.ordered else "abandoned" if outcome.abandoned else "left"


_SCORES = ("", "_model", "_pays", "_factors")
_SCORE_COLUMNS = [f"{target}{part}" for target in (INTENT, ABANDONMENT) for part in _SCORES]
_COLUMNS = (
    "visit_id",
    "started_at",
    "last_event_at",
    "events",
    *_SCORE_COLUMNS,
    "degraded",
    "basket_minor",
    "digest",
    "position",
)
TRAIL = 40
"""So many of a visit's scores are kept, to show how they moved."""


def _trail(column: str, value: str) -> str:
    """Return a column that keeps what a row said before, while it is of the same visit."""
    return f"""{column} = CASE
        WHEN v.visit_id <> excluded.visit_id THEN excluded.{column}
        WHEN v.position >= excluded.position THEN v.{column}
        ELSE (v.{column} || {value})[greatest(1, cardinality(v.{column}) - {TRAIL - 2}):] END"""


_UPSERT = f"""
    INSERT INTO app.intent_visits AS v (visitor, {", ".join(_COLUMNS)}, outcome, trail_at, trail)
    SELECT n.*, '', ARRAY[n.last_event_at], ARRAY[n.intent] FROM json_to_recordset($1) AS n (
        visitor text, visit_id bigint, started_at timestamptz, last_event_at timestamptz,
        events int, intent float8, intent_model text, intent_pays bool, intent_factors json,
        abandonment float8, abandonment_model text, abandonment_pays bool,
        abandonment_factors json, degraded text, basket_minor bigint, digest text, position bigint)
    ON CONFLICT (visitor) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)},
        {_trail("trail_at", "excluded.last_event_at")}, {_trail("trail", "excluded.intent")},
        outcome = '', updated_at = now()"""  # noqa: S608 - constants
_END = """
    UPDATE app.intent_visits v SET outcome = n.outcome, position = n.position, updated_at = now()
    FROM json_to_recordset($1) AS n (visitor text, visit_id bigint, outcome text, position bigint)
    WHERE v.visitor = n.visitor AND v.visit_id = n.visit_id"""
_SWEEP = "DELETE FROM app.intent_visits WHERE outcome <> '' AND last_event_at < $1"
_FORGET = "DELETE FROM app.intent_visits WHERE outcome = '' AND NOT visitor = ANY ($1)"
_MOVE = """
    INSERT INTO app.intent (position, models, open_visits, scored, score_ms, row_ms)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (only_row) DO UPDATE SET
        position = excluded.position, models = excluded.models,
        open_visits = excluded.open_visits, scored = excluded.scored,
        score_ms = excluded.score_ms, row_ms = excluded.row_ms, updated_at = now()"""
