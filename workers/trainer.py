"""The trainer: learns a recommender from the log, keeps it, and lets it serve where it wins."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from application.context import Context
from application.models import note_trained
from domain.model import Model
from ml.recommendation import artifacts
from ml.recommendation.artifacts import Artifact
from ml.recommendation.behaviour import EVENTS, touches
from ml.recommendation.descriptions import DESCRIBING, describe
from ml.recommendation.past_touches import PastTouches
from ml.recommendation.training import Champion, NotEnoughData, Trained, TrainingSettings, train_on
from ml.tensor_files import ArtifactRefused
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path, digest
from workers.training_log import pages
from workers.training_plan import desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from application.journal import Journal
    from ml.recommendation.descriptions import ProductContent
    from ml.recommendation.recommender import Progress
    from workers.training_plan import Plan

ACTOR = "trainer"
_TOPICS = [event.TOPIC for event in (*EVENTS, *DESCRIBING)]


class Outcome(NamedTuple):
    """What came of a training."""

    version: str
    trained: Trained
    is_promoted: bool


class _Past(NamedTuple):
    """What the log tells of tastes and of products, up to a position."""

    touches: PastTouches
    content: dict[str, ProductContent]


async def train_recommender(
    journal: Journal,
    directory: Path,
    settings: TrainingSettings,
    *,
    reading: Callable[[int, int], None] = lambda _position, _head: None,
    tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
    promotes: bool = True,
) -> Outcome:
    """Learn from the log as it is now; note the model, and promote it where it wins.

    One that was killed goes on with the log as it was then. ``reading`` is told the position
    reached and the head. Raises NotEnoughData, and TrainingUnderWay.
    """
    with desk(directory) as own:
        line = await journal.load(Model, RECOMMENDER)
        plan = own.plan(
            head=await journal.head(),
            champion=line.champion if line else "",
            noted=line.versions if line else [],
            settings=settings,
        )
        past = await _read(journal, plan.until, reading)

        def learn() -> Trained:
            sessions, vocabulary = past.touches.sessions()
            trained = train_on(
                sessions,
                vocabulary,
                past.content,
                settings,
                champion=_champion(directory, plan.champion),
                checkpoints=own.checkpoints,
                tell=tell,
            )
            _keep(directory, plan, trained)
            return trained

        try:
            trained = await asyncio.to_thread(learn)
        except NotEnoughData:
            own.clear()
            raise
        outcome = await _note(journal, directory, plan, trained, promotes=promotes)
        own.clear()
        return outcome


async def _note(
    journal: Journal, directory: Path, plan: Plan, trained: Trained, *, promotes: bool
) -> Outcome:
    """Record the model together with its promotion, so that a kill leaves both or neither."""
    gain = trained.gain
    noted = await note_trained(
        journal,
        Context(ACTOR, datetime.now(UTC)),
        RECOMMENDER,
        plan.version,
        artifact=digest(artifact_path(directory, RECOMMENDER, plan.version)),
        until=plan.until,
        settings={"name": trained.model.name, **_made_with(plan, trained)},
        scores=trained.scores,
        about=_about(trained),
        wins_over=plan.champion if promotes and trained.wins else None,
        reason=(
            f"MRR@20 above {trained.rival} by {gain.value:.4f}"
            f" (95 % interval {gain.low:.4f} to {gain.high:.4f}) on the latest sessions"
        ),
    )
    return Outcome(plan.version, trained, noted.answer.champion == plan.version)


async def _read(journal: Journal, head: int, reading: Callable[[int, int], None]) -> _Past:
    """Read up to the head, a page in memory at a time."""
    past = _Past(PastTouches(), {})
    async for page in pages(journal, head, _TOPICS, reading):
        for recorded in page:
            for touch in touches(recorded):
                past.touches.add(touch)
            describe(past.content, recorded)
    return past


def _champion(directory: Path, version: str) -> Champion | None:
    """Return the model that serves; one whose file is lost or damaged is no rival."""
    if not version:
        return None
    try:
        loaded = artifacts.load(artifact_path(directory, RECOMMENDER, version))
    except (ArtifactRefused, OSError):
        return None
    return Champion(loaded.model, loaded.vocabulary, loaded.about["learnt_until"], version)


def _keep(directory: Path, plan: Plan, trained: Trained) -> None:
    about = {
        "version": plan.version,
        "until": plan.until,
        "learnt_until": trained.facts["last_at"],
        "settings": _made_with(plan, trained),
        "scores": trained.scores,
        **_about(trained),
    }
    beside = artifact_path(directory, NEIGHBOURS, plan.version)
    beside.parent.mkdir(parents=True, exist_ok=True)
    trained.goes_with.save(beside, trained.vocabulary, about)
    path = artifact_path(directory, RECOMMENDER, plan.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    artifacts.save(path, Artifact(trained.model, trained.vocabulary, about))


def _made_with(plan: Plan, trained: Trained) -> dict[str, Any]:
    return {**plan.settings, "warm_started_from": trained.warm_started_from}


def _about(trained: Trained) -> dict[str, Any]:
    return {
        "facts": trained.facts,
        "rival": trained.rival,
        "gain_mrr_20": msgspec.to_builtins(trained.gain),
    }
