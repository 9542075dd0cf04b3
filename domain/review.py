"""Review: what a shopper says of a product they bought. One for each shopper and product."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

from domain.errors import Forbidden, NotFound, Rejected, require
from domain.events import Aggregate


class ReviewNotFound(NotFound):
    """There is no such review."""

    code = "review_not_found"


class ReviewExists(Rejected):
    """You have reviewed this product already; edit that review."""

    code = "review_exists"


class ProductNotBought(Rejected):
    """Only a product you bought can be reviewed."""

    code = "product_not_bought"


class ReviewNotYours(Forbidden):
    """This review belongs to somebody else."""

    code = "review_not_yours"


class Review(Aggregate):
    """A rating of 1 to 5 and a comment. Its key is ``SHOPPER:PRODUCT``."""

    CATEGORY = "review"

    class Submitted(Aggregate.Created):
        TOPIC = "review.submitted"
        shopper_id: str
        product_id: str
        rating: int
        comment: str

        def apply(self, aggregate: Review) -> None:
            aggregate.rating = self.rating
            aggregate.comment = self.comment

    class Edited(Aggregate.Event):
        """Changed by its author; also how a withdrawn one comes back."""

        TOPIC = "review.edited"
        shopper_id: str
        product_id: str
        rating: int
        comment: str

        def apply(self, aggregate: Review) -> None:
            aggregate.rating = self.rating
            aggregate.comment = self.comment
            aggregate.is_withdrawn = False

    class Withdrawn(Aggregate.Event):
        TOPIC = "review.withdrawn"
        shopper_id: str
        product_id: str

        def apply(self, aggregate: Review) -> None:
            aggregate.is_withdrawn = True

    def __init__(self, shopper_id: str, product_id: str) -> None:
        self.shopper_id = shopper_id
        self.product_id = product_id
        self.rating = 0
        self.comment = ""
        self.is_withdrawn = False

    @classmethod
    def submit(
        cls,
        found: Self | None,
        shopper_id: str,
        product_id: str,
        *,
        rating: int,
        comment: str,
        now: datetime,
    ) -> Self:
        """Write a review; a withdrawn one may be written again."""
        _check(rating, comment)
        if found is None:
            return cls._create(
                cls.Submitted,
                id=cls.stream_id(review_key(shopper_id, product_id)),
                timestamp=now,
                shopper_id=shopper_id,
                product_id=product_id,
                rating=rating,
                comment=comment,
            )
        if not found.is_withdrawn:
            raise ReviewExists
        found._edit(  # noqa: SLF001 - its own kind
            rating, comment, now
        )
        return found

    def edit(self, rating: int, comment: str, now: datetime) -> None:
        """Say something else."""
        self._check_is_there()
        _check(rating, comment)
        if (rating, comment) != (self.rating, self.comment):
            self._edit(rating, comment, now)

    def withdraw(self, now: datetime) -> None:
        """Take it back."""
        self._check_is_there()
        self.trigger_event(
            self.Withdrawn,
            timestamp=now,
            shopper_id=self.shopper_id,
            product_id=self.product_id,
        )

    def _edit(self, rating: int, comment: str, now: datetime) -> None:
        self.trigger_event(
            self.Edited,
            timestamp=now,
            shopper_id=self.shopper_id,
            product_id=self.product_id,
            rating=rating,
            comment=comment,
        )

    def _check_is_there(self) -> None:
        if self.is_withdrawn:
            raise ReviewNotFound


def review_key(shopper_id: str, product_id: str) -> str:
    """Return the key, and public id, of a shopper's review of a product."""
    return f"{shopper_id}:{product_id}"


def _check(rating: int, comment: str) -> None:
    require(
        (1 <= rating <= 5, "rating", "out_of_range", "a rating is 1 to 5"),  # noqa: PLR2004
        (
            len(comment) <= 10_000,  # noqa: PLR2004
            "comment",
            "length",
            "a comment has at most 10000 characters",
        ),
    )
