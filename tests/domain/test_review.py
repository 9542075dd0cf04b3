"""A review: one for each shopper and product, with one to five stars."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import InvalidFields
from domain.review import Review, ReviewExists, ReviewNotFound

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_review(rating: int = 4, comment: str = "Bright", found: Review | None = None) -> Review:
    return Review.submit(found, "1", "lamp", rating=rating, comment=comment, now=NOW)


@pytest.mark.parametrize("rating", [1, 2, 3, 4, 5])
def test_a_rating_of_one_to_five_is_taken(rating: int) -> None:
    review = a_review(rating)

    assert (review.key, review.rating, review.comment) == ("1:lamp", rating, "Bright")


@pytest.mark.parametrize("rating", [-1, 0, 6, 100])
def test_any_other_rating_is_refused(rating: int) -> None:
    review = a_review()

    with pytest.raises(InvalidFields) as submitted:
        a_review(rating)
    with pytest.raises(InvalidFields) as edited:
        review.edit(rating, "Bright", NOW)

    for refusal in (submitted, edited):
        [error] = refusal.value.errors
        assert (error.field, error.code) == ("rating", "out_of_range")


def test_a_comment_may_be_empty_but_not_endless() -> None:
    a_review(comment="")
    a_review(comment="x" * 10_000)

    with pytest.raises(InvalidFields) as refusal:
        a_review(comment="x" * 10_001)

    assert [error.field for error in refusal.value.errors] == ["comment"]


def test_a_product_is_reviewed_once_by_each_shopper() -> None:
    with pytest.raises(ReviewExists) as refusal:
        a_review(found=a_review())

    assert refusal.value.code == "review_exists"


def test_an_edited_review_says_something_else() -> None:
    review = a_review(4, "Bright")

    review.edit(2, "Broke", NOW)

    assert (review.rating, review.comment) == (2, "Broke")


def test_an_edit_that_changes_nothing_is_no_event() -> None:
    review = a_review(4, "Bright")

    review.edit(4, "Bright", NOW)

    assert review.version == 1


def test_a_withdrawn_review_is_not_found() -> None:
    review = a_review()
    review.withdraw(NOW)

    with pytest.raises(ReviewNotFound) as edited:
        review.edit(5, "", NOW)
    with pytest.raises(ReviewNotFound) as withdrawn:
        review.withdraw(NOW)

    assert {edited.value.code, withdrawn.value.code} == {"review_not_found"}


def test_a_withdrawn_review_may_be_written_again() -> None:
    review = a_review(1, "Bad")
    review.withdraw(NOW)

    again = a_review(5, "Good after all", found=review)

    assert again is review
    assert (again.rating, again.comment, again.is_withdrawn) == (5, "Good after all", False)


def test_the_events_of_a_review_make_the_review() -> None:
    review = a_review()
    review.edit(1, "Broke", NOW)
    review.withdraw(NOW)
    a_review(found=review)

    again: Review | None = None
    for event in review.collect_events():
        again = event.mutate(again)

    assert again == review
