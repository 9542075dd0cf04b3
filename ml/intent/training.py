"""Trains what foresees an order: on the past, calibrated and measured on what came later.

Visits are split by when they began, never within one: the first learn, the next calibrate and
choose, the latest measure. Nothing is resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.intent.baselines import BASELINES
from ml.intent.classifiers import FITS, calibrate, probabilities
from ml.intent.measures import measure
from ml.recommendation.ranking_metrics import bootstrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ml.intent.classifiers import Classifier
    from ml.intent.examples import Examples
    from ml.intent.measures import Measures
    from ml.intent.tree_ensemble import Matrix
    from ml.recommendation.ranking_metrics import Interval


class IntentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a training is made with; kept beside its model."""

    seed: int = 1
    calibrating_share: float = 0.2  # of the visits
    measuring_share: float = 0.2
    fewest_orders: int = 30  # among the visits of each part


class NotEnoughVisits(Exception):
    """Too few visits ordered to learn what they have in common; the message says how many."""


@dataclass(frozen=True, slots=True)
class TrainedIntent:
    """The classifier that did best where it was calibrated, and how all did on the latest visits.

    ``measures``: by name, of all moments. ``early``: by name, then by moment: after so many events,
    or at the first basket addition. ``gain``: in log-likelihood a moment over ``rival``, with a
    95 % interval by visits.
    """

    name: str
    classifier: Classifier
    measures: dict[str, Measures]
    early: dict[str, dict[str, Measures]]
    rival: str
    gain: Interval

    @property
    def wins(self) -> bool:
        """Whether it foresees orders better than its rival beyond chance."""
        return self.gain.low > 0


def train_intent(
    found: Examples,
    settings: IntentSettings,
    *,
    champion: Classifier | None = None,
    tell: Callable[[str], None] = lambda _name: None,
) -> TrainedIntent:
    """Learn from moments whose outcome is known. ``champion``: the rival; else the best baseline.

    Raises NotEnoughVisits.
    """
    learning, calibrating, measuring = split_by_time(found, settings)
    for part in (learning, calibrating, measuring):
        ordering = len(np.unique(part.visits[part.ordered == 1]))
        if ordering < settings.fewest_orders:
            raise NotEnoughVisits(
                f"{ordering} visits of a part of the past ordered;"
                f" {settings.fewest_orders} are needed in each"
            )
    fitted: dict[str, Classifier] = {}
    for name, fit in FITS.items():
        tell(name)
        grown = fit(learning.rows, learning.ordered, settings.seed)
        fitted[name] = calibrate(grown, calibrating.rows, calibrating.ordered)
    best = max(
        fitted,
        key=lambda name: _likelihoods(
            calibrating.ordered, probabilities(fitted[name], calibrating.rows)
        ).mean(),
    )
    answers = {name: answer(learning, measuring) for name, answer in BASELINES.items()}
    rival = max(
        answers, key=lambda name: float(_likelihoods(measuring.ordered, answers[name]).mean())
    )
    answers |= {name: probabilities(each, measuring.rows) for name, each in fitted.items()}
    if champion is not None:
        rival = "champion"
        answers[rival] = probabilities(champion, measuring.rows)
    gain = _likelihoods(measuring.ordered, answers[best]) - _likelihoods(
        measuring.ordered, answers[rival]
    )
    _, groups = np.unique(measuring.visits, return_inverse=True)
    return TrainedIntent(
        best,
        fitted[best],
        {name: measure(measuring.ordered, each) for name, each in answers.items()},
        {name: _early(measuring, each) for name, each in answers.items()},
        rival,
        bootstrap(gain.astype(np.float32), groups, seed=settings.seed),
    )


def split_by_time(found: Examples, settings: IntentSettings) -> Sequence[Examples]:
    """Return the moments to learn from, to calibrate on and to measure with: whole visits each."""
    visits, first = np.unique(found.visits, return_index=True)
    starts = np.sort(found.at[first])
    if not len(visits):
        return found, found, found
    later = settings.calibrating_share + settings.measuring_share
    cuts = [
        starts[min(int(len(starts) * (1 - s)), len(starts) - 1)]
        for s in (later, settings.measuring_share)
    ]
    return (
        found.where(found.at < cuts[0]),
        found.where((found.at >= cuts[0]) & (found.at < cuts[1])),
        found.where(found.at >= cuts[1]),
    )


def _early(asked: Examples, answered: Matrix) -> dict[str, Measures]:
    moments = {str(count): asked.events == count for count in np.unique(asked.events).tolist()}
    moments["first basket add"] = asked.is_first_add
    return {
        name: measure(asked.ordered[chosen], answered[chosen])
        for name, chosen in moments.items()
        if chosen.any()
    }


def _likelihoods(happened: Matrix, probability: Matrix) -> Matrix:
    return np.log(np.where(happened == 1, probability, 1 - probability))
