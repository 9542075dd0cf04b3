"""Trains the recommender of a shop: components on the past, their blend on what came after it.

Everything is measured on the latest sessions, which nothing was learnt from: how well each model
foresees the products that a visitor turns to next and has not seen yet. Then the components learn
from all sessions and keep the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ml.behaviour import contexts_of
from ml.blend import Blend
from ml.content import ContentSimilarity, ProductContent
from ml.item_neighbours import ItemNeighbours, ItemNeighboursSettings
from ml.popularity import Popularity
from ml.random_walk import RandomWalk
from ml.ranking_metrics import bootstrap, hit_rate, ranks, reciprocal_rank
from ml.sequence_model import SequenceSettings
from ml.sequence_training import train as train_sequence_model
from ml.sequential_rules import SequentialRules
from ml.session_neighbourhood import SessionNeighbourhood
from ml.sessions import Sessions, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ml.behaviour import Touch
    from ml.ranking_metrics import Interval
    from ml.recommender import Progress, Recommender
    from ml.sessions import Floats, Ints

BATCH = 256
SHOWN = 20


class TrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a training is made with; kept beside its model."""

    seed: int = 1
    tail_share: float = 0.2  # of the sessions: half to weigh the components, half to measure
    most_cases: int = 5_000  # of each half, the latest
    fewest_sessions: int = 100
    fewest_cases: int = 50
    epochs: int = 6  # of the neural sequence model; 0 leaves it out


