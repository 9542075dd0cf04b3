"""Balances what a sequence model says of new products with going back, on later sessions.

The vectors of a training know its sessions, so new products look surer there than they are later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.recommendation.ranking_metrics import hit_rate, ranks, reciprocal_rank

if TYPE_CHECKING:
    from ml.recommendation.sequence_model import SequenceModel
    from ml.recommendation.sessions import Ints, Sessions

NEW_SCALES = (1.0, 0.85, 0.7, 0.55)
COPY_OFFSETS = (0.0, 1.0, 2.0, 3.0, 4.0)
BATCH = 256


def calibrated(model: SequenceModel, contexts: Sessions, followed: Ints) -> SequenceModel:
    """Return the model with the scale, then the offset, that rank (cases,) ``followed`` best."""

    def score(tried: SequenceModel) -> float:
        return _score(tried, contexts, followed)

    model = max((model.calibrated(scale, 0.0) for scale in NEW_SCALES), key=score)
    scale = model.settings.new_scale
    return max((model.calibrated(scale, offset) for offset in COPY_OFFSETS), key=score)


def _score(model: SequenceModel, contexts: Sessions, followed: Ints) -> float:
    found = np.concatenate(
        [
            ranks(
                model.predict(contexts.between(start, start + BATCH)),
                followed[start : start + BATCH],
            )
            for start in range(0, len(followed), BATCH)
        ]
    )
    return hit_rate(found, 20) + reciprocal_rank(found, 20)
