"""Tuning for the session benchmark: the same few random tries for every model without epochs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from benchmarks.session_table import answered
from ml.recommendation.ease import Ease, EaseSettings
from ml.recommendation.item_neighbours import ItemNeighbours, ItemNeighboursSettings
from ml.recommendation.popularity import Popularity, PopularitySettings
from ml.recommendation.random_walk import RandomWalk, RandomWalkSettings
from ml.recommendation.ranking_metrics import hit_rate, reciprocal_rank
from ml.recommendation.revisits import Revisits, RevisitsSettings
from ml.recommendation.sequential_rules import SequentialRules, SequentialRulesSettings
from ml.recommendation.session_neighbourhood import NeighbourhoodSettings, SessionNeighbourhood

if TYPE_CHECKING:
    from benchmarks.session_files import Cases
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Sessions

SEED = 1
TUNED_CASES = 2_000  # of the tail, for each try
TRIES = 12  # for every model with something to tune, while its share of the time lasts

Grid = dict[str, tuple[float, ...]]
GRIDS: tuple[tuple[type[Any], type[Any], Grid], ...] = (
    (Popularity, PopularitySettings, {"half_life": (0.002, 0.01, 0.05, 0.2, 1.0)}),
    (Revisits, RevisitsSettings, {}),
    (
        SequentialRules,
        SequentialRulesSettings,
        {
            "steps": (5, 10, 20),
            "distance_power": (0.7, 1.0, 1.5),
            "context_steps": (0.8, 1.5, 2.5),
            "half_life": (0.2, 0.5, 2.0),
            "backward": (0.0, 0.3, 0.6),
            "target_power": (0.0, 0.2, 0.4),
        },
    ),
    (
        ItemNeighbours,
        ItemNeighboursSettings,
        {
            "half_life": (0.2, 0.5, 2.0),
            "context_steps": (0.8, 1.5, 2.5, 4.0),
            "shrink": (0.0, 0.5, 2.0, 8.0),
        },
    ),
    (
        SessionNeighbourhood,
        NeighbourhoodSettings,
        {
            "sample": (500, 1_000, 2_500),
            "context_steps": (1.0, 1.5, 2.5),
            "half_life": (0.2, 0.5, 1.5),
            "after_steps": (1.5, 2.0, 3.0),
            "before_steps": (0.7, 1.0, 2.0),
            "rarity": (0.5, 1.0, 2.0),
            "length_power": (0.0, 0.3, 0.6),
            "target_rarity": (0.0, 0.3, 0.6),
        },
    ),
    (
        RandomWalk,
        RandomWalkSettings,
        {
            "target_power": (0.2, 0.4, 0.6),
            "hop_weight": (0.3, 0.8),
            "context_steps": (1.0, 1.5, 2.5),
            "backward": (0.3, 0.6, 1.0),
        },
    ),
    (Ease, EaseSettings, {"regularisation": (1.0, 10.0, 100.0), "context_steps": (0.8, 1.5, 3.0)}),
)


class Tuned(msgspec.Struct, frozen=True):
    """The best of the tries: what was changed of the defaults, all settings, and the model."""

    changed: dict[str, float]
    settings: Any
    model: Any
    score: float


def tune(
    kind: type[Any],
    settings_type: type[Any],
    grid: Grid,
    *,
    learnt: Sessions,
    products: int,
    cases: Cases,
    seconds: float,
    seed: int,
) -> Tuned:
    """Return the best of a few random settings on the cases, which came after what is learnt.

    The settings' own defaults are the first try; none begins after so many seconds.
    """
    random = np.random.default_rng(seed)
    found: Tuned | None = None
    started = time.monotonic()
    for attempt in range(TRIES if grid else 1):
        if found and time.monotonic() - started > seconds:
            break
        drawn = {key: random.choice(values).item() for key, values in grid.items()}
        changed = drawn if attempt else {}
        settings = msgspec.convert(changed, settings_type, strict=False)
        model: Recommender = kind.fit(learnt, products, settings)
        places, _, _ = answered(model, cases)
        score = (hit_rate(places, 20) + reciprocal_rank(places, 20)) / 2
        if found is None or score > found.score:
            found = Tuned(changed, settings, model, score)
    assert found is not None
    return found
