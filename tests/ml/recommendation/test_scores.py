"""What is best of named products is what is best of whole rows: serving is what was measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.recommendation.blend import Blend, log_shares
from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.ease import Ease
from ml.recommendation.item_neighbours import ItemNeighbours
from ml.recommendation.popularity import Popularity
from ml.recommendation.recommender import best
from ml.recommendation.scores import Scores
from ml.recommendation.sequence_model import SequenceSettings
from ml.recommendation.sequence_training import train
from ml.recommendation.sequential_rules import SequentialRules
from ml.recommendation.session_neighbourhood import SessionNeighbourhood
from ml.recommendation.sessions import Sessions
from tests.ml.recommendation.shoppers import PRODUCTS, walks

if TYPE_CHECKING:
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats

NEURAL = SequenceSettings(dimensions=16, epochs=1, negatives=64, positions_a_batch=128)
contexts = st.lists(st.lists(st.integers(0, PRODUCTS - 1), max_size=6), max_size=20)
few = st.sampled_from([-1.5, -0.25, 0.0, 0.5, 1.0])


@cache
def components() -> dict[str, Recommender]:
    earlier = walks(300)
    return {
        "popularity": Popularity.fit(earlier, PRODUCTS),
        "rules": SequentialRules.fit(earlier, PRODUCTS),
        "items": ItemNeighbours.fit(earlier, PRODUCTS),
        "neighbourhood": SessionNeighbourhood.fit(earlier, PRODUCTS),
        "silent": ContentSimilarity.fit([ProductContent()] * PRODUCTS),
        "ease": Ease.fit(earlier, PRODUCTS),
        "neural": train(earlier, PRODUCTS, NEURAL)[0],
    }


def sorted_whole(rows: Floats, k: int) -> list[list[int]]:
    return np.argsort(-rows, axis=1, kind="stable")[:, :k].tolist()  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("left_out", ["", "neural", "neural ease", "neural ease popularity"])
@settings(deadline=None)  # the first example trains what all of them ask
@given(sequences=contexts, weights=st.lists(few, min_size=10, max_size=10), k=st.integers(1, 70))
def test_the_best_of_a_blend_are_the_best_of_its_whole_rows(
    left_out: str, sequences: list[list[int]], weights: list[float], k: int
) -> None:
    parts = [each for name, each in components().items() if name not in left_out.split()]
    blend = Blend(tuple(parts), tuple(weights[: len(parts)]), tuple(weights[7:]))
    asked = Sessions.of(sequences)
    whole = blend.predict(asked)
    found, scores = blend.scores(asked).best(k)
    if "neural" not in left_out:  # the last bits of what vectors say depend on who asks with them
        greatest = -np.sort(-whole, axis=1)[:, :k]
        np.testing.assert_allclose(scores, greatest, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(np.take_along_axis(whole, found, axis=1), scores, atol=1e-5)
        assert [len(set(row)) for row in found.tolist()] == [min(k, PRODUCTS)] * len(asked)
    else:
        assert found.tolist() == sorted_whole(whole, k)
        assert scores.tobytes() == np.take_along_axis(whole, found, axis=1).tobytes()


@given(
    st.integers(1, 3).flatmap(
        lambda rows: arrays(np.float32, (rows, 600), elements=st.sampled_from([0.0, 1, 2, -np.inf]))
    ),
    st.integers(1, 700),
)
def test_the_best_are_those_that_sorting_puts_first(rows: Floats, k: int) -> None:
    assert best(rows, k).tolist() == sorted_whole(rows, k)


def test_a_product_may_be_left_out_of_the_best() -> None:
    scores = Scores.of_rows(np.array([[3, 2, 1], [1, 3, 2]], np.float32))
    found, _ = scores.best(2, without=np.array([0, 1]))
    assert found.tolist() == [[1, 2], [2, 0]]


@pytest.mark.parametrize("name", ["popularity", "rules", "neighbourhood", "ease", "neural"])
def test_shares_are_those_of_whole_rows(name: str) -> None:
    model, asked = components()[name], walks(30, seed=2)
    rows = model.predict(asked).astype(np.float64)
    rows = np.exp(rows) if model.log_scores else np.maximum(rows, 0)
    shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12)
    expected = np.log(shares if model.log_scores else shares + 1e-4)
    np.testing.assert_allclose(log_shares(model, asked).whole(), expected, rtol=1e-4, atol=1e-4)


def test_a_blend_without_a_kind_is_that_of_all_others() -> None:
    parts = components()
    whole = Blend((parts["rules"], parts["neural"]), (0.5, 1.0), (0.1, 0.2, 0.3))
    asked = walks(10, seed=3)
    rest = whole.without(type(parts["neural"]))
    alone = Blend((parts["rules"],), (0.5,), (0.1, 0.2, 0.3))
    assert rest.predict(asked).tobytes() == alone.predict(asked).tobytes()
    only = Blend((parts["neural"],), (1.0,), (0.0, 0.0, 0.0))
    assert only.without(type(parts["neural"])) is only