class NotEnoughData(Exception):
    """Too little was done in the shop to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves. ``learnt_until``: Unix seconds of the last it learnt from."""

    model: Recommender
    vocabulary: Vocabulary
    learnt_until: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A model to serve, what goes with what it was bought with, and how both were measured.

    ``scores``: by model, then measure, on the latest sessions. ``gain``: of the blend over the
    model named ``rival`` in MRR@20, with a 95 % interval.
    """

    model: Blend
    complements: ItemNeighbours
    vocabulary: Vocabulary
    scores: dict[str, dict[str, float]]
    rival: str
    gain: Interval

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
    """Learn from sessions, the one that ended first coming first.

    ``champion``: the rival to beat, on sessions that began after it had learnt; without one,
    popularity is. Raises NotEnoughData.
    """
    vocabulary = Vocabulary(dict.fromkeys(t.product_id for each in history for t in each))
    _check(history, vocabulary, settings)
    described = [content.get(product, ProductContent()) for product in vocabulary.products]
    cut = len(history) - round(len(history) * settings.tail_share)
    middle = (cut + len(history)) // 2
    past = contexts_of(history[:cut], vocabulary)
    weighing = _latest_cases(contexts_of(history[cut:middle], vocabulary), settings)
    latest = history[middle:]
    if champion is not None:
        latest = [session for session in latest if session[0].at > champion.learnt_until]
    measuring = _latest_cases(contexts_of(latest, vocabulary), settings)
    if min(len(weighing[1]), len(measuring[1])) < settings.fewest_cases:
        since = " that began after the serving model had learnt" if champion else ""
        raise NotEnoughData(
            f"the latest sessions{since} lead to {len(measuring[1])} further products;"
            f" {settings.fewest_cases} are needed to measure with"
        )

    components, epochs = _components(past, described, settings, validation=weighing, tell=tell)
    blend = Blend.fit(components, *weighing)
    found = {model.name: _ranks(model, *measuring) for model in (*components, blend)}
    rival = Popularity.name
    if champion is not None:
        rival = "champion"
        found[rival] = _ranks_of_champion(champion, vocabulary, *measuring)
    difference = _reciprocals(found[blend.name]) - _reciprocals(found[rival])
    gain = bootstrap(difference, np.arange(len(difference)), seed=settings.seed)

    everything = contexts_of(history, vocabulary)
    again = msgspec.structs.replace(settings, epochs=epochs)
    final, _ = _components(everything, described, again, validation=None, tell=tell)
    together = ItemNeighbours.fit(everything, len(vocabulary), ItemNeighboursSettings(bought=True))
    scores = {name: _scores(target_ranks) for name, target_ranks in found.items()}
    return Trained(blend.of(final), together, vocabulary, scores, rival, gain)


def _check(
    history: Sequence[Sequence[Touch]], vocabulary: Vocabulary, settings: TrainingSettings
) -> None:
    if len(history) < settings.fewest_sessions:
        raise NotEnoughData(
            f"{len(history)} sessions are recorded; {settings.fewest_sessions} are needed"
        )
    if len(vocabulary) < 2:  # noqa: PLR2004 - or there is nothing to choose from
        raise NotEnoughData("fewer than two products were ever looked at")


def _components(
    sessions: Sessions,
    described: Sequence[ProductContent],
    settings: TrainingSettings,
    *,
    validation: tuple[Sessions, Ints] | None,
    tell: Callable[[str, Progress], None],
) -> tuple[list[Recommender], int]:
    """Return the fitted components, and after how many epochs the neural one was at its best."""
    products, epochs = len(described), settings.epochs
    content = ContentSimilarity.fit(described)
    found: list[Recommender] = [
        Popularity.fit(sessions, products),
        SequentialRules.fit(sessions, products),
        ItemNeighbours.fit(sessions, products),
        RandomWalk.fit(sessions, products),
        SessionNeighbourhood.fit(sessions, products),
        content,
    ]
    if epochs:
        neural = SequenceSettings(seed=settings.seed, epochs=epochs)
        model, learnt = train_sequence_model(
            sessions,
            products,
            neural,
            content=content.dense,
            validation=validation,
            tell=lambda progress: tell("sequence model", progress),
        )
        found.append(model)
        epochs = max(1, learnt.best_epoch)
    return found, epochs


def _latest_cases(sessions: Sessions, settings: TrainingSettings) -> tuple[Sessions, Ints]:
    """Return the latest prefixes and (cases,) what followed each, where that was new to it.

    Lists leave out what was seen already, so going back to it is not theirs to foresee.
    """
    contexts, followed = sessions.cases()
    is_old = np.zeros(len(followed), bool)
    is_old[contexts.owners[contexts.items == followed[contexts.owners]]] = True
    chosen = np.flatnonzero(~is_old)[-settings.most_cases :]
    return contexts.take(chosen), followed[chosen]


def _ranks(model: Recommender, contexts: Sessions, followed: Ints) -> Ints:
    """Return (cases,) the place of what followed among all products that were not seen."""
    found = []
    for start in range(0, len(followed), BATCH):
        some = contexts.between(start, start + BATCH)
        scores = model.predict(some).copy()
        scores[some.owners, some.items] = -np.inf
        found.append(ranks(scores, followed[start : start + BATCH]))
    return np.concatenate(found)


def _ranks_of_champion(
    champion: Champion, vocabulary: Vocabulary, contexts: Sessions, followed: Ints
) -> Ints:
    """Return the ranks by a model with other numbers; what it does not know is a miss."""
    model, own = champion.model, champion.vocabulary
    numbers = np.array([-1 if (n := own.number(p)) is None else n for p in vocabulary.products])
    items = numbers[contexts.items]
    known = items >= 0
    lengths = np.bincount(contexts.owners[known], minlength=len(contexts))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    theirs = Sessions(
        items[known],
        offsets,
        *(None if each is None else each[known] for each in _circumstances(contexts)),
    )
    targets = numbers[followed]
    found = np.full(len(targets), len(vocabulary) + len(own), np.int64)
    there = np.flatnonzero(targets >= 0)
    if len(there):
        found[there] = _ranks(model, theirs.take(there), targets[there])
    return found


def _circumstances(contexts: Sessions) -> tuple[Any, Any, Any]:
    return contexts.kinds, contexts.dwell_seconds, contexts.times


def _reciprocals(target_ranks: Ints) -> Floats:
    return np.where(target_ranks <= SHOWN, 1 / target_ranks, 0).astype(np.float32)


def _scores(target_ranks: Ints) -> dict[str, float]:
    return {
        f"p_{SHOWN}": round(hit_rate(target_ranks, SHOWN), 5),
        f"mrr_{SHOWN}": round(reciprocal_rank(target_ranks, SHOWN), 5),
    }
