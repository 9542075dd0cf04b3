"""Reviews: what buyers say of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.review import Review
from projections.reviews import find_review, ratings_of, reviews_of
from tests.projections.folding import at

if TYPE_CHECKING:
    from domain.events import Event
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def says(log: Log, kind: type[Event], shopper: str, minutes: float = 0, **fields: Any) -> None:
    log.add(
        kind, f"review-{shopper}:lamp", minutes, shopper_id=shopper, product_id="lamp", **fields
    )


async def test_a_review_says_what_its_author_said_last(log: Log, reader: Connection) -> None:
    says(log, Review.Submitted, "ann", rating=5, comment="Bright")
    await log.fold()
    says(log, Review.Edited, "ann", 10, rating=2, comment="Broke")
    await log.fold()

    review = await find_review(reader, "ann:lamp")

    assert review is not None
    assert (review.product_id, review.shopper_id, review.version) == ("lamp", "ann", 2)
    assert (review.rating, review.comment) == (2, "Broke")
    assert (review.submitted_at, review.edited_at) == (at(0), at(10))


async def test_a_withdrawn_review_is_gone_with_its_words_and_may_come_back(
    log: Log, reader: Connection
) -> None:
    says(log, Review.Submitted, "ann", rating=5, comment="Bright")
    says(log, Review.Withdrawn, "ann")
    await log.fold()
    kept = await reader.fetchval("SELECT comment FROM reviews WHERE review_id = 'ann:lamp'")
    assert (await find_review(reader, "ann:lamp"), kept) == (None, "")
    assert await reviews_of(reader, "lamp") == []

    says(log, Review.Edited, "ann", rating=4, comment="After all")
    await log.fold()
    [review] = await reviews_of(reader, "lamp")
    assert (review.rating, review.comment) == (4, "After all")


async def test_pages_make_up_the_whole_latest_first(log: Log, reader: Connection) -> None:
    for rating, shopper in enumerate(("ann", "bob", "cem"), start=1):
        says(log, Review.Submitted, shopper, rating=rating, comment="")
    says(log, Review.Edited, "ann", rating=5, comment="")
    await log.fold()

    seen: list[str] = []
    before = None
    while page := await reviews_of(reader, "lamp", before=before, limit=1):
        seen += [review.shopper_id for review in page]
        before = page[-1].position

    assert seen == ["ann", "cem", "bob"]


async def test_ratings_count_each_review_that_stands(log: Log, reader: Connection) -> None:
    for shopper, rating in (("ann", 5), ("bob", 5), ("cem", 1), ("dan", 3)):
        says(log, Review.Submitted, shopper, rating=rating, comment="")
    says(log, Review.Withdrawn, "dan")
    await log.fold()

    assert await ratings_of(reader, "lamp") == {1: 1, 2: 0, 3: 0, 4: 0, 5: 2}
    assert await ratings_of(reader, "bulb") == dict.fromkeys(range(1, 6), 0)
