"""Gamma-Gamma: what a customer's next order will be worth.

Fader, Hardie & Lee, RFM and CLV, Journal of Marketing Research 42 (2005); Fader & Hardie, The
Gamma-Gamma Model of Monetary Value (2013).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from domain.segmentation import Spending

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

FEWEST_CUSTOMERS = 30
_STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 1.0), (0.5, 1.5, 3.0))
_BOUNDS = [(-7.0, 9.0)] * 3


def fit_spending(orders: ArrayLike, mean_minor: ArrayLike) -> Spending:
    """Return what fits these customers best: their orders and what one was worth in the mean.

    The plain mean of all orders where there are too few customers, or nothing varies.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - half a second; only a fit needs it

    x, z = np.asarray(orders, np.float64), np.asarray(mean_minor, np.float64)
    is_worth = (x > 0) & (z > 0)
    x, z = x[is_worth], z[is_worth]
    mean = float(x @ z / x.sum()) if len(x) else 0.0
    if len(x) < FEWEST_CUSTOMERS or np.ptp(z) <= 1e-9 * mean or x.max() < 2:  # noqa: PLR2004
        return Spending(0.0, 0.0, 0.0, mean)
    worth = z / mean

    def cost(logs: Numbers) -> float:
        p, q, v = np.exp(logs)
        return -float(np.mean(_log_likelihood(p, q, v, x, worth)))

    found = [
        minimize(cost, np.log(start), method="L-BFGS-B", bounds=_BOUNDS, options={"ftol": 1e-13})
        for start in _STARTS
    ]
    best = min(found, key=lambda each: float(each.fun))
    p, q, v = (float(each) for each in np.exp(best.x))
    if not np.isfinite(best.fun) or q <= 1:  # at or below 1 the expected worth is endless
        return Spending(0.0, 0.0, 0.0, mean)
    return Spending(p, q, v * mean, mean)


def expected_worth(model: Spending, orders: ArrayLike, mean_minor: ArrayLike) -> Numbers:
    """Return what each customer's next order is expected to be worth, in minor units.

    Between the customer's own mean and that of all, nearer to the own the more orders there are.
    """
    x, z = np.asarray(orders, np.float64), np.asarray(mean_minor, np.float64)
    if not model.p:
        return np.full(np.broadcast(x, z).shape, model.mean_minor)
    x = np.where(z > 0, x, 0)  # what was worth nothing tells nothing
    return np.asarray(model.p * (model.v + x * z) / (model.p * x + model.q - 1))


def _log_likelihood(p: float, q: float, v: float, x: Numbers, z: Numbers) -> Numbers:
    return np.asarray(
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(z)
        + p * x * np.log(x)
        - (p * x + q) * np.log(x * z + v)
    )
