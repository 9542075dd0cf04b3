"""From which score on an offer pays: its cost against the margin that it wins.

An offer costs C: a share of the basket and an amount. An order is worth M: the shop's margin of the
basket. The offer changes what a share u (``uplift``) of those do whom it can move.

- Of a visit that may order, it costs C each time it is made, and makes u more orders of each that
  comes: worth u M - C where the visit orders, - C where not. It pays from p = C / (u M) on.
- Of a basket that may be left, it is paid by who orders with it: worth u (M - C) where the basket
  would be left, and - C where it would have been ordered anyway. It pays from
  p = C / (C + u (M - C)) on.

That is the threshold of a matrix of costs (Elkan, The foundations of cost-sensitive learning,
IJCAI 2001), if probabilities are exact and baskets alike. They are neither, so what is taken is the
threshold with the highest gain over visits that the classifier has not learnt from, each of them
offered something once: at its first moment with such a score. The uplift is the shop's assumption;
only an experiment knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ml.intent.outcomes import INTENT

if TYPE_CHECKING:
    from ml.intent.examples import Examples
    from ml.intent.tree_ensemble import Matrix, Numbers

CANDIDATES = 200
"""Thresholds tried, at quantiles of the scores."""


class OfferTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer costs and what it wins. Shares are of the basket; amounts in minor units."""

    cost_share: float = 0.05
    cost_minor: float = 0.0
    margin_share: float = 0.4
    uplift: float = 0.2


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """From which score on an offer is made. ``threshold``: None where it pays for nobody.

    ``break_even``: by the formula, for a usual basket. ``usual_basket_minor``: what a basket counts
    for whose value is not known. ``made_to``: the share of visits. ``gain_minor``: a visit, of all.
    """

    threshold: float | None
    break_even: float
    usual_basket_minor: float
    made_to: float
    gain_minor: float


def choose(found: Examples, probability: Matrix, terms: OfferTerms) -> Offer:
    """Return the threshold that gains most over these visits, with what it gains."""
    usual = _usual_basket(found)
    gains = _gains(found, usual, terms)
    candidates = np.unique(np.quantile(probability, np.linspace(0, 1, CANDIDATES)))
    tried = [(_gain(found, probability, gains, each)[0], -float(each)) for each in candidates]
    best, threshold = max(tried, default=(0.0, 0.0))
    return judged(
        Offer(
            threshold=-threshold if best > 0 else None,
            break_even=_break_even(found.target, usual, terms),
            usual_basket_minor=usual,
            made_to=0.0,
            gain_minor=0.0,
        ),
        found,
        probability,
        terms,
    )


def judged(offer: Offer, found: Examples, probability: Matrix, terms: OfferTerms) -> Offer:
    """Return the offer with what it would have gained over other visits."""
    if offer.threshold is None:
        return offer
    gains = _gains(found, offer.usual_basket_minor, terms)
    gain, made_to = _gain(found, probability, gains, offer.threshold)
    return msgspec.structs.replace(offer, made_to=made_to, gain_minor=gain)


def _usual_basket(found: Examples) -> float:
    """Return what a basket was worth on average when there was one; 1 where no price is known."""
    values = found.column("basket_minor")
    known = values[values > 0]
    return float(known.mean()) if len(known) else 1.0


def _gains(found: Examples, usual: float, terms: OfferTerms) -> Matrix:
    """Return (moments,) what an offer then would have gained."""
    values = found.column("basket_minor")
    values = np.where(values > 0, values, usual)
    cost = terms.cost_share * values + terms.cost_minor
    margin = terms.margin_share * values
    won = terms.uplift * (margin if found.target == INTENT else margin - cost)
    if found.target == INTENT:
        won = won - cost
    return np.where(found.happened == 1, won, -cost)


def _gain(
    found: Examples, probability: Matrix, gains: Matrix, threshold: float
) -> tuple[float, float]:
    """Return (gain a visit, share of visits that are offered something)."""
    above = np.flatnonzero(probability >= threshold)
    _, first = np.unique(found.visits[above], return_index=True)
    visits: Numbers = np.unique(found.visits)
    return float(gains[above[first]].sum()) / len(visits), len(first) / len(visits)


def _break_even(target: str, usual: float, terms: OfferTerms) -> float:
    cost = terms.cost_share * usual + terms.cost_minor
    margin = terms.margin_share * usual
    whole = terms.uplift * margin if target == INTENT else cost + terms.uplift * (margin - cost)
    return min(cost / whole, 1.0) if whole > 0 else 1.0
