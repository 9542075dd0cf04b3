"""Lists out of scores: each product rests on the touches of what is nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from ml.recommendation.behaviour import Touch
from ml.recommendation.item_neighbours import ItemNeighbours
from ml.recommendation.neighbours import GoesWith, Neighbours
from ml.recommendation.ranked_lists import rank
from ml.recommendation.sessions import EventKind, Vocabulary
from ml.recommendation.stand_ins import StandIns
from ml.tensor_files import ArtifactRefused
from tests.ml.recommendation.shoppers import PRODUCTS, walks

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.ranked_lists import RankedList

MODEL = ItemNeighbours.fit(walks(800), PRODUCTS)
VOCABULARY = Vocabulary(f"p{n}" for n in range(PRODUCTS))
NEIGHBOURS = Neighbours.found_by(MODEL, PRODUCTS, 5)
KNOWN = StandIns(VOCABULARY)


def touched(*numbers: int) -> list[Touch]:
    return [
        Touch("v", f"p{number}", EventKind.VIEWED, float(place), UUID(int=place))
        for place, number in enumerate(numbers)
    ]


def ranked(*histories: list[Touch]) -> list[RankedList]:
    return list(rank(MODEL, KNOWN, NEIGHBOURS, histories))


def test_what_goes_with_products_is_saved_for_a_model_of_the_same_products_only(
    tmp_path: Path,
) -> None:
    path = tmp_path / "beside.safetensors"
    GoesWith(NEIGHBOURS, NEIGHBOURS).save(path, VOCABULARY, {})
    loaded = GoesWith.load(path, VOCABULARY)
    np.testing.assert_array_equal(loaded.alike.products, NEIGHBOURS.products)
    np.testing.assert_array_equal(loaded.complements.scores, NEIGHBOURS.scores)
    with pytest.raises(ArtifactRefused, match="other products"):
        GoesWith.load(path, Vocabulary(reversed(VOCABULARY.products)))


def test_no_product_is_its_own_neighbour_and_the_nearest_come_first() -> None:
    products, scores = NEIGHBOURS.of(np.arange(PRODUCTS))
    assert not (products == np.arange(PRODUCTS)[:, None]).any()
    assert (np.diff(scores, axis=1) <= 0).all()
    some, _ = NEIGHBOURS.of(np.array([7, 3, 7]))
    assert some.tolist() == products[[7, 3, 7]].tolist()


def test_a_product_rests_on_the_touches_of_the_product_nearest_to_it() -> None:
    history = touched(10, 40, 10)
    [found] = ranked(history)
    reasons = dict(zip(found.products, found.because, strict=True))
    assert [t.event_id.int for t in found.touched[reasons["p11"]]] == [0, 2]
    assert [t.event_id.int for t in found.touched[reasons["p41"]]] == [1]
    assert found.scores == sorted(found.scores, reverse=True)


@pytest.mark.parametrize("together", [2, 100])
def test_lists_made_together_are_those_made_alone(together: int) -> None:
    histories = [touched(n % PRODUCTS, (n * 7) % PRODUCTS) for n in range(together)]
    assert ranked(*histories) == [ranked(history)[0] for history in histories]


def test_who_touched_nothing_known_gets_no_list() -> None:
    unknown = [Touch("v", "new", EventKind.VIEWED, 0.0, UUID(int=1))]
    assert ranked(unknown, touched(3))[0].products == []
