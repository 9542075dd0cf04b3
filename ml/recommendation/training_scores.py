"""How good models are on later cases: the place of what followed among what was not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.recommendation.ranking_metrics import bootstrap, ranks
from ml.recommendation.sessions import Sessions
from ml.recommendation.training_slices import Cases

if TYPE_CHECKING:
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints, Vocabulary

BATCH = 256
SHOWN = 20


def ranks_of(model: Recommender, cases: Cases) -> Ints:
    """Return (cases,) the place of what followed among all products that were not seen."""
    found = []
    contexts, followed, _ = cases
    for start in range(0, len(followed), BATCH):
        some = contexts.between(start, start + BATCH)
        scores = model.predict(some).copy()
        scores[some.owners, some.items] = -np.inf
        found.append(ranks(scores, followed[start : start + BATCH]))
    return np.concatenate(found)


def ranks_by_another(
    model: Recommender, own: Vocabulary, vocabulary: Vocabulary, cases: Cases
) -> Ints:
    """Return the ranks by a model with other numbers; what it does not know is a miss.

    ``own``: the model's vocabulary. ``vocabulary``: that of the cases.
    """
    contexts, followed, owners = cases
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
        found[there] = ranks_of(model, Cases(theirs.take(there), targets[there], owners[there]))
    return found


def _circumstances(contexts: Sessions) -> tuple[Any, Any, Any]:
    return contexts.kinds, contexts.dwell_seconds, contexts.times


def reciprocals(target_ranks: Ints) -> Floats:
    return np.where(target_ranks <= SHOWN, 1 / target_ranks, 0).astype(np.float32)


def scores_of(target_ranks: Ints, owners: Ints) -> dict[str, float]:
    """Return each measure, and the bounds of its 95 % interval as measure_low and measure_high."""
    hits = (target_ranks <= SHOWN).astype(np.float32)
    found: dict[str, float] = {}
    for measure, values in (("p", hits), ("mrr", reciprocals(target_ranks))):
        interval = bootstrap(values, owners)
        name = f"{measure}_{SHOWN}"
        found[name] = round(interval.value, 5)
        found[f"{name}_low"], found[f"{name}_high"] = (
            round(interval.low, 5),
            round(interval.high, 5),
        )
    return found
