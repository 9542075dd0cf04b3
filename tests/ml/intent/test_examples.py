"""Examples and baselines: what is learnt from, and what anybody would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from domain.visit import Visit
from ml.intent.baselines import BASELINES, MarkovChain
from ml.intent.examples import KINDS, Gathering, examples
from ml.intent.outcomes import ABANDONMENT, INTENT
from tests.ml.intent.recording import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.events import Recorded


def visit(name: str, start: float, *steps: str, position: int = 1) -> Iterator[Recorded]:
    """Yield a visit: v looks, c puts into the basket, o orders."""
    kinds = {"v": Visit.ProductViewed, "c": Visit.ProductCarted, "o": Visit.ProductPurchased}
    for n, step in enumerate(steps):
        event = recorded(
            kinds[step], f"visit-{name}", start + 10 * n, visitor=name, product_id=f"p{n}"
        )
        yield replace(event, position=position + n)


def log() -> list[Recorded]:
    """Two visits that end with nothing, one that orders after its basket."""
    return [
        *visit("a", 0, *"vvv", position=1),
        *visit("b", 1_000, *"vcvo", position=10),
        *visit("c", 2_000, *"vc", position=20),
    ]


def test_moments_know_whether_the_visit_ordered_later() -> None:
    found = examples(log())
    moments = list(zip(found.visits.tolist(), found.events.tolist(), found.ordered, strict=True))
    assert moments == [
        *((1, 1, 0), (1, 2, 0), (1, 3, 0)),
        *((10, 1, 1), (10, 2, 1), (10, 3, 1)),
        *((20, 1, 0), (20, 2, 0)),
    ]
    assert found.is_first_add.tolist() == [False] * 3 + [False, True, False] + [False, True]


def test_nothing_is_asked_once_the_visit_has_ordered() -> None:
    found = examples(visit("a", 0, *"vovvvv"))
    assert found.events.tolist() == [1]


def test_a_moment_is_its_row_when_it_was_live() -> None:
    whole = examples(log())
    for cut in range(1, len(log())):
        part = examples(log()[:cut])
        assert part.rows.tobytes() == whole.rows[: len(part)].tobytes()


def test_an_empty_log_has_no_examples() -> None:
    assert len(examples([])) == 0


def test_baselines_answer_what_the_past_shows() -> None:
    past = examples(log())
    assert BASELINES[INTENT]["share"](past, past)[0] == pytest.approx(4 / 10)
    rule = BASELINES[INTENT]["basket rule"](past, past)
    assert rule[past.has_basket][0] == pytest.approx(3 / 5)
    assert rule[~past.has_basket][0] == pytest.approx(2 / 7)


def test_a_chain_of_events_is_absorbed_as_often_as_counted() -> None:
    chain = MarkovChain.fit(examples(log()))
    viewed, carted = KINDS[Visit.ProductViewed], KINDS[Visit.ProductCarted]
    # Of six looks two led to a basket, one to an order, two on to another look, one to the end;
    # of two baskets one led back to a look and one to the end.
    expected_view = (1 / 6) / (1 - 2 / 6 - 2 / 6 * 1 / 2)
    assert chain.happens[viewed] == pytest.approx(expected_view, abs=1e-3)
    assert chain.happens[carted] == pytest.approx(expected_view / 2, abs=1e-3)


def test_a_basket_is_asked_about_while_it_holds_something() -> None:
    found = examples(log()).asking(ABANDONMENT)
    moments = list(zip(found.visits.tolist(), found.events.tolist(), found.happened, strict=True))
    assert moments == [(10, 2, 0), (10, 3, 0), (20, 2, 1)]
    rule = BASELINES[ABANDONMENT]["checkout rule"](found, found)
    assert rule.tolist() == pytest.approx([2 / 5] * 3)
    steps = found.steps()
    assert steps[KINDS[Visit.ProductCarted], -2:].tolist() == [1, 0], "one was left at its basket"
    assert steps[KINDS[Visit.ProductViewed], -2:].tolist() == [0, 1]


def test_visits_under_way_can_be_left_out() -> None:
    gathering = Gathering()
    for each in log():
        gathering.add(each)
    assert set(gathering.examples(are_over=True).visits.tolist()) == {1}
    late = visit("d", 9_000, "v", position=30)
    for each in late:
        gathering.add(each)
    assert set(gathering.examples(are_over=True).visits.tolist()) == {1, 10, 20}


def test_of_many_visits_the_latest_are_kept() -> None:
    gathering = Gathering(most_visits=2)
    for each in log():
        gathering.add(each)
    assert set(gathering.examples().visits.tolist()) == {10, 20}


def test_a_part_knows_the_ways_of_its_own_visits_only() -> None:
    found = examples(log())
    part = found.where(found.visits == 10)
    assert part.steps().sum() == 4, "from the beginning, to a basket, to a look, to the order"
