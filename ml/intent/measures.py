"""How good probabilities are: ranking, calibration and what a campaign would gain from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

if TYPE_CHECKING:
    from ml.intent.tree_ensemble import Matrix

BINS = 15
LIFTED = (0.01, 0.05, 0.10)


class Measures(msgspec.Struct, frozen=True):
    """One classifier on cases it has not learnt from; NaN where cases of one kind are missing.

    ``ap``: average precision. ``ece``: expected calibration error over 15 bins of equal size
    (Naeini et al., AAAI 2015). ``brier_skill``: of the share of positives as everybody's
    probability, 0 is no better. ``lift_N``: positives among the N % with the highest
    probabilities, over those of as many drawn by chance.
    """

    ap: float
    auc: float
    accuracy: float
    brier: float
    brier_skill: float
    ece: float
    lift_1: float
    lift_5: float
    lift_10: float


def measure(happened: Matrix, probability: Matrix) -> Measures:
    """Return the measures of (cases,) 0 or 1 and (cases,) probabilities."""
    prior = happened.mean()
    mixed = 0 < prior < 1
    brier = brier_score_loss(happened, probability)
    return Measures(
        float(average_precision_score(happened, probability)) if mixed else np.nan,
        float(roc_auc_score(happened, probability)) if mixed else np.nan,
        float(((probability > 0.5) == happened).mean()),  # noqa: PLR2004 - more likely than not
        float(brier),
        float(1 - brier / (prior * (1 - prior))) if mixed else np.nan,
        calibration_error(happened, probability),
        *(_lift(happened, probability, share) for share in LIFTED),
    )


def calibration_error(happened: Matrix, probability: Matrix, bins: int = BINS) -> float:
    """Return the mean distance of probability and frequency, over bins of as many cases each."""
    order = np.argsort(probability, kind="stable")
    apart = [
        abs(float(happened[some].mean() - probability[some].mean())) * len(some)
        for some in np.array_split(order, min(bins, len(order)))
    ]
    return sum(apart) / len(order)


def _lift(happened: Matrix, probability: Matrix, share: float) -> float:
    """Ties count with the mean of their group, so that no order of the cases helps."""
    prior, k = happened.mean(), max(1, round(len(happened) * share))
    if not prior:
        return float(np.nan)
    least = np.partition(probability, -k)[-k]
    above, level = probability > least, probability == least
    hits = happened[above].sum() + (k - above.sum()) * happened[level].mean()
    return float(hits / k / prior)
