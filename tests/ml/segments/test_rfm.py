"""RFM: quintiles that are well-defined for ties and for few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.segmentation import NAMES
from ml.segments.named_segments import NAMED, Standing, name_of
from ml.segments.rfm import fit_borders, quintile_borders, score

values = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=60)
NOBODY = Standing(0, 0, 0, 0, 0, is_new=False, discount_share=0.0, views=0, basket_adds=0)


@given(values)
def test_a_score_is_the_fifth_of_the_middle_of_the_equals(of: list[int]) -> None:
    borders = quintile_borders(of)
    for value in of:
        below, equal = sum(v < value for v in of), of.count(value)
        fifth = 5 * (2 * below + equal) // (2 * len(of)) + 1
        assert score(borders, value) == fifth
        assert 1 <= fifth <= 5


@given(values, st.integers(-2_000, 2_000), st.integers(0, 500))
def test_more_is_never_a_lower_score(of: list[int], value: int, more: int) -> None:
    borders = quintile_borders(of)
    assert 1 <= score(borders, value) <= score(borders, value + more) <= 5


@given(values, st.randoms())
def test_the_order_of_customers_says_nothing(of: list[int], chance: object) -> None:
    shuffled = list(of)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert quintile_borders(shuffled) == quintile_borders(of)


def test_five_different_customers_have_five_scores() -> None:
    borders = quintile_borders([10, 20, 30, 40, 50])
    assert [score(borders, value) for value in (10, 20, 30, 40, 50)] == [1, 2, 3, 4, 5]


def test_one_customer_and_customers_all_alike_are_in_the_middle() -> None:
    for of in ([7], [7] * 100):
        assert score(quintile_borders(of), 7) == 3
        assert score(quintile_borders(of), 8) == 5
        assert score(quintile_borders(of), 6) == 1


def test_nobody_has_no_borders_and_whoever_comes_is_in_the_middle() -> None:
    assert quintile_borders([]) == ()
    assert score((), 5) == 3
    assert fit_borders([], [], [], []).monetary == {}


def test_money_is_compared_within_its_currency() -> None:
    borders = fit_borders([1, 2, 3], [1, 1, 1], [100, 200, 900_000], ["EUR", "EUR", "JPY"])
    assert score(borders.monetary["EUR"], 200) == 4
    assert score(borders.monetary["JPY"], 900_000) == 3


@pytest.mark.parametrize(
    "standing, name",
    [
        (NOBODY, "visitor"),
        (NOBODY._replace(views=5), "window shopper"),
        (NOBODY._replace(basket_adds=1), "window shopper"),
        (NOBODY._replace(undone=2, views=9), "all returned"),
        (NOBODY._replace(orders=1, recency=5, frequency=1, monetary=5, is_new=True), "new"),
        (NOBODY._replace(orders=3, recency=5, frequency=4, monetary=4, is_new=True), "champion"),
        (NOBODY._replace(orders=9, recency=5, frequency=5, monetary=2), "loyal"),
        (
            NOBODY._replace(orders=9, recency=5, frequency=5, monetary=2, discount_share=0.2),
            "bargain",
        ),
        (NOBODY._replace(orders=9, recency=2, frequency=3, monetary=5), "at risk"),
        (NOBODY._replace(orders=1, recency=1, frequency=2, monetary=2), "lost"),
        (NOBODY._replace(orders=1, recency=3, frequency=2, monetary=2), "occasional"),
    ],
)
def test_the_named_segments_are_as_their_table_says(standing: Standing, name: str) -> None:
    assert name_of(standing) == name


def test_every_standing_has_a_segment_and_every_segment_its_words() -> None:
    assert tuple(segment.name for segment in NAMED) == NAMES
    assert all(segment.meaning and segment.action for segment in NAMED)
    for recency in range(1, 6):
        for frequency in range(1, 6):
            for monetary in range(1, 6):
                standing = NOBODY._replace(
                    orders=3, recency=recency, frequency=frequency, monetary=monetary
                )
                assert name_of(standing) in NAMES
