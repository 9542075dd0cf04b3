"""Lists out of scores: each product rests on the touches of what is nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from ml.behaviour import Touch
from ml.item_neighbours import ItemNeighbours
from ml.ranked_lists import neighbours_of, rank
from ml.sessions import EventKind, Vocabulary
from tests.ml.shoppers import PRODUCTS, walks

if TYPE_CHECKING:
    from ml.ranked_lists import Ranked

MODEL = ItemNeighbours.fit(walks(800), PRODUCTS)
VOCABULARY = Vocabulary(f"p{n}" for n in range(PRODUCTS))
NEIGHBOURS = neighbours_of(MODEL, PRODUCTS, 5)


def touched(*numbers: int) -> list[Touch]:
    return [
        Touch("v", f"p{number}", EventKind.VIEWED, float(place), UUID(int=place))
        for place, number in enumerate(numbers)
    ]


def ranked(*histories: list[Touch]) -> list[list[Ranked]]:
    return list(rank(MODEL, VOCABULARY, NEIGHBOURS, histories))


def test_no_product_is_its_own_neighbour_and_the_nearest_come_first() -> None:
    assert not (NEIGHBOURS.products == np.arange(PRODUCTS)[:, None]).any()
    assert (np.diff(NEIGHBOURS.scores, axis=1) <= 0).all()


def test_a_product_rests_on_the_touches_of_the_product_nearest_to_it() -> None:
    history = touched(10, 40, 10)
    [found] = ranked(history)
    by_id = {each.product_id: each for each in found}
    assert [t.event_id.int for t in by_id["p11"].because] == [0, 2]
    assert [t.event_id.int for t in by_id["p41"].because] == [1]


@pytest.mark.parametrize("together", [2, 100])
def test_lists_made_together_are_those_made_alone(together: int) -> None:
    histories = [touched(n % PRODUCTS, (n * 7) % PRODUCTS) for n in range(together)]
    assert ranked(*histories) == [ranked(history)[0] for history in histories]


def test_who_touched_nothing_known_gets_no_list() -> None:
    unknown = [Touch("v", "new", EventKind.VIEWED, 0.0, UUID(int=1))]
    assert ranked(unknown, touched(3))[0] == []
