"""Reviews: what buyers say of products."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.review import Review
from projections.fold import rows_by_key, write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class ReviewRow(msgspec.Struct, frozen=True):
    """A review as shoppers see it."""

    review_id: str
    product_id: str
    shopper_id: str
    rating: int
    comment: str
    submitted_at: datetime
    edited_at: datetime
    version: int
    position: int


class Reviews:
    """Reviews of products."""

    name = "reviews"
    version = 1
    tables = ("reviews",)
    events: tuple[type[Event], ...] = (Review.Submitted, Review.Edited, Review.Withdrawn)
    feed = Feed(
        "reviews",
        ("review_id",),
        ("review_id", "product_id", "rating", "is_withdrawn", "edited_at"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold review events."""
        keys = {e.stream_id.partition("-")[2] for e in batch}
        rows = await rows_by_key(connection, "reviews", "review_id", keys)
        for event in batch:
            _fold(rows, event)
        await write_rows(
            connection,
            """INSERT INTO reviews (review_id, product_id, shopper_id, rating, comment,
                                    is_withdrawn, submitted_at, edited_at, version, position)
               SELECT * FROM json_to_recordset($1) AS n (
                   review_id text, product_id text, shopper_id text, rating smallint, comment text,
                   is_withdrawn bool, submitted_at timestamptz, edited_at timestamptz, version int,
                   position bigint)
               ON CONFLICT (review_id) DO UPDATE SET
                   rating = excluded.rating, comment = excluded.comment,
                   is_withdrawn = excluded.is_withdrawn, edited_at = excluded.edited_at,
                   version = excluded.version, position = excluded.position""",
            (tuple(row[column] for column in _WRITTEN) for row in rows.values()),
        )


async def reviews_of(
    connection: Connection, product_id: str, *, before: int | None = None, limit: int = 50
) -> list[ReviewRow]:
    """Return a product's reviews, the latest first; ``before``: the last one's position."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(ReviewRow.__struct_fields__)} FROM reviews
            WHERE product_id = $1 AND NOT is_withdrawn AND ($2::bigint IS NULL OR position < $2)
            ORDER BY position DESC LIMIT $3""",  # noqa: S608 - constants
        product_id,
        before,
        limit,
    )
    return [ReviewRow(*row) for row in rows]


async def reviews_by(
    connection: Connection, shopper_id: str, *, after: str = "", limit: int = 50
) -> list[ReviewRow]:
    """Return a shopper's reviews by product; ``after``: the id of the last one.

    Ids begin with the shopper and a colon, so they are one piece of the key's index.
    """
    rows = await connection.fetch(
        f"""SELECT {", ".join(ReviewRow.__struct_fields__)} FROM reviews
            WHERE review_id >= $1 || ':' AND review_id < $1 || ';' AND review_id > $2
              AND NOT is_withdrawn
            ORDER BY review_id LIMIT $3""",  # noqa: S608 - constants
        shopper_id,
        after,
        limit,
    )
    return [ReviewRow(*row) for row in rows]


async def find_review(connection: Connection, review_id: str) -> ReviewRow | None:
    """Return a review that was not withdrawn; None where there is none."""
    row = await connection.fetchrow(
        f"""SELECT {", ".join(ReviewRow.__struct_fields__)} FROM reviews
            WHERE review_id = $1 AND NOT is_withdrawn""",  # noqa: S608 - constants
        review_id,
    )
    return ReviewRow(*row) if row else None


async def ratings_of(connection: Connection, product_id: str) -> dict[int, int]:
    """Return how many reviews give each rating, 1 to 5."""
    rows = await connection.fetch(
        """SELECT rating, count(*)::int AS reviews FROM reviews
           WHERE product_id = $1 AND NOT is_withdrawn GROUP BY rating""",
        product_id,
    )
    found = {row["rating"]: row["reviews"] for row in rows}
    return {rating: found.get(rating, 0) for rating in range(1, 6)}


_WRITTEN = (
    "review_id",
    "product_id",
    "shopper_id",
    "rating",
    "comment",
    "is_withdrawn",
    "submitted_at",
    "edited_at",
    "version",
    "position",
)


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    key, event = recorded.stream_id.partition("-")[2], recorded.event
    match event:
        case Review.Submitted():
            rows[key] = {
                "review_id": key,
                "product_id": event.product_id,
                "shopper_id": event.shopper_id,
                "rating": event.rating,
                "comment": event.comment,
                "is_withdrawn": False,
                "submitted_at": recorded.occurred_at,
            }
        case Review.Edited() if key in rows:
            rows[key].update(rating=event.rating, comment=event.comment, is_withdrawn=False)
        case Review.Withdrawn() if key in rows:
            rows[key].update(is_withdrawn=True, comment="")
        case _:
            return
    rows[key].update(
        edited_at=recorded.occurred_at, version=recorded.version, position=recorded.position
    )
