"""Sessions as sparse rows of weights: what is recent weighs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Ints, Sessions


def session_weights(sessions: Sessions, half_life: float) -> Floats:
    """Return (sessions,) 1 for the newest, halved with every ``half_life`` of the whole period.

    The period is what ``times`` say, or the order of the sessions where there are none.
    """
    if sessions.times is None:
        ages = np.arange(len(sessions))[::-1] / max(len(sessions) - 1, 1)
    else:
        ends = sessions.times[sessions.offsets[1:] - 1]
        ages = (ends.max() - ends) / max(ends.max() - ends.min(), 1.0)
    return np.exp2(-ages / half_life).astype(np.float32)


def context_matrix(contexts: Sessions, products: int, steps: float) -> sparse.csr_matrix:
    """Return (contexts, products): exp(-events since / steps) of each product's latest event."""
    weights = np.exp(-contexts.steps_to_end / steps).astype(np.float32)
    keys = contexts.owners * products + contexts.items
    cells, newest = np.unique(keys[::-1], return_index=True)  # first of the reversed is the latest
    owners, items = np.divmod(cells, products)
    starts = np.searchsorted(owners, np.arange(len(contexts) + 1))
    return csr(weights[::-1][newest], items, starts, products)


def csr(data: Floats, indices: Ints, starts: Ints, columns: int) -> sparse.csr_matrix:
    """Return the sparse matrix that these arrays of an artifact describe."""
    return sparse.csr_matrix((data, indices, starts), shape=(len(starts) - 1, columns))
