"""The door to reviews."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.problems import Problem
from api.roles import SHOPPER
from api.route import Reply, Route
from application import reviews
from application.reviews import ReviewAnswer
from domain.review import Review, ReviewNotFound, review_key
from projections.catalogue import find_product
from projections.reviews import ReviewRow, find_review, reviews_by, reviews_of

if TYPE_CHECKING:
    from api.call import Call

READS = ("reviews", "catalogue")
Stars = Annotated[int, Meta(ge=-(2**31), le=2**31, description="1 to 5")]


class NewReview(msgspec.Struct, forbid_unknown_fields=True):
    """What a buyer says: 1 to 5 stars and a comment."""

    rating: Stars
    comment: str = ""


class ReviewPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    rating: Stars | None = None
    comment: str | None = None


class ReviewBody(msgspec.Struct):
    """A review."""

    review_id: str
    product_id: str
    rating: int
    comment: str
    submitted_at: datetime | None = None
    edited_at: datetime | None = None


async def show_all(call: Call[None, Paged]) -> Reply:
    """Return a product's reviews, the latest first."""
    product_id = call.key("product_id")
    before = call.query.cursor(int | None, None)  # type: ignore[arg-type]
    async with call.services.pool.acquire() as connection:
        rows = await reviews_of(connection, product_id, before=before, limit=call.query.limit + 1)
        if not rows and before is None and await find_product(connection, product_id) is None:
            raise Problem(404, "product_not_found", "There is no such product.")
    page = page_of(rows, call.query.limit, lambda row: row.position)
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show_own(call: Call[None, Paged]) -> Reply:
    """Return what the caller wrote, by product."""
    async with call.services.pool.acquire() as connection:
        rows = await reviews_by(
            connection,
            call.shopper_id,
            after=call.query.cursor(str, ""),
            limit=call.query.limit + 1,
        )
    page = page_of(rows, call.query.limit, lambda row: row.review_id)
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show(call: Call[None, None]) -> Reply:
    """Return a review."""
    async with call.services.pool.acquire() as connection:
        row = await find_review(connection, call.key("review_id"))
    if row is None:
        raise ReviewNotFound
    return Reply(_of_row(row), version=row.version)


async def write(call: Call[NewReview, None]) -> Reply:
    """Review a product that the caller bought."""
    product_id, shopper_id = call.key("product_id"), call.shopper_id
    outcome = await call.run(
        ReviewAnswer,
        lambda journal, context: reviews.write_review(
            journal, context, shopper_id, product_id, call.body.rating, call.body.comment
        ),
    )
    stream_id = Review.stream_id(review_key(shopper_id, product_id))
    reply = await call.reply(outcome, _of_answer(outcome.answer), stream_id=stream_id)
    reply.headers["Location"] = f"/v1/reviews/{outcome.answer.review_id}"
    return reply


async def edit(call: Call[ReviewPatch, None]) -> Reply:
    """Change a review of one's own."""
    review_id = call.key("review_id")
    rating, comment, seen = call.body.rating, call.body.comment, call.if_match
    if rating is None or comment is None:
        review = await call.journal.load(Review, review_id)
        if review is None:
            raise ReviewNotFound
        rating = review.rating if rating is None else rating
        comment = review.comment if comment is None else comment
        seen = review.version if seen is None else seen
    outcome = await reviews.edit_review(
        call.journal, call.context(), review_id, call.shopper_id, rating, comment, if_match=seen
    )
    return await call.reply(
        outcome, _of_answer(outcome.answer), stream_id=Review.stream_id(review_id)
    )


async def withdraw(call: Call[None, None]) -> Reply:
    """Take a review of one's own back."""
    review_id = call.key("review_id")
    outcome = await reviews.withdraw_review(
        call.journal, call.context(), review_id, call.shopper_id, if_match=call.if_match
    )
    return await call.reply(outcome, stream_id=Review.stream_id(review_id))


def _of_row(row: ReviewRow) -> ReviewBody:
    return ReviewBody(
        row.review_id, row.product_id, row.rating, row.comment, row.submitted_at, row.edited_at
    )


def _of_answer(answer: ReviewAnswer) -> ReviewBody:
    return ReviewBody(answer.review_id, answer.product_id, answer.rating, answer.comment)


_OF_PRODUCT = "/v1/products/{product_id}/reviews"
_ONE = "/v1/reviews/{review_id}"

ROUTES = (
    Route(
        method="GET",
        path=_OF_PRODUCT,
        handler=show_all,
        summary="A product's reviews, the latest first",
        tag="Shop",
        query=Paged,
        answer=Page[ReviewBody],
        reads=READS,
        refusals=(404,),
    ),
    Route(
        method="POST",
        path=_OF_PRODUCT,
        handler=write,
        summary="Review a product that I bought",
        tag="Shop",
        body=NewReview,
        answer=ReviewBody,
        status=201,
        roles=SHOPPER,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/shoppers/me/reviews",
        handler=show_own,
        summary="My reviews",
        tag="Shop",
        query=Paged,
        answer=Page[ReviewBody],
        roles=SHOPPER,
        reads=READS,
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=show,
        summary="A review",
        tag="Shop",
        answer=ReviewBody,
        reads=("reviews",),
        is_versioned=True,
        refusals=(404,),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=edit,
        summary="Change my review",
        tag="Shop",
        body=ReviewPatch,
        answer=ReviewBody,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=withdraw,
        summary="Withdraw my review",
        tag="Shop",
        status=204,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
)
