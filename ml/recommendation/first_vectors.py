"""Product vectors to begin a training with: near in sessions, near in space, before any step.

FastRP (Chen et al., CIKM 2019): random vectors, averaged a few times over what each product was
seen beside. A rare product starts among its neighbours, where gradients would bring it only late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ml.recommendation.sequential_rules import pairs

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Sessions

HOPS = 2
STEPS = 10  # of a session that two products seen beside each other may span
HALF_LIFE = 1.0  # of the training period


def first_vectors(sessions: Sessions, products: int, width: int, seed: int) -> Floats:
    """Return unit vectors (products, width); those of products never seen are random."""
    beside = pairs(sessions, products, steps=STEPS, distance_power=1.0, half_life=HALF_LIFE)
    beside = beside + beside.T
    beside = (beside - sparse.diags(beside.diagonal())).tocsr()
    sizes = np.maximum(np.asarray(beside.sum(axis=1)).ravel(), 1e-9)
    damp = sparse.diags(sizes**-0.5)
    beside = (damp @ beside @ damp).tocsr().astype(np.float32)
    vectors = _unit(np.random.default_rng(seed).standard_normal((products, width), np.float32))
    total = vectors
    for _ in range(HOPS):
        vectors = _unit(beside @ vectors)
        total = total + vectors
    return _unit(total)


def _unit(rows: Floats) -> Floats:
    norms: Floats = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows / norms
