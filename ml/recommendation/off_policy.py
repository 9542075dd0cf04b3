"""What another policy's lists would have been clicked, from lists whose chances are known.

The item-position model (Li et al., "Offline evaluation of ranking policies with click models", KDD
2018): whether a product is clicked depends on the product and its place, so the click at a place
counts as often as the policy would have put that product there, over how often it was. Doubly
robust as Dudik et al. 2011, each place being one problem of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.recommendation.replay_report import Doubt, Estimate, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.recommendation.sessions import Ints

Reals = NDArray[np.float64]

NOTHING = -1
"""Chosen where the policy has no product for a place."""
FOLDS = 5
PRIOR_CLICKS = 5.0
"""With how many expected clicks a product is taken for an average one."""
NORMAL = 1.959964
"""So many standard errors on each side hold 95 %."""
TINY = 1e-9
"""What sums of floating point numbers differ by where nothing differs."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a sample before anything is concluded from it."""

    effective_places: float = 30.0
    effective_share: float = 0.01  # of the lists
    clicks: int = 10  # at places where the policy agrees with what was shown
    support: float = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ServedPlaces:
    """What stood at each place of the served lists, and whether it was clicked.

    ``lists``: (places,) the number of its list. ``ranks``: (places,) from 0. ``products``:
    (places,) numbers. ``propensities``: (places,) how probable the product was just there.
    ``clicks``: (places,) 0 or 1. ``visitors``: (lists,) whose list it is.
    """

    lists: Ints
    ranks: Ints
    products: Ints
    propensities: Reals
    clicks: Reals
    visitors: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What a policy does at each place: its product, and how much what was shown counts for it."""

    choices: Ints
    weights: Reals

    @classmethod
    def choosing(cls, served: ServedPlaces, choices: Ints) -> Policy:
        """Return the policy that always puts ``choices``: (places,) products, or NOTHING."""
        agrees = (choices == served.products) & (served.propensities > 0)
        weights = np.divide(
            1.0, served.propensities, out=np.zeros(len(choices), np.float64), where=agrees
        )
        return cls(choices, weights)

    @classmethod
    def as_served(cls, served: ServedPlaces) -> Policy:
        """Return the policy that served, its chances included."""
        return cls(served.products, np.ones(len(served.products)))

    @classmethod
    def without_chance(cls, served: ServedPlaces) -> Policy:
        """Return the policy that served, as if it had drawn no list by chance.

        What it puts at a place is what stood there more often than not.
        """
        usual = served.propensities > 1 / 2
        weights = np.divide(1.0, served.propensities, out=np.zeros(len(usual)), where=usual)
        return cls(served.products, weights)


def judge(
    served: ServedPlaces,
    policy: Policy,
    *,
    against: Policy | None = None,
    evidence: Evidence | None = None,
) -> Judgement:
    """Return what is known of the clicks that the policy would have had.

    ``against``: what it is compared with, by what was shown; else what served, chances included.
    """
    evidence = evidence or Evidence()
    against = against or Policy.as_served(served)
    has_choice = policy.choices != NOTHING
    weights = np.where(has_choice, policy.weights, 0.0)
    expected = _expected_clicks(served, policy.choices)
    expected_shown = _expected_clicks(served, served.products)
    robust = _by_list(
        served,
        np.where(has_choice, expected, 0.0) + weights * (served.clicks - expected_shown),
    )
    snips, spread = _normalised(served, weights, has_choice)
    rival, rival_spread = _normalised(served, against.weights, np.ones_like(has_choice))
    places = weights[has_choice]
    squares = float(np.sum(places**2))
    gain = _mean(served, robust - rival_spread - rival)
    effective = float(np.sum(places)) ** 2 / squares if squares else 0.0
    support = _support(served, weights, has_choice)
    found_clicks = int(np.sum((weights > 0) & (served.clicks > 0)))
    doubts = tuple(_doubts(evidence, len(served.visitors), effective, found_clicks, support))
    if not doubts and gain.low <= TINY and gain.high >= -TINY:
        text = f"the difference may be chance: {gain.low:+.5f} to {gain.high:+.5f} clicks per list"
        doubts = (Doubt("difference_within_chance", text),)
    return Judgement(
        lists=len(served.visitors),
        visitors=len(np.unique(served.visitors)),
        clicks=int(served.clicks.sum()),
        served=_mean(served, _by_list(served, served.clicks)),
        rival=_estimate(served, rival, rival_spread),
        ips=_mean(served, _by_list(served, weights * served.clicks)),
        snips=_estimate(served, snips, spread),
        doubly_robust=_mean(served, robust),
        gain=gain,
        effective_sample=effective,
        largest_weight=float(places.max(initial=0.0)),
        support=support.value,
        verdict="no_conclusion" if doubts else "better" if gain.low > 0 else "worse",
        doubts=doubts,
    )


def _doubts(
    evidence: Evidence, lists: int, effective: float, clicks: int, support: Estimate
) -> Iterator[Doubt]:
    """Yield what stands against a conclusion, whatever the difference is."""
    if not lists:
        yield Doubt("no_lists", "no list was served in this time that could be replayed")
        return
    needed = max(evidence.effective_places, evidence.effective_share * lists)
    if effective < needed:
        text = f"what was shown is worth {effective:.1f} places of it; {needed:.0f} are needed"
        yield Doubt("small_effective_sample", text)
    if clicks < evidence.clicks:
        text = f"{clicks} clicks on what it would have shown; {evidence.clicks} are needed"
        yield Doubt("few_clicks", text)
    if support.high < evidence.support:
        text = (
            f"only about {support.value:.0%} of what it would have shown could have been shown:"
            f" {evidence.support:.0%} are needed"
        )
        yield Doubt("lacking_support", text)


def _expected_clicks(served: ServedPlaces, products: Ints) -> Reals:
    """Return (places,): how probable a click on these products is there, learnt from the others.

    The place's rate times the product's own strength. A visitor's lists are never learnt from for
    what is expected of that visitor.
    """
    expected = np.zeros(len(products))
    folds = (served.visitors % FOLDS)[served.lists]
    sizes = max(products.max(initial=0), served.products.max(initial=0)) + 1
    for fold in range(FOLDS):
        own, others = folds == fold, folds != fold
        ranks, shown, clicks = served.ranks[others], served.products[others], served.clicks[others]
        most = served.ranks.max(initial=0) + 1
        counts = np.bincount(ranks, minlength=most)
        rates = np.bincount(ranks, clicks, most) / np.maximum(counts, 1)
        foreseen = np.bincount(shown, rates[ranks], sizes)
        strengths = (np.bincount(shown, clicks, sizes) + PRIOR_CLICKS) / (foreseen + PRIOR_CLICKS)
        expected[own] = rates[served.ranks[own]] * strengths[np.maximum(products[own], 0)]
    return np.minimum(expected, 1.0)


def _normalised(
    served: ServedPlaces, weights: Reals, has_choice: NDArray[np.bool_]
) -> tuple[float, Reals]:
    """Return the clicks per list with weights normalised at each place, and (lists,) influences."""
    most, lists = served.ranks.max(initial=0) + 1, max(len(served.visitors), 1)
    counts = np.bincount(served.ranks[has_choice], minlength=most)
    sums = np.bincount(served.ranks, weights, most)
    clicks = np.bincount(served.ranks, weights * served.clicks, most)
    rates = np.divide(clicks, sums, out=np.zeros(most), where=sums > 0)
    scale = np.divide(counts, sums, out=np.zeros(most), where=sums > 0)
    value = float(counts @ rates) / lists
    own_rates = rates[served.ranks]
    influence = scale[served.ranks] * weights * (served.clicks - own_rates)
    return value, _by_list(served, influence + np.where(has_choice, own_rates, 0.0)) - value


def _support(served: ServedPlaces, weights: Reals, has_choice: NDArray[np.bool_]) -> Estimate:
    """Return the mean weight of the places: 1 where all that the policy chooses might be shown."""
    per_list = np.bincount(served.lists[has_choice], minlength=len(served.visitors))
    places = max(int(per_list.sum()), 1)
    value = float(weights.sum()) / places
    influence = _by_list(served, weights) - value * per_list
    return _estimate(served, value, influence * len(served.visitors) / places)


def _by_list(served: ServedPlaces, values: Reals) -> Reals:
    return np.bincount(served.lists, values, len(served.visitors)).astype(np.float64)


def _mean(served: ServedPlaces, values: Reals) -> Estimate:
    """Return the mean of (lists,) values."""
    mean = float(values.mean()) if len(values) else 0.0
    return _estimate(served, mean, values - mean)


def _estimate(served: ServedPlaces, value: float, influence: Reals) -> Estimate:
    """Return a value with the interval that (lists,) influences, summed by visitor, give it."""
    _, owners = np.unique(served.visitors, return_inverse=True)
    sums = np.bincount(owners, influence)
    visitors = len(sums)
    if visitors < 2:  # noqa: PLR2004 - one visitor varies with nobody: all that can be
        most = float(served.ranks.max(initial=0) + 1)
        return Estimate(value, -most, most)
    deviation = np.sqrt(visitors / (visitors - 1) * np.sum(sums**2)) / len(influence)
    return Estimate(value, float(value - NORMAL * deviation), float(value + NORMAL * deviation))
