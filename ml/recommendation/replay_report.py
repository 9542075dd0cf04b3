"""What a counterfactual replay found: the shapes of its answer, and when it may conclude."""

from __future__ import annotations

from typing import Literal

import msgspec


class Estimate(msgspec.Struct, frozen=True):
    """A value and the ends of its 95 % interval, lists of one visitor taken together."""

    value: float
    low: float
    high: float


class Doubt(msgspec.Struct, frozen=True):
    """Why nothing may be concluded. ``code`` is stable; ``detail`` is for people."""

    code: Literal[
        "no_lists",
        "small_effective_sample",
        "few_clicks",
        "lacking_support",
        "difference_within_chance",
    ]
    detail: str


class Judgement(msgspec.Struct, frozen=True):
    """Clicks per list: as served, and as another policy would have had them.

    ``rival``: of what served, as if it had drawn no list by chance. ``ips``: inverse propensity
    scores by place; ``snips``: the same, normalised at each place; ``doubly_robust``: corrects
    what a model of clicks expects. ``gain``: doubly robust less ``rival``. ``effective_sample``:
    how many shown places the weights are worth. ``support``: their mean; below 1 where the policy
    chooses what could not be shown.
    """

    lists: int
    visitors: int
    clicks: int
    served: Estimate
    rival: Estimate
    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    gain: Estimate
    effective_sample: float
    largest_weight: float
    support: float
    verdict: Literal["better", "worse", "no_conclusion"]
    doubts: tuple[Doubt, ...]


class HitRates(msgspec.Struct, frozen=True):
    """The share of cases in which what came next stood at the first place, among 5, in the list.

    Biased towards what was served: it was seen, and what is seen is clicked. No substitute for
    ``Judgement``.
    """

    cases: int
    at_1: float
    at_5: float
    at_count: float


class Hits(msgspec.Struct, frozen=True):
    """What the policy and the served lists foresaw of one kind of thing done next."""

    policy: HitRates
    served: HitRates


class ReplayReport(msgspec.Struct, frozen=True):
    """What a policy would have recommended in place of what was served, and what is known of it.

    Positions: lists served from ``start`` to before ``end``, and what followed before ``end``.
    ``agreement``: the share of served places at which the policy puts the same product.
    ``has_hindsight``: the policy learnt from the time that it is judged on, so it is flattered.
    ``hits``: by viewed, added and ordered.
    """

    policy: str
    placement: str
    start: int
    end: int
    agreement: float
    has_hindsight: bool
    clicks: Judgement
    hits: dict[str, Hits]
