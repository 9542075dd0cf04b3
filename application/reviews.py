"""Writing, editing and withdrawing reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.product import Product, ProductNotFound
from domain.purchase import Purchase, purchase_key
from domain.review import ProductNotBought, Review, ReviewNotFound, ReviewNotYours, review_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class ReviewAnswer(msgspec.Struct, frozen=True):
    """A review as it is after a command."""

    review_id: str
    product_id: str
    shopper_id: str
    rating: int
    comment: str
    is_withdrawn: bool


async def write_review(
    journal: Journal,
    context: Context,
    shopper_id: str,
    product_id: str,
    rating: int,
    comment: str,
) -> Outcome[ReviewAnswer]:
    """Review a product that the shopper bought."""
    key = review_key(shopper_id, product_id)
    bought = purchase_key(shopper_id, product_id)

    def decide(loaded: Loaded) -> tuple[ReviewAnswer, list[Review]]:
        if loaded.get(Product, product_id) is None:
            raise ProductNotFound
        if loaded.get(Purchase, bought) is None:
            raise ProductNotBought
        found = loaded.get(Review, key)
        review = Review.submit(
            found, shopper_id, product_id, rating=rating, comment=comment, now=context.now
        )
        return answer(review), [review]

    return await journal.execute(
        context,
        decide,
        writes=[(Review, key)],
        reads=[(Product, product_id), (Purchase, bought)],
    )


async def edit_review(
    journal: Journal,
    context: Context,
    review_id: str,
    shopper_id: str,
    rating: int,
    comment: str,
    *,
    if_match: int | None = None,
) -> Outcome[ReviewAnswer]:
    """Change a review of one's own."""
    return await _change(
        journal,
        context,
        review_id,
        shopper_id,
        lambda review: review.edit(rating, comment, context.now),
        if_match,
    )


async def withdraw_review(
    journal: Journal,
    context: Context,
    review_id: str,
    shopper_id: str,
    *,
    if_match: int | None = None,
) -> Outcome[ReviewAnswer]:
    """Take a review of one's own back."""
    return await _change(
        journal,
        context,
        review_id,
        shopper_id,
        lambda review: review.withdraw(context.now),
        if_match,
    )


def answer(review: Review) -> ReviewAnswer:
    """Return the review as a command answers it."""
    return ReviewAnswer(
        review_id=review.key,
        product_id=review.product_id,
        shopper_id=review.shopper_id,
        rating=review.rating,
        comment=review.comment,
        is_withdrawn=review.is_withdrawn,
    )


async def _change(
    journal: Journal,
    context: Context,
    review_id: str,
    shopper_id: str,
    change: Callable[[Review], None],
    if_match: int | None,
) -> Outcome[ReviewAnswer]:
    def decide(loaded: Loaded) -> tuple[ReviewAnswer, list[Review]]:
        review = loaded.get(Review, review_id)
        if review is None:
            raise ReviewNotFound
        if review.shopper_id != shopper_id:
            raise ReviewNotYours
        change(review)
        return answer(review), [review]

    return await journal.execute(
        context,
        decide,
        writes=[(Review, review_id)],
        if_match={(Review, review_id): if_match} if if_match is not None else None,
    )
