"""Made-up shoppers whose next product can be told from the ones before."""

from __future__ import annotations

import numpy as np

from ml.recommendation.sessions import Sessions

PRODUCTS = 60


def walks(count: int, *, seed: int = 0) -> Sessions:
    """Return sessions along a ring of products, now and then a step back or the same again."""
    random = np.random.default_rng(seed)
    sessions = []
    for _ in range(count):
        steps = random.choice([1, 1, 1, 2, 0, -1], size=random.integers(2, 9))
        sessions.append(((random.integers(PRODUCTS) + np.cumsum(steps)) % PRODUCTS).tolist())
    return Sessions.of(sessions)
