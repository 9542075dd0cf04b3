"""A ranked list becomes what is shown: filters, the shop's rules, variety, and chance."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rule import Terms
from ml.recommendation.chance import EXPLORED_SHARE, Goods
from ml.recommendation.shaping import Asked, Done, SetRule, shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.recommendation.chance import Shaped

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RANKED = [(f"p{n}", 1 / (n + 1)) for n in range(40)]
GOODS = {product_id: Goods() for product_id, _ in RANKED}


def shaped(
    *rules: Terms,
    ranked: Sequence[tuple[str, float]] = RANKED,
    goods: Mapping[str, Goods] = GOODS,
    done: Mapping[str, Done] | None = None,
    placement: str = "home",
    count: int = 5,
    **asked: Any,
) -> Shaped:
    wanted = Asked(placement, count, **asked)
    heeded = [SetRule(UUID(int=n), terms) for n, terms in enumerate(rules)]
    return shape(ranked, goods, done or {}, heeded, wanted, NOW)


def ids(found: Shaped) -> list[str]:
    return [placed.product_id for placed in found.best()]


def test_without_wishes_the_order_is_the_models() -> None:
    assert ids(shaped()) == ["p0", "p1", "p2", "p3", "p4"]


@pytest.mark.parametrize("placement", ["home", "product", "basket", "email"])
def test_what_cannot_be_bought_or_is_not_wanted_is_never_shown(placement: str) -> None:
    goods = GOODS | {"p0": Goods(is_on_sale=False), "p3": Goods("lamps"), "p4": Goods("lamps")}
    del goods["p1"]
    found = shaped(goods=goods, placement=placement, exclude=frozenset({"p2"}))
    assert ids(found)[0] == "p3"
    assert not {"p0", "p1", "p2"} & {each.product_id for each in found.pool}
    assert ids(shaped(goods=goods, placement=placement, category="lamps")) == ["p3", "p4"]


@pytest.mark.parametrize(
    "placement, shows_seen, is_shown",
    [
        ("home", False, False),
        ("home", True, True),
        ("product", False, True),
        ("basket", False, True),
        ("email", False, False),
        ("email", True, False),
    ],
)
def test_what_was_seen_is_left_out_where_it_would_bore(
    *, placement: str, shows_seen: bool, is_shown: bool
) -> None:
    found = shaped(done={"p0": Done()}, placement=placement, shows_seen=shows_seen)
    assert ("p0" in ids(found)) is is_shown


def test_what_lies_in_the_basket_is_not_shown_again() -> None:
    assert "p0" not in ids(shaped(done={"p0": Done(is_in_basket=True)}, shows_seen=True))


@pytest.mark.parametrize(
    "replenish_days, days_ago, is_shown",
    [(None, 900, False), (30, 29, False), (30, 30, True), (0, 0, True)],
)
def test_what_was_bought_comes_back_when_it_is_used_up(
    *, replenish_days: float | None, days_ago: int, is_shown: bool
) -> None:
    goods = GOODS | {"p0": Goods(replenish_days=replenish_days)}
    done = {"p0": Done(bought_at=NOW - timedelta(days=days_ago))}
    assert ("p0" in ids(shaped(goods=goods, done=done))) is is_shown


def test_a_pin_stands_at_its_place_whatever_was_ranked() -> None:
    pin = Terms(action="pin", product_id="p30", place=2)
    found = shaped(pin)
    assert ids(found) == ["p0", "p30", "p1", "p2", "p3"]
    placed = found.best()[1]
    assert (placed.is_pinned, placed.propensity, placed.chosen_by) == (True, 1.0, (UUID(int=0),))
    assert placed.score == dict(RANKED)["p30"]


def test_a_pin_that_was_seen_stays_and_one_that_was_bought_goes() -> None:
    pin = Terms(action="pin", product_id="p30", place=1)
    assert ids(shaped(pin, done={"p30": Done()}))[0] == "p30"
    assert "p30" not in ids(shaped(pin, done={"p30": Done(bought_at=NOW)}))
    assert "p30" not in ids(shaped(pin, goods={**GOODS, "p30": Goods(is_on_sale=False)}))


def test_of_two_pins_for_one_place_the_newer_has_it() -> None:
    pins = [Terms(action="pin", product_id=each, place=1) for each in ("p30", "p31")]
    assert ids(shaped(*pins))[:3] == ["p31", "p30", "p0"]


def test_a_pin_further_down_than_there_are_products_moves_up() -> None:
    pin = Terms(action="pin", product_id="p30", place=5)
    assert ids(shaped(pin, ranked=RANKED[:2])) == ["p0", "p1", "p30"]


def test_boosts_and_burials_weigh_products_and_categories() -> None:
    goods = GOODS | {"p6": Goods("lamps"), "p7": Goods("lamps")}
    found = shaped(
        Terms(action="boost", category="lamps", factor=100),
        Terms(action="bury", product_id="p0", factor=0.001),
        Terms(action="bury", product_id="p1", factor=0),
        goods=goods,
        placement="product",
        count=20,
    )
    assert ids(found)[:3] == ["p6", "p7", "p2"]
    assert "p0" in ids(shaped(Terms(action="bury", product_id="p0", factor=0.2)))
    assert "p0" not in ids(found)
    assert "p1" not in {each.product_id for each in found.pool}
    assert found.best()[0].chosen_by == (UUID(int=0),)
    assert found.best()[2].chosen_by == ()


def test_a_boosted_product_that_nothing_ranked_is_raised_from_the_end() -> None:
    goods = GOODS | {"new": Goods()}
    boost = Terms(action="boost", product_id="new", factor=1_000)
    assert ids(shaped(boost, goods=goods))[0] == "new"
    assert "new" not in ids(shaped(goods=goods))


@pytest.mark.parametrize(
    "terms",
    [
        {"placement": "email"},
        {"starts_at": NOW + timedelta(seconds=1)},
        {"ends_at": NOW},
    ],
)
def test_a_rule_holds_only_in_its_placement_and_period(terms: dict[str, Any]) -> None:
    pin: dict[str, Any] = {"action": "pin", "product_id": "p30", "place": 1}
    assert ids(shaped(Terms(**pin, **terms)))[0] == "p0"
    assert ids(shaped(Terms(**pin, placement="home", starts_at=NOW)))[0] == "p30"


def test_twice_as_far_up_is_so_whatever_the_scores_are() -> None:
    for ranked in (RANKED, [(p, 0.0) for p, _ in RANKED], [(p, -x) for p, x in RANKED]):
        boost = Terms(action="boost", product_id="p8", factor=3.01)
        assert ids(shaped(boost, ranked=ranked)) == ["p0", "p1", "p8", "p2", "p3"]
        bury = Terms(action="bury", product_id="p0", factor=0.3)
        assert ids(shaped(bury, ranked=ranked)) == ["p1", "p2", "p0", "p3", "p4"]


MIXED = {p: Goods("phones" if n < 10 else "lamps") for n, (p, _) in enumerate(RANKED)}
KEEN = {p: Goods("phones" if n < 20 else "lamps") for n, (p, _) in enumerate(RANKED)}


def shelves_of(found: Shaped) -> Counter[str]:
    return Counter(candidate.goods.category for candidate in found.pool[: found.count])


def test_an_undecided_visitor_sees_more_than_one_shelf() -> None:
    assert shelves_of(shaped(goods=MIXED, count=8)) == {"phones": 7, "lamps": 1}


def test_a_visitor_of_one_shelf_stays_there_but_in_mails() -> None:
    assert shelves_of(shaped(goods=KEEN, count=8)) == {"phones": 8}
    assert ids(shaped(goods=MIXED, placement="product", count=10)) == [f"p{n}" for n in range(10)]
    assert shelves_of(shaped(goods=KEEN, placement="email", count=8))["lamps"] >= 2


def test_the_shop_says_how_much_variety_there_is() -> None:
    strong = Terms(action="diversify", strength=1)
    assert ids(shaped(strong, goods=MIXED))[:2] == ["p0", "p10"]
    assert ids(shaped(strong, Terms(action="diversify"), goods=MIXED))[:2] == ["p0", "p1"]
    brands = {p: Goods(brand="a" if n else "b") for n, (p, _) in enumerate(RANKED)}
    assert ids(shaped(strong, goods=brands))[:2] == ["p0", "p1"]


def greedy(
    ranked: Sequence[tuple[str, float]], goods: Mapping[str, Goods], strength: float
) -> list[str]:
    """The definition: each time the one with most left of its weight, the first of equals."""
    left = [(product_id, 1 / rank) for rank, (product_id, _) in enumerate(ranked, start=1)]
    taken: list[str] = []
    while left:
        shelves = Counter(goods[p].category for p in taken if goods[p].category)
        brands = Counter(goods[p].brand for p in taken if goods[p].brand)

        def worth(one: tuple[str, float], seen: Any = (shelves, brands)) -> float:
            repeats = seen[0][goods[one[0]].category] + seen[1][goods[one[0]].brand]
            return float(one[1] * (1 - strength) ** repeats)

        chosen = max(left, key=worth)
        left.remove(chosen)
        taken.append(chosen[0])
    return taken


shelves = st.sampled_from(["", "phones", "lamps", "desks"])


@given(
    kinds=st.lists(st.tuples(shelves, shelves), min_size=1, max_size=19),
    strength=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_variety_is_the_greedy_order_of_maximal_marginal_relevance(
    kinds: list[tuple[str, str]], strength: float
) -> None:
    ranked = RANKED[: len(kinds)]
    goods = {p: Goods(*kind) for (p, _), kind in zip(ranked, kinds, strict=True)}
    rule = Terms(action="diversify", strength=strength)
    assert ids(shaped(rule, ranked=ranked, goods=goods, count=50)) == greedy(
        ranked, goods, strength
    )


@pytest.mark.slow
@given(
    products=st.integers(0, 40),
    count=st.integers(1, 30),
    pins=st.lists(st.tuples(st.integers(0, 39), st.integers(1, 30)), max_size=4),
)
def test_the_propensities_of_all_products_at_a_place_add_up_to_one(
    products: int, count: int, pins: list[tuple[int, int]]
) -> None:
    rules = [Terms(action="pin", product_id=f"p{n}", place=place) for n, place in pins]
    found = shaped(*rules, ranked=RANKED[:products], count=count)
    places = len(found.best())
    assert places == min(count, len(found.pool) + len(found.pins))
    for place in range(1, places + 1):
        each = [found.propensity(product_id, place) for product_id, _ in RANKED]
        assert sum(each) == pytest.approx(1)
    assert found.propensity("p0", places + 1) == 0


@pytest.mark.slow
def test_products_are_drawn_as_often_as_is_said() -> None:
    pin = Terms(action="pin", product_id="p30", place=2)
    found = shaped(pin, ranked=RANKED[:25], count=4)
    chance, times = random.Random(7), 40_000
    seen: Counter[tuple[str, int]] = Counter()
    for _ in range(times):
        for place, placed in enumerate(found.drawn(chance), start=1):
            seen[placed.product_id, place] += 1
            assert placed.propensity == found.propensity(placed.product_id, place)
    assert seen["p30", 2] == times
    assert found.propensity("p30", 2) == 1
    assert len(found.pool) == 20
    for place in (1, 3, 4):
        for product_id, _ in RANKED[:25]:
            expected = found.propensity(product_id, place)
            spread = (expected * (1 - expected) / times) ** 0.5
            assert abs(seen[product_id, place] / times - expected) < 5 * spread + 1e-9
    assert found.propensity("p19", 1) == pytest.approx(EXPLORED_SHARE / 20)
    assert found.propensity("p0", 1) == pytest.approx(1 - EXPLORED_SHARE + EXPLORED_SHARE / 20)


@given(seed=st.integers(), products=st.integers(0, 40), count=st.integers(1, 30))
def test_a_drawn_list_has_as_many_products_each_once(seed: int, products: int, count: int) -> None:
    found = shaped(ranked=RANKED[:products], count=count)
    drawn = [placed.product_id for placed in found.drawn(random.Random(seed))]
    assert len(drawn) == len(set(drawn)) == len(found.best())
