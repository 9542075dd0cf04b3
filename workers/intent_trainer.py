"""Trains what foresees orders or left baskets from the log, and lets it serve where it wins."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import structlog

from application.context import Context
from application.models import note_trained
from domain.model import Model
from ml.intent import artifacts
from ml.intent.artifacts import Artifact
from ml.intent.examples import Gathering
from ml.intent.features import VERSION
from ml.intent.open_visits import EVENTS
from ml.intent.training import NotEnoughVisits, train_intent
from ml.recommendation.recommender import Progress
from ml.tensor_files import ArtifactRefused
from workers.model_files import artifact_path, digest
from workers.training_log import pages
from workers.training_plan import desk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from application.journal import Journal
    from ml.intent.classifiers import Classifier
    from ml.intent.measures import Measures
    from ml.intent.training import IntentSettings, TrainedIntent
    from workers.training_plan import Plan

logger = structlog.get_logger(__name__)

ACTOR = "trainer"
GAIN = "log-likelihood a moment"
_TOPICS = [event.TOPIC for event in EVENTS]


class Outcome(NamedTuple):
    """What came of a training."""

    version: str
    trained: TrainedIntent
    is_promoted: bool


async def train_intent_model(
    journal: Journal,
    directory: Path,
    kind: str,
    settings: IntentSettings,
    *,
    reading: Callable[[int, int], None] = lambda _position, _head: None,
    tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
    promotes: bool = True,
) -> Outcome:
    """Learn from the log as it is now; note the model, and promote it where it wins.

    ``kind``: what it is to foresee. One that was killed begins anew with the log as it was then:
    it takes minutes at most. Raises NotEnoughVisits, and TrainingUnderWay.
    """
    with desk(directory, kind) as own:
        line = await journal.load(Model, kind)
        plan = own.plan(
            head=await journal.head(),
            champion=line.champion if line else "",
            noted=line.versions if line else [],
            settings=settings,
        )
        gathering = Gathering(
            abandon_after_seconds=settings.abandon_after_seconds, most_visits=settings.most_visits
        )
        async for page in pages(journal, plan.until, _TOPICS, reading):
            for recorded in page:
                gathering.add(recorded)

        def learn() -> TrainedIntent:
            begun = time.monotonic()
            trained = train_intent(
                gathering.examples(are_over=True).asking(kind),
                settings,
                champion=_champion(directory, kind, plan.champion),
                tell=lambda name, done, of: tell(
                    name, Progress(done, of, time.monotonic() - begun)
                ),
            )
            path = artifact_path(directory, kind, plan.version)
            path.parent.mkdir(parents=True, exist_ok=True)
            artifacts.save(path, Artifact(trained.model, _header(plan, trained)))
            return trained

        try:
            trained = await asyncio.to_thread(learn)
        except NotEnoughVisits:
            own.clear()
            raise
        outcome = await _note(journal, directory, kind, plan, trained, promotes=promotes)
        own.clear()
        return outcome


def scores_of(trained: TrainedIntent) -> dict[str, dict[str, float]]:
    """Return the scores on the latest visits, by model or baseline, without what has no value."""
    return _known(trained.measures)


async def _note(
    journal: Journal,
    directory: Path,
    kind: str,
    plan: Plan,
    trained: TrainedIntent,
    *,
    promotes: bool,
) -> Outcome:
    """Record the model together with its promotion, so that a kill leaves both or neither."""
    least = trained.gains[trained.rival]
    noted = await note_trained(
        journal,
        Context(ACTOR, datetime.now(UTC)),
        kind,
        plan.version,
        artifact=digest(artifact_path(directory, kind, plan.version)),
        until=plan.until,
        settings=_made_with(plan, trained),
        scores=scores_of(trained),
        about=_about(trained),
        wins_over=plan.champion if promotes and trained.wins else None,
        reason=(
            f"{GAIN} above {trained.rival} by {least.value:.4f}"
            f" (95 % interval {least.low:.4f} to {least.high:.4f}) on the latest visits"
        ),
    )
    return Outcome(plan.version, trained, noted.answer.champion == plan.version)


def _champion(directory: Path, kind: str, version: str) -> Classifier | None:
    """Return what serves; one that is lost, damaged or of other features is no rival."""
    if not version:
        return None
    try:
        return artifacts.load(artifact_path(directory, kind, version)).model.classifier
    except (ArtifactRefused, OSError) as error:
        logger.warning("champion_not_loaded", kind=kind, version=version, reason=str(error))
        return None


def _header(plan: Plan, trained: TrainedIntent) -> dict[str, Any]:
    return {
        "version": plan.version,
        "until": plan.until,
        "settings": _made_with(plan, trained),
        "scores": scores_of(trained),
        **_about(trained),
    }


def _made_with(plan: Plan, trained: TrainedIntent) -> dict[str, Any]:
    """Return the settings on one level, as cards show them."""
    settings = {name: value for name, value in plan.settings.items() if name != "offer"}
    terms = {f"offer_{name}": value for name, value in plan.settings["offer"].items()}
    return {"name": trained.name, "features": VERSION, **settings, **terms}


def _about(trained: TrainedIntent) -> dict[str, Any]:
    return {
        "facts": trained.facts,
        "rival": trained.rival,
        "gain_measure": GAIN,
        "gains": msgspec.to_builtins(trained.gains),
        "offer": msgspec.to_builtins(trained.model.offer),
        "early": _known(trained.early[trained.name]),
    }


def _known(found: Mapping[str, Measures]) -> dict[str, dict[str, float]]:
    return {
        name: {
            measure: value
            for measure, value in msgspec.structs.asdict(measures).items()
            if not math.isnan(value)
        }
        for name, measures in found.items()
    }
