"""Examples and baselines: what is learnt from, and what anybody would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from domain.visit import Visit
from ml.intent.baselines import BASELINES, MarkovChain
from ml.intent.examples import KINDS, examples
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
    assert BASELINES["share"](past, past)[0] == pytest.approx(4 / 10)
    rule = BASELINES["basket rule"](past, past)
    assert rule[past.has_basket][0] == pytest.approx(3 / 5)
    assert rule[~past.has_basket][0] == pytest.approx(2 / 7)


def test_a_chain_of_events_is_absorbed_as_often_as_counted() -> None:
    chain = MarkovChain.fit(examples(log()))
    viewed, carted = KINDS[Visit.ProductViewed], KINDS[Visit.ProductCarted]
    # Of six looks two led to a basket, one to an order, two on to another look, one to the end;
    # of two baskets one led back to a look and one to the end.
    expected_view = (1 / 6) / (1 - 2 / 6 - 2 / 6 * 1 / 2)
    assert chain.orders[viewed] == pytest.approx(expected_view, abs=1e-3)
    assert chain.orders[carted] == pytest.approx(expected_view / 2, abs=1e-3)
