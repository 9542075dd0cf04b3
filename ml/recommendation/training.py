"""Trains the recommender of a shop: components on the past, their blend on what came after it.

Everything is measured on the latest sessions, which nothing was learnt from: how well each model
foresees the products that a visitor turns to next and has not seen yet. Then the components learn
from all sessions and keep the weights.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ml.recommendation.behaviour import contexts_of
from ml.recommendation.blend import Blend
from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.item_neighbours import ItemNeighbours, ItemNeighboursSettings
from ml.recommendation.neighbours import GoesWith, Neighbours
from ml.recommendation.popularity import Popularity
from ml.recommendation.random_walk import RandomWalk
from ml.recommendation.ranking_metrics import bootstrap
from ml.recommendation.recommender import Progress
from ml.recommendation.sequence_model import SequenceModel, SequenceSettings
from ml.recommendation.sequence_training import train as train_sequence_model
from ml.recommendation.sequential_rules import SequentialRules
from ml.recommendation.session_neighbourhood import SessionNeighbourhood
from ml.recommendation.sessions import Sessions, Vocabulary
from ml.recommendation.training_scores import ranks_by_another, ranks_of, reciprocals, scores_of
from ml.recommendation.training_slices import (
    Cases,
    Slices,
    begins_and_ends,
    slices_after,
    slices_of,
)
from ml.recommendation.warm_start import carried_over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ml.recommendation.behaviour import Touch
    from ml.recommendation.ranking_metrics import Interval
    from ml.recommendation.recommender import Recommender
    from ml.tensor_files import Arrays


class TrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a training is made with; kept beside its model."""

    seed: int = 1
    tail_share: float = 0.2  # of the sessions: half to weigh the components, half to measure
    most_cases: int = 5_000  # of each half, the latest
    fewest_sessions: int = 100
    fewest_cases: int = 50
    epochs: int = 6  # of the neural sequence model; 0 leaves it out
    warm_epochs: int = 3  # where it goes on from the model that serves; 0: never
    warm_learning_share: float = 0.5  # of the usual learning rate


