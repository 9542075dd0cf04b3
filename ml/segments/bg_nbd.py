"""BG/NBD: how often a customer will order again, and whether they are still there.

Fader, Hardie & Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). The
conditional expectation is written with Euler's transformation of its hypergeometric function, which
does not overflow for frequent customers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import betaincinv, betaln, expit, gammaln, hyp2f1

from domain.segmentation import Buying
from ml.segments.cannot_fit import CannotFit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

FEWEST_CUSTOMERS = 50
FEWEST_REPEATERS = 10
_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.2, 0.5, 0.8, 2.5), (2.0, 5.0, 0.2, 1.0))
_BOUNDS = [(-7.0, 12.0 if each == "alpha" else 7.0) for each in ("r", "alpha", "a", "b")]
_ABOUT_ONE = 1e-6
_ABOUT_ZERO = 1e-12
_ROUNDING = 1e-9
_QUANTILES = 500


def fit_buying(repeats: ArrayLike, last: ArrayLike, known: ArrayLike) -> Buying:
    """Return the parameters under which these customers are likeliest, in the unit of the times.

    ``repeats``: orders after the first, by customer. ``last``: from the first to the last order.
    ``known``: from the first order to now. Raises CannotFit.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - half a second; only a fit needs it

    rows = np.stack([np.asarray(each, np.float64) for each in (repeats, last, known)], axis=1)
    if len(rows) < FEWEST_CUSTOMERS:
        raise CannotFit(f"{len(rows)} customers; {FEWEST_CUSTOMERS} are needed")
    if (repeaters := int((rows[:, 0] > 0).sum())) < FEWEST_REPEATERS:
        raise CannotFit(f"{repeaters} ordered again; {FEWEST_REPEATERS} are needed")
    distinct, weights = np.unique(rows, axis=0, return_counts=True)
    unit = float(distinct[:, 2].max()) / 10 or 1.0  # times of about 1 to 10 are easy to search
    x, t_x, t = distinct[:, 0], distinct[:, 1] / unit, distinct[:, 2] / unit

    def cost(logs: Numbers) -> float:
        r, alpha, a, b = np.exp(logs)
        return -float(weights @ _log_likelihood(r, alpha, a, b, x, t_x, t)) / len(rows)

    found = [
        minimize(cost, np.log(start), method="L-BFGS-B", bounds=_BOUNDS, options={"ftol": 1e-12})
        for start in _STARTS
    ]
    best = min(found, key=lambda each: float(each.fun))
    if not np.isfinite(best.fun):
        raise CannotFit("no parameters fit these customers")
    r, alpha, a, b = (float(each) for each in np.exp(best.x))
    return Buying(r, alpha * unit, a, b)


def log_likelihood(model: Buying, repeats: ArrayLike, last: ArrayLike, known: ArrayLike) -> float:
    """Return the log-likelihood of some customers."""
    x, t_x, t = (np.asarray(each, np.float64) for each in (repeats, last, known))
    return float(_log_likelihood(model.r, model.alpha, model.a, model.b, x, t_x, t).sum())


def alive(model: Buying, repeats: ArrayLike, last: ArrayLike, known: ArrayLike) -> Numbers:
    """Return the probability that each customer will still order."""
    x, t_x, t = (np.asarray(each, np.float64) for each in (repeats, last, known))
    log_odds = np.log(model.a / (model.b + np.maximum(x, 1) - 1)) + (model.r + x) * np.log(
        (model.alpha + t) / (model.alpha + t_x)
    )  # of being lost, which no one is who ordered but once, by the model
    return np.asarray(np.where(x > 0, expit(-log_odds), 1.0))


def expected_orders(
    model: Buying, repeats: ArrayLike, last: ArrayLike, known: ArrayLike, ahead: ArrayLike
) -> Numbers:
    """Return how many orders each customer is expected to place in the time ahead."""
    x, t, ahead = np.broadcast_arrays(
        *(np.asarray(each, np.float64) for each in (repeats, known, ahead))
    )
    while_there = _closed_form(model, x, t, ahead)
    at_most = (model.r + x) / (model.alpha + t) * ahead  # as if nobody were ever lost
    is_sound = (while_there >= 0) & (while_there <= at_most * (1 + _ROUNDING))
    if not is_sound.all():
        summed = _by_quantiles(model, x[~is_sound], t[~is_sound], ahead[~is_sound])
        while_there = while_there.copy()
        while_there[~is_sound] = np.minimum(summed, at_most[~is_sound])
    return np.asarray(while_there * alive(model, repeats, last, known))


def simulate(model: Buying, known: ArrayLike, seed: int) -> Iterator[tuple[int, float, float]]:
    """Yield customers as the model has them: repeats, time of the last, time known."""
    chance = np.random.default_rng(seed)
    for until in np.asarray(known, np.float64):
        rate = chance.gamma(model.r, 1 / model.alpha)
        loss = chance.beta(model.a, model.b)
        repeats, last, now = 0, 0.0, float(chance.exponential(1 / max(rate, 1e-300)))
        while now <= until:
            repeats, last = repeats + 1, now
            if chance.random() < loss:
                break
            now += float(chance.exponential(1 / rate))
        yield repeats, last, float(until)


def _log_likelihood(
    r: float, alpha: float, a: float, b: float, x: Numbers, t_x: Numbers, t: Numbers
) -> Any:
    rates = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    repeated = np.maximum(x, 1)
    lost = betaln(a + 1, b + repeated - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return rates + np.where(x > 0, np.logaddexp(stayed, lost), stayed)


def _closed_form(model: Buying, x: Numbers, t: Numbers, ahead: Numbers) -> Numbers:
    """Return the orders of customers who are still there; not a number where it fails."""
    a, b = _off_the_poles(model)
    z = ahead / (model.alpha + t + ahead)
    above = a + b + x - 1
    with np.errstate(all="ignore"):
        series = hyp2f1(a - 1, a + b - 1 - model.r, above, z)
        return np.asarray(above / (a - 1) * (1 - (1 - z) ** (a - 1) * series))


def _by_quantiles(model: Buying, x: Numbers, t: Numbers, ahead: Numbers) -> Numbers:
    """Return the same to three digits, for parameters so extreme that the closed form fails.

    The mean over equally likely chances of being lost after an order.
    """
    middles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    loss = betaincinv(model.a, model.b + x[..., None], middles)  # (..., quantiles)
    loss = np.maximum(loss, _ABOUT_ZERO)
    shrunk = (model.r + x)[..., None] * np.log1p(loss * (ahead / (model.alpha + t))[..., None])
    return np.asarray((-np.expm1(-shrunk) / loss).mean(axis=-1))


def _off_the_poles(model: Buying) -> tuple[float, float]:
    """Return a and b a hair away from where the closed form is zero by zero."""
    a, b = model.a, model.b
    if abs(a - 1) < _ABOUT_ONE:
        a = 1 + _ABOUT_ONE
    if abs(a + b - 1) < _ABOUT_ONE:
        b += 2 * _ABOUT_ONE
    return a, b
