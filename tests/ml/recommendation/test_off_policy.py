"""The estimates against the truth: logging policies with known chances, clicks of known rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from ml.recommendation.off_policy import NOTHING, Evidence, Policy, Reals, ServedPlaces, judge

if TYPE_CHECKING:
    from ml.recommendation.sessions import Ints

COUNT, POOL = 4, 10
"""Products shown of a list, and those that a list drawn by chance is drawn from."""
SHARE = 0.3
PLACE_RATES = np.array([0.4, 0.25, 0.15, 0.1])


class World(NamedTuple):
    """Three tastes, each with its clicks, and what two policies show to it."""

    appeal: Reals  # (tastes, products)
    shown: Ints  # (tastes, products), the best first; the first POOL may be drawn
    chosen: Ints  # (tastes, COUNT)

    def value(self, lists: Ints) -> float:
        """Return the true clicks per list of a policy: (tastes, COUNT) products."""
        rates = np.take_along_axis(self.appeal, lists, axis=1)
        return float((rates * PLACE_RATES).sum(axis=1).mean())


def a_world(seed: int = 0) -> World:
    chance = np.random.default_rng(seed)
    appeal = chance.uniform(0.05, 1.0, (3, POOL + 5))
    shown = np.argsort(-appeal + chance.normal(0, 0.5, appeal.shape), axis=1)
    liked = np.argsort(-np.take_along_axis(appeal, shown[:, :POOL], axis=1), axis=1)[:, :COUNT]
    return World(appeal, shown, np.take_along_axis(shown, liked, axis=1))


def a_log(
    world: World, seed: int, *, lists: int = 3_000, share: float = SHARE, per_visitor: int = 1
) -> tuple[ServedPlaces, Ints]:
    """Return what was served and clicked, and (lists,) the taste of each list's visitor."""
    chance = np.random.default_rng(seed)
    visitors = np.arange(lists) // per_visitor
    tastes = chance.integers(3, size=visitors.max() + 1)[visitors]
    pools = world.shown[tastes, :POOL]
    drawn = np.take_along_axis(pools, chance.random(pools.shape).argsort(axis=1), axis=1)
    is_drawn = chance.random(lists) < share
    shown = np.where(is_drawn[:, None], drawn, pools)[:, :COUNT]
    propensities = share / POOL + (1 - share) * (shown == pools[:, :COUNT])
    rates = world.appeal[tastes[:, None], shown] * PLACE_RATES
    served = ServedPlaces(
        lists=np.repeat(np.arange(lists), COUNT),
        ranks=np.tile(np.arange(COUNT), lists),
        products=shown.ravel(),
        propensities=propensities.ravel(),
        clicks=(chance.random(rates.shape) < rates).ravel().astype(np.float64),
        visitors=visitors,
    )
    return served, tastes


@pytest.mark.parametrize("per_visitor", [1, 3])
def test_the_estimates_are_right_on_average_and_their_intervals_hold_the_truth(
    per_visitor: int,
) -> None:
    world = a_world()
    truth, served_truth = world.value(world.chosen), world.value(world.shown[:, :COUNT])
    found: dict[str, list[float]] = {"ips": [], "snips": [], "doubly_robust": [], "gain": []}
    held = dict.fromkeys(found, 0)
    seeds = 200
    for seed in range(seeds):
        served, tastes = a_log(world, seed, lists=1_500, per_visitor=per_visitor)
        judgement = judge(
            served,
            Policy.choosing(served, world.chosen[tastes].ravel()),
            against=Policy.without_chance(served),
        )
        for name, values in found.items():
            estimate = getattr(judgement, name)
            values.append(estimate.value)
            right = truth - served_truth if name == "gain" else truth
            held[name] += estimate.low <= right <= estimate.high
    for name, values in found.items():
        right = truth - served_truth if name == "gain" else truth
        error = np.std(values) / np.sqrt(seeds)
        assert abs(np.mean(values) - right) < 3 * error, name
        assert 0.91 <= held[name] / seeds <= 0.99, name
    spread = {name: np.std(values) for name, values in found.items()}
    assert spread["doubly_robust"] < spread["ips"]
    assert spread["snips"] < spread["ips"]


def test_what_served_is_worth_just_what_it_was() -> None:
    served, _ = a_log(a_world(), 1)
    judgement = judge(served, Policy.as_served(served))
    mean = served.clicks.sum() / 3_000
    for estimate in (judgement.served, judgement.ips, judgement.snips, judgement.doubly_robust):
        assert estimate.value == pytest.approx(mean, abs=1e-12)
    assert judgement.gain.value == pytest.approx(0, abs=1e-12)
    assert judgement.effective_sample == len(served.lists)
    assert judgement.support == 1
    assert judgement.verdict == "no_conclusion"


