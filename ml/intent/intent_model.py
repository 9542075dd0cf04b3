"""A model of intent, ready to answer: a classifier, when an offer pays, what it learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import expit

from ml.intent.classifiers import probabilities

if TYPE_CHECKING:
    from ml.intent.classifiers import Classifier
    from ml.intent.drift import Histograms
    from ml.intent.offers import Offer
    from ml.intent.tree_ensemble import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class IntentModel:
    """``target``: what it foresees. ``name``: what kind of classifier it is."""

    target: str
    name: str
    classifier: Classifier
    offer: Offer
    histograms: Histograms

    def probabilities(self, rows: Matrix) -> Matrix:
        """Return (rows,) how probable it is, each row on its own."""
        return probabilities(self.classifier, rows)

    def explained(self, rows: Matrix) -> tuple[Matrix, Matrix]:
        """Return the same, and (rows, features) what each feature adds to the log odds."""
        log_odds, contributions = self.classifier.explained(rows)
        return expit(log_odds), contributions

    def pays(self, probability: float) -> bool:
        """Whether an offer pays at this probability."""
        return self.offer.threshold is not None and probability >= self.offer.threshold