class NotEnoughData(Exception):
    """Too little was done in the shop to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves. ``learnt_until``: Unix seconds of the last it learnt from."""

    model: Recommender
    vocabulary: Vocabulary
    learnt_until: float
    version: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model to serve, what goes with each product, and how it was measured.

    ``scores``: by model, then measure, on the latest sessions. ``gain``: of the blend over the
    model named ``rival`` in MRR@20, with a 95 % interval. ``warm_started_from``: the version
    whose parameters the neural model began with. ``facts``: what it learnt from, in numbers.
    """

    model: Blend
    goes_with: GoesWith
    vocabulary: Vocabulary
    scores: dict[str, dict[str, float]]
    rival: str
    gain: Interval
    warm_started_from: str
    facts: dict[str, float]

    @property
    def wins(self) -> bool:
        """Whether it is better than its rival beyond chance."""
        return self.gain.low > 0


def train(
    history: Sequence[Sequence[Touch]],
    content: Mapping[str, ProductContent],
    settings: TrainingSettings,
    *,
    champion: Champion | None = None,
    tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
) -> Trained:
    """Learn from a few sessions of touches, the one that ended first coming first."""
    vocabulary = Vocabulary(dict.fromkeys(t.product_id for each in history for t in each))
    sessions = contexts_of(history, vocabulary)
    return train_on(sessions, vocabulary, content, settings, champion=champion, tell=tell)


def train_on(
    sessions: Sessions,
    vocabulary: Vocabulary,
    content: Mapping[str, ProductContent],
    settings: TrainingSettings,
    *,
    champion: Champion | None = None,
    checkpoints: Path | None = None,
    tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
) -> Trained:
    """Learn from sessions with kinds and times, the one that ended first coming first.

    ``champion``: the rival to beat, on sessions that began after it had learnt; without one,
    popularity is. The neural model goes on from the champion's where there are enough such
    sessions to weigh it, too. ``checkpoints``: a directory where a training that was killed finds
    how far it got; the caller empties it in the end. Raises NotEnoughData.
    """
    _check(sessions, vocabulary, settings)
    since = champion.learnt_until if champion is not None else None
    slices, is_warm = slices_of(sessions, settings, since), False
    if since is not None and settings.warm_epochs:
        after = slices_after(sessions, settings, since)
        if after.is_enough(settings):
            slices, is_warm = after, True
    if not slices.is_enough(settings):
        whose = " that began after the serving model had learnt" if champion else ""
        raise NotEnoughData(
            f"the latest sessions{whose} lead to {len(slices.measuring.followed)} further products;"
            f" {settings.fewest_cases} are needed to measure with"
        )
    similarity = ContentSimilarity.fit(
        [content.get(product, ProductContent()) for product in vocabulary.products]
    )
    task = Task(similarity, settings, tell)
    start = None
    if champion is not None and is_warm and settings.epochs:
        start = task.start_from(champion, vocabulary)

    components, epochs = task.components(
        slices.past,
        validation=slices.weighing,
        start=start,
        checkpoint=checkpoints / "measured" if checkpoints else None,
    )
    blend = Blend.fit(components, slices.weighing.contexts, slices.weighing.followed)
    measuring = slices.measuring
    found = {model.name: ranks_of(model, measuring) for model in (*components, blend)}
    rival = Popularity.name
    if champion is not None:
        rival = "champion"
        found[rival] = ranks_by_another(champion.model, champion.vocabulary, vocabulary, measuring)
    difference = reciprocals(found[blend.name]) - reciprocals(found[rival])
    gain = bootstrap(difference, measuring.owners, seed=settings.seed)

    final, _ = task.components(
        sessions,
        epochs=epochs,
        start=start,
        checkpoint=checkpoints / "final" if checkpoints else None,
    )
    final_blend = blend.of(final)
    together = ItemNeighbours.fit(sessions, len(vocabulary), ItemNeighboursSettings(bought=True))
    scores = {name: scores_of(places, measuring.owners) for name, places in found.items()}
    return Trained(
        final_blend,
        _goes_with(final_blend, together, len(vocabulary), tell),
        vocabulary,
        scores,
        rival,
        gain,
        champion.version if champion is not None and start is not None else "",
        _facts(sessions, vocabulary, slices, epochs),
    )


def _goes_with(
    blend: Blend, together: ItemNeighbours, products: int, tell: Callable[[str, Progress], None]
) -> GoesWith:
    """Ask what goes with one product of what names few: a tenth of the time."""
    began = time.monotonic()

    def done(number: int) -> None:
        tell("neighbours", Progress(number, products, time.monotonic() - began))

    alike = Neighbours.found_by(blend.without(SequenceModel), products, tell=done)
    return GoesWith(alike, Neighbours.found_by(together, products))


class Task:
    """What the trainings of one catalogue share."""

    def __init__(
        self,
        content: ContentSimilarity,
        settings: TrainingSettings,
        tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
    ) -> None:
        self._content = content
        self._dense = content.dense
        self._settings = settings
        self._tell = tell

    @property
    def _products(self) -> int:
        return len(self._dense)

    def neural_settings(self, *, is_warm: bool) -> SequenceSettings:
        settings = SequenceSettings(seed=self._settings.seed, epochs=self._settings.epochs)
        if is_warm:
            rate = settings.learning_rate * self._settings.warm_learning_share
            epochs = min(settings.epochs, self._settings.warm_epochs)
            settings = msgspec.structs.replace(settings, epochs=epochs, learning_rate=rate)
        return settings

    def start_from(self, champion: Champion, vocabulary: Vocabulary) -> Arrays | None:
        """Return what the neural model may go on from; None where the champion has no such."""
        parts = champion.model.components if isinstance(champion.model, Blend) else ()
        for part in parts:
            if isinstance(part, SequenceModel):
                settings = self.neural_settings(is_warm=True)
                known = champion.vocabulary
                return carried_over(part, known, vocabulary, settings, self._dense)
        return None

    def components(
        self,
        sessions: Sessions,
        *,
        validation: Cases | None = None,
        epochs: int | None = None,
        start: Arrays | None = None,
        checkpoint: Path | None = None,
    ) -> tuple[list[Recommender], int]:
        """Return the fitted components, and after how many epochs the neural one was at its best.

        ``epochs``: of the neural one, where that is known already.
        """
        began = time.monotonic()
        plain = (Popularity, SequentialRules, ItemNeighbours, RandomWalk, SessionNeighbourhood)
        found: list[Recommender] = []
        for kind in plain:
            found.append(kind.fit(sessions, self._products))
            progress = Progress(len(found), len(plain), time.monotonic() - began)
            self._tell(kind.name, progress)
        found.append(self._content)
        if not self._settings.epochs:
            return found, 0
        neural = self.neural_settings(is_warm=start is not None)
        if epochs is not None:
            neural = msgspec.structs.replace(neural, epochs=epochs)
        model, learnt = train_sequence_model(
            sessions,
            self._products,
            neural,
            content=self._dense,
            validation=None if validation is None else (validation.contexts, validation.followed),
            checkpoint=checkpoint,
            start=start,
            tell=lambda progress: self._tell(SequenceModel.name, progress),
        )
        return [*found, model], max(1, learnt.best_epoch)


def _check(sessions: Sessions, vocabulary: Vocabulary, settings: TrainingSettings) -> None:
    if len(sessions) < settings.fewest_sessions:
        raise NotEnoughData(
            f"{len(sessions)} sessions are recorded; {settings.fewest_sessions} are needed"
        )
    if len(vocabulary) < 2:  # noqa: PLR2004 - or there is nothing to choose from
        raise NotEnoughData("fewer than two products were ever looked at")


def _facts(
    sessions: Sessions, vocabulary: Vocabulary, slices: Slices, epochs: int
) -> dict[str, float]:
    began, ended = begins_and_ends(sessions)
    return {
        "sessions": len(sessions),
        "products": len(vocabulary),
        "touches": len(sessions.items),
        "first_at": float(began.min()),
        "last_at": float(ended.max()),
        "sessions_of_the_measured_model": len(slices.past),
        "cases_weighed_on": len(slices.weighing.followed),
        "cases_measured_on": len(slices.measuring.followed),
        "epochs": epochs,
    }
