"""Purchase: that a shopper bought a product, which is what allows a review of it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

from domain.events import Aggregate


class Purchase(Aggregate):
    """All times a shopper bought a product. Its key is ``SHOPPER:PRODUCT``."""

    CATEGORY = "purchase"

    class First(Aggregate.Created):
        """The shopper bought the product for the first time."""

        TOPIC = "purchase.first"
        shopper_id: str
        product_id: str
        order_id: str

    @classmethod
    def of(
        cls, found: Self | None, shopper_id: str, product_id: str, order_id: str, now: datetime
    ) -> Self:
        """Note that the shopper bought the product; only the first time is an event."""
        if found is not None:
            return found
        return cls._create(
            cls.First,
            id=cls.stream_id(purchase_key(shopper_id, product_id)),
            timestamp=now,
            shopper_id=shopper_id,
            product_id=product_id,
            order_id=order_id,
        )

    def __init__(self, shopper_id: str, product_id: str, order_id: str) -> None:
        self.shopper_id = shopper_id
        self.product_id = product_id
        self.order_id = order_id


def purchase_key(shopper_id: str, product_id: str) -> str:
    """Return the key of a shopper's purchases of a product."""
    return f"{shopper_id}:{product_id}"
