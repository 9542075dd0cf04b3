"""Trains what foresees an order or a left basket, and measures it on what came later.

Visits are split by when they began, never within one: the first learn, the next calibrate and
choose, the latest measure. Nothing is resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.intent.baselines import BASELINES
from ml.intent.classifiers import LEAST_PROBABILITY, probabilities
from ml.intent.drift import Histograms
from ml.intent.examples import HORIZONS
from ml.intent.fitting import FITS, calibrate
from ml.intent.intent_model import IntentModel
from ml.intent.measures import measure
from ml.intent.offers import OfferTerms, choose, judged
from ml.intent.outcomes import ABANDON_AFTER_SECONDS, INTENT
from ml.recommendation.ranking_metrics import bootstrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ml.intent.classifiers import Classifier
    from ml.intent.examples import Examples
    from ml.intent.measures import Measures
    from ml.intent.offers import Offer
    from ml.intent.tree_ensemble import Matrix
    from ml.recommendation.ranking_metrics import Interval


CHAMPION = "champion"


class IntentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a training is made with; kept beside its model."""

    seed: int = 1
    most_visits: int = 20_000  # the latest
    calibrating_share: float = 0.2  # of the visits
    measuring_share: float = 0.2
    fewest_of_each: int = 30  # visits of each outcome, in each part
    abandon_after_seconds: int = ABANDON_AFTER_SECONDS
    offer: OfferTerms = OfferTerms()


class NotEnoughVisits(Exception):
    """Too few visits ended in either way to tell them apart; the message says how many."""


@dataclass(frozen=True, slots=True)
class TrainedIntent:
    """The model that did best where it was calibrated, and how all did on the latest visits.

    ``measures``: by name, of all moments. ``early``: by name, then by moment: after so many events,
    or at the first basket addition. ``gains``: in log-likelihood a moment, with a 95 % interval by
    visits, over each rival: the best baseline, and the champion where there is one. ``facts``: what
    it learnt from, in numbers.
    """

    model: IntentModel
    measures: dict[str, Measures]
    early: dict[str, dict[str, Measures]]
    gains: dict[str, Interval]
    facts: dict[str, float]
    asked: dict[str, tuple[int, int]]
    """By moment, how many of the latest visits were asked, and to how many of these it happened."""

    @property
    def name(self) -> str:
        """What kind of classifier it is."""
        return self.model.name

    @property
    def rival(self) -> str:
        """Whom it is ahead of by least."""
        return min(self.gains, key=lambda name: self.gains[name].low)

    @property
    def wins(self) -> bool:
        """Whether it foresees better than every rival beyond chance."""
        return all(gain.low > 0 for gain in self.gains.values())


def train_intent(
    found: Examples,
    settings: IntentSettings,
    *,
    champion: Classifier | None = None,
    tell: Callable[[str, int, int], None] = lambda _name, _done, _of: None,
) -> TrainedIntent:
    """Learn what the examples ask. ``champion``: has to be beaten beside the best baseline.

    No champion has learnt from what it is measured on here: its own parts ended earlier. ``tell``
    is told which classifier grows, and as which of how many. Raises NotEnoughVisits.
    """
    learning, calibrating, measuring = split_by_time(found, settings)
    for part in (learning, calibrating, measuring):
        _check(part, settings)
    fitted: dict[str, Classifier] = {}
    for number, (name, fit) in enumerate(FITS.items()):
        tell(name, number, len(FITS))
        grown = fit(learning.rows, learning.happened, settings.seed)
        fitted[name] = calibrate(grown, calibrating.rows, calibrating.happened)
    tell("measuring", len(FITS), len(FITS))
    best = max(
        fitted,
        key=lambda name: _likelihoods(
            calibrating.happened, probabilities(fitted[name], calibrating.rows)
        ).mean(),
    )
    happened = measuring.happened
    answers = {
        name: answer(learning, measuring) for name, answer in BASELINES[found.target].items()
    }
    rivals = {
        max(answers, key=lambda name: float(_likelihoods(happened, answers[name]).mean())),
    }
    answers |= {name: probabilities(each, measuring.rows) for name, each in fitted.items()}
    if champion is not None:
        rivals.add(CHAMPION)
        answers[CHAMPION] = probabilities(champion, measuring.rows)
    return TrainedIntent(
        IntentModel(
            found.target,
            best,
            fitted[best],
            _offer(fitted[best], calibrating, measuring, settings),
            Histograms.of(learning.rows[np.isin(learning.events, HORIZONS)]),
        ),
        {name: measure(happened, each) for name, each in answers.items()},
        {name: _early(measuring, each) for name, each in answers.items()},
        {
            rival: _gain(measuring, answers[best], answers[rival], settings)
            for rival in sorted(rivals)
        },
        _facts(found, learning),
        {
            name: (int(chosen.sum()), int(happened[chosen].sum()))
            for name, chosen in _moments(measuring).items()
        },
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


def _check(part: Examples, settings: IntentSettings) -> None:
    """Raise NotEnoughVisits where a part of the past has too few visits of either outcome."""
    _, first = np.unique(part.visits, return_index=True)
    happened = int(part.happened[first].sum())
    other = len(first) - happened
    did, did_not = (
        ("ordered", "did not order")
        if part.target == INTENT
        else ("left their basket", "did not leave their basket")
    )
    for visits, what in ((happened, did), (other, did_not)):
        if visits < settings.fewest_of_each:
            raise NotEnoughVisits(
                f"{visits} visits of a part of the past {what};"
                f" {settings.fewest_of_each} are needed in each"
            )


def _offer(
    classifier: Classifier, calibrating: Examples, measuring: Examples, settings: IntentSettings
) -> Offer:
    """Choose where it was calibrated, and tell what that gains on the latest visits."""
    chosen = choose(calibrating, probabilities(classifier, calibrating.rows), settings.offer)
    return judged(chosen, measuring, probabilities(classifier, measuring.rows), settings.offer)


def _gain(measuring: Examples, own: Matrix, rivals: Matrix, settings: IntentSettings) -> Interval:
    gain = _likelihoods(measuring.happened, own) - _likelihoods(measuring.happened, rivals)
    _, groups = np.unique(measuring.visits, return_inverse=True)
    return bootstrap(gain.astype(np.float32), groups, seed=settings.seed)


def _facts(found: Examples, learning: Examples) -> dict[str, float]:
    visits, first = np.unique(found.visits, return_index=True)
    return {
        "visits": len(visits),
        "visits_learnt_from": len(np.unique(learning.visits)),
        "moments": len(found),
        "visits_it_happened_to": float(found.happened[first].sum()),
        "first_at": float(found.at.min()),
        "last_at": float(found.at.max()),
    }


def _early(asked: Examples, answered: Matrix) -> dict[str, Measures]:
    return {
        name: measure(asked.happened[chosen], answered[chosen])
        for name, chosen in _moments(asked).items()
    }


def _moments(asked: Examples) -> dict[str, NDArray[np.bool_]]:
    """Return which of the moments are after so many events, or at the first basket addition."""
    moments = {str(count): asked.events == count for count in HORIZONS}
    moments["first basket add"] = asked.is_first_add
    return {name: chosen for name, chosen in moments.items() if chosen.any()}


def _likelihoods(happened: Matrix, probability: Matrix) -> Matrix:
    """Return (moments,) log-likelihoods; who was certain and wrong is not wrong beyond measure."""
    said = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.log(np.where(happened == 1, said, 1 - said))
