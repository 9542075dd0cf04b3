"""A first answer in bytes is never off by more than it says, so the best are the best."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ml.recommendation.scores import AT_ONCE, Scores
from ml.recommendation.vector_table import Likeness, VectorTable

WIDTH = 16
many = st.integers(1, 700)
seeds = st.integers(0, 2**32 - 1)


def table_of(products: int, seed: int, *, in_bytes: bool = True) -> VectorTable:
    vectors = torch.randn(products, WIDTH, generator=torch.Generator().manual_seed(seed))
    table = VectorTable(torch.nn.functional.normalize(vectors, dim=-1))
    table.__dict__["_is_coarse_quicker"] = in_bytes  # whatever this processor would do
    return table


def asked_of(rows: int, seed: int) -> torch.Tensor:
    lengths = torch.logspace(-3, 2, rows)[:, None]
    return lengths * torch.randn(rows, WIDTH, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("in_bytes", [True, False])
@given(products=many, seed=seeds)
def test_a_first_answer_is_off_by_no_more_than_it_says(
    *, in_bytes: bool, products: int, seed: int
) -> None:
    table, asked = table_of(products, seed, in_bytes=in_bytes), asked_of(5, seed + 1)
    about = table.about(asked)
    exact = asked.double().numpy() @ table.vectors.double().numpy().T
    products = about.products.double().numpy() * np.array(about.steps)[:, None]
    assert (np.abs(products - exact) <= np.array(about.errors)[:, None]).all()


@pytest.mark.parametrize("in_bytes", [True, False])
@given(products=many, seed=seeds, k=st.integers(1, 50))
def test_the_best_are_those_of_exact_products(
    *, in_bytes: bool, products: int, seed: int, k: int
) -> None:
    table, asked = table_of(products, seed, in_bytes=in_bytes), asked_of(AT_ONCE + 3, seed + 1)
    shape = len(asked), products
    scores = Scores(shape, np.zeros((1, 1), np.float32), (), (Likeness(asked, table),))
    found, values = scores.best(k)
    exact = asked.numpy() @ table.vectors.numpy().T
    np.testing.assert_allclose(values, -np.sort(-exact, axis=1)[:, :k], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        values, np.take_along_axis(exact, found, axis=1), rtol=1e-4, atol=1e-5
    )


def test_a_visitor_is_answered_alike_alone_and_among_others() -> None:
    table, asked = table_of(5_000, 1), asked_of(40, 2)
    ground = np.zeros((1, 1), np.float32)
    found, scores = Scores((40, 5_000), ground, (), (Likeness(asked, table),)).best(20)
    for row in range(40):
        alone = Likeness(asked[row : row + 1], table)
        own, own_scores = Scores((1, 5_000), ground, (), (alone,)).best(20)
        assert own[0].tolist() == found[row].tolist()
        assert own_scores.tobytes() == scores[row : row + 1].tobytes()


def test_what_nothing_is_asked_of_is_ordered_by_number() -> None:
    table = table_of(300, 3)
    likeness = Likeness(torch.zeros(2, WIDTH), table)
    found, scores = Scores((2, 300), np.zeros((1, 1), np.float32), (), (likeness,)).best(4)
    assert found.tolist() == [[0, 1, 2, 3]] * 2
    assert not scores.any()
