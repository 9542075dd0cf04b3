"""The trainer: learns a recommender from the log, keeps it, and lets it serve where it wins."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from application.context import Context
from application.models import note_trained, promote
from domain.model import Model
from ml import artifacts
from ml.artifacts import Artifact
from ml.behaviour import EVENTS, sessions_of, touches
from ml.descriptions import DESCRIBING, describe
from ml.tensor_files import ArtifactRefused
from ml.training import Champion, Trained, TrainingSettings, train
from workers.model_files import COMPLEMENTS, RECOMMENDER, artifact_path, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from application.journal import Journal
    from ml.behaviour import Touch
    from ml.descriptions import ProductContent
    from ml.recommender import Progress, Recommender

ACTOR = "trainer"
PAGE = 5_000
_TOPICS = [event.TOPIC for event in (*EVENTS, *DESCRIBING)]


class Outcome(NamedTuple):
    """What came of a training."""

    version: str
    trained: Trained
    is_promoted: bool


class _Past(NamedTuple):
    """What the log tells of tastes and of products, up to a position."""

    until: int
    touches: list[Touch]
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

    ``reading`` is told the position reached and the head. Raises NotEnoughData.
    """
    past = await _read(journal, reading)
    line = await journal.load(Model, RECOMMENDER)
    serving = line.champion if line else ""
    version = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")

    def learn() -> Trained:
        champion = _champion(directory, serving)
        trained = train(
            sessions_of(past.touches), past.content, settings, champion=champion, tell=tell
        )
        _keep(directory, version, past, settings, trained)
        return trained

    trained = await asyncio.to_thread(learn)
    context = Context(ACTOR, datetime.now(UTC))
    gain = trained.gain
    await note_trained(
        journal,
        context,
        RECOMMENDER,
        version,
        artifact=digest(artifact_path(directory, RECOMMENDER, version)),
        until=past.until,
        settings={"name": trained.model.name, **msgspec.to_builtins(settings)},
        scores=trained.scores,
    )
    if promotes and trained.wins:
        reason = (
            f"MRR@20 above {trained.rival} by {gain.value:.4f}"
            f" (95 % interval {gain.low:.4f} to {gain.high:.4f}) on the latest sessions"
        )
        await promote(journal, context, RECOMMENDER, version, reason)
    return Outcome(version, trained, promotes and trained.wins)


async def _read(journal: Journal, reading: Callable[[int, int], None]) -> _Past:
    head = await journal.head()
    position = 0
    found: list[Touch] = []
    content: dict[str, ProductContent] = {}
    while position < head:
        page = await journal.read(position, PAGE, topics=_TOPICS, until=head)
        if not page:
            break
        for recorded in page:
            found += touches(recorded)
            describe(content, recorded)
        position = page[-1].position
        reading(position, head)
    reading(head, head)
    return _Past(head, found, content)


def _champion(directory: Path, version: str) -> Champion | None:
    """Return the model that serves; one whose file is lost or damaged is no rival."""
    if not version:
        return None
    try:
        loaded = artifacts.load(artifact_path(directory, RECOMMENDER, version))
    except (ArtifactRefused, OSError):
        return None
    return Champion(loaded.model, loaded.vocabulary, loaded.about["learnt_until"])


def _keep(
    directory: Path, version: str, past: _Past, settings: TrainingSettings, trained: Trained
) -> None:
    about = {
        "version": version,
        "until": past.until,
        "learnt_until": max(touch.at for touch in past.touches),
        "settings": msgspec.to_builtins(settings),
        "scores": trained.scores,
    }
    models: dict[str, Recommender] = {
        RECOMMENDER: trained.model,
        COMPLEMENTS: trained.complements,
    }
    for kind, model in models.items():
        path = artifact_path(directory, kind, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        artifacts.save(path, Artifact(model, trained.vocabulary, about))
