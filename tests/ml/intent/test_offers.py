"""Offers: from which score on they pay, by cost, margin and uplift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import expit

from ml.intent.examples import examples
from ml.intent.features import FEATURES
from ml.intent.offers import OfferTerms, choose, judged
from ml.intent.outcomes import ABANDONMENT, INTENT

if TYPE_CHECKING:
    from ml.intent.examples import Examples


def visits(target: str, *, count: int = 20_000) -> tuple[Examples, np.ndarray]:
    """Return visits of one moment each with baskets of 30.00, and their exact probabilities."""
    random = np.random.default_rng(0)
    probability = expit(random.normal(-0.5, 1.5, count))
    happened = (random.random(count) < probability).astype(np.float64)
    rows = np.zeros((count, len(FEATURES)))
    rows[:, FEATURES.index("basket_minor")] = 3_000
    numbers = np.arange(count)
    empty = examples([])
    found = replace(
        empty,
        target=target,
        rows=rows,
        visits=numbers,
        at=numbers.astype(float),
        events=numbers,
        is_first_add=numbers > 0,
        has_basket=numbers >= 0,
        kinds=numbers,
        ordered=happened,
        abandoned=happened,
    )
    return found, probability


@pytest.mark.parametrize(
    "target, break_even",
    [(INTENT, 0.05 / (0.2 * 0.4)), (ABANDONMENT, 0.05 / (0.05 + 0.2 * 0.35))],
)
def test_with_exact_probabilities_the_best_threshold_is_that_of_the_formula(
    target: str, break_even: float
) -> None:
    found, probability = visits(target)
    offer = choose(found, probability, OfferTerms())
    assert offer.break_even == pytest.approx(break_even)
    assert offer.threshold == pytest.approx(break_even, abs=0.06)
    assert offer.gain_minor > 0
    everybody = judged(
        type(offer)(threshold=0.0, break_even=0, usual_basket_minor=3_000, made_to=0, gain_minor=0),
        found,
        probability,
        OfferTerms(),
    )
    assert offer.gain_minor > everybody.gain_minor


def test_an_offer_that_never_pays_is_made_to_nobody() -> None:
    found, probability = visits(INTENT, count=2_000)
    offer = choose(found, probability, OfferTerms(cost_minor=100_000))
    assert (offer.threshold, offer.made_to, offer.break_even) == (None, 0.0, 1.0)


def test_a_visit_is_offered_something_once() -> None:
    found, probability = visits(ABANDONMENT, count=2_000)
    twice = replace(found, visits=found.visits // 2)
    offer = choose(twice, probability, OfferTerms(cost_share=0.0))
    assert offer.made_to <= 1