def test_what_served_is_no_better_than_itself_without_its_chances() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=20_000)
    same = Policy.choosing(served, world.shown[:, :COUNT][tastes].ravel())
    judgement = judge(served, same, against=Policy.without_chance(served))
    assert judgement.snips.value == pytest.approx(judgement.rival.value, abs=1e-12)
    assert judgement.gain.low < 0 < judgement.gain.high
    assert judgement.rival.value > judgement.served.value


def test_a_better_policy_is_found_better_and_a_worse_one_worse() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=20_000)
    better = judge(served, Policy.choosing(served, world.chosen[tastes].ravel()))
    assert (better.verdict, better.doubts) == ("better", ())
    worst = np.take_along_axis(
        world.shown,
        np.argsort(np.take_along_axis(world.appeal, world.shown[:, :POOL], axis=1), axis=1),
        axis=1,
    )[:, :COUNT]
    worse = judge(served, Policy.choosing(served, worst[tastes].ravel()))
    assert worse.verdict == "worse"
    assert worse.gain.high < 0 < better.gain.low


def test_a_difference_within_chance_is_no_conclusion() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=400)
    judgement = judge(served, Policy.choosing(served, world.chosen[tastes].ravel()))
    assert [doubt.code for doubt in judgement.doubts] == ["difference_within_chance"]


def test_too_small_an_effective_sample_is_no_conclusion() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=2_000, share=0.002)
    reversed_lists = world.shown[:, COUNT : 2 * COUNT][tastes].ravel()
    judgement = judge(served, Policy.choosing(served, reversed_lists))
    assert judgement.effective_sample < 30
    assert judgement.verdict == "no_conclusion"
    assert judgement.doubts[0].code == "small_effective_sample"
    needs_more = Evidence(effective_share=2.0)
    agreeing = Policy.choosing(served, world.shown[:, :COUNT][tastes].ravel())
    assert judge(served, agreeing).effective_sample > 7_000
    many = judge(served, agreeing, evidence=needs_more)
    assert many.effective_sample > 2 * 2_000
    assert "small_effective_sample" not in {doubt.code for doubt in many.doubts}


def test_what_could_never_be_shown_cannot_be_judged() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=20_000)
    choices = world.chosen.copy()
    choices[:, 1] = world.shown[:, POOL]  # outside of what lists are drawn from
    judgement = judge(served, Policy.choosing(served, choices[tastes].ravel()))
    assert judgement.support == pytest.approx(0.75, abs=0.03)
    assert "lacking_support" in {doubt.code for doubt in judgement.doubts}
    assert judgement.verdict == "no_conclusion"


def test_a_log_without_chance_tells_nothing_of_another_policy() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, share=0.0)
    other = np.roll(world.shown[:, :COUNT], 1, axis=1)[tastes].ravel()
    judgement = judge(served, Policy.choosing(served, other))
    assert judgement.effective_sample == 0
    assert {doubt.code for doubt in judgement.doubts} == {
        "small_effective_sample",
        "few_clicks",
        "lacking_support",
    }


def test_a_place_left_empty_earns_nothing() -> None:
    world = a_world()
    served, tastes = a_log(world, 1, lists=20_000)
    choices = world.chosen[tastes].copy()
    choices[:, 2:] = NOTHING
    judgement = judge(served, Policy.choosing(served, choices.ravel()))
    rates = np.take_along_axis(world.appeal, world.chosen[:, :2], axis=1) * PLACE_RATES[:2]
    truth = float(rates.sum(axis=1).mean())
    assert judgement.doubly_robust.low < truth < judgement.doubly_robust.high
    assert judgement.snips.low < truth < judgement.snips.high


def test_nothing_served_and_one_visitor_are_said() -> None:
    served, _ = a_log(a_world(), 1, lists=3)
    none = np.zeros(0, np.int64)
    empty = ServedPlaces(none, none, none, np.zeros(0), np.zeros(0), none)
    assert judge(empty, Policy.as_served(empty)).doubts[0].code == "no_lists"
    alone = ServedPlaces(
        served.lists,
        served.ranks,
        served.products,
        served.propensities,
        served.clicks,
        np.zeros(3, np.int64),
    )
    assert judge(alone, Policy.as_served(alone)).served.high == COUNT


@pytest.mark.slow
def test_intervals_hold_the_truth_where_one_list_in_twenty_is_drawn() -> None:
    world = a_world(3)
    truth = world.value(world.chosen) - world.value(world.shown[:, :COUNT])
    seeds, held, concluded, wrong = 200, 0, 0, 0
    for seed in range(seeds):
        served, tastes = a_log(world, seed, lists=8_000, share=0.05)
        judgement = judge(
            served,
            Policy.choosing(served, world.chosen[tastes].ravel()),
            against=Policy.without_chance(served),
        )
        held += judgement.gain.low <= truth <= judgement.gain.high
        concluded += judgement.verdict != "no_conclusion"
        wrong += judgement.verdict == ("worse" if truth > 0 else "better")
    assert held / seeds >= 0.9
    assert concluded > seeds / 10
    assert wrong <= seeds * 0.03
