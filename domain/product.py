"""Product: what is sold, at which price, and how much of it is left."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

import msgspec

from domain.errors import NotFound, Rejected, require
from domain.events import Aggregate
from domain.money import Money, require_price

MOST_STOCK = 1_000_000_000


class ProductNotFound(NotFound):
    """There is no such product."""

    code = "product_not_found"


class ProductExists(Rejected):
    """There is a product with this id already."""

    code = "product_exists"


class ProductWithdrawn(Rejected):
    """This product is no longer sold."""

    code = "product_withdrawn"


class OutOfStock(Rejected):
    """There is not enough of this product left."""

    code = "out_of_stock"


class ProductDetails(msgspec.Struct, frozen=True):
    """What a product is, apart from its price and stock."""

    name: str
    description: str = ""
    category: str = ""
    attributes: dict[str, str] = {}
    image_url: str = ""


class ProductState(msgspec.Struct):
    """The attributes that a snapshot keeps."""

    details: ProductDetails
    price: Money
    stock: int | None
    is_withdrawn: bool


class Product(Aggregate):
    """Something sold. ``stock`` is None where the shop does not count it."""

    CATEGORY = "product"
    SNAPSHOT = ProductState

    class Added(Aggregate.Created):
        TOPIC = "product.added"
        name: str
        description: str
        category: str
        price: Money
        stock: int | None
        attributes: dict[str, str]
        image_url: str = ""

    class DetailsChanged(Aggregate.Event):
        TOPIC = "product.details_changed"
        name: str
        description: str
        category: str
        attributes: dict[str, str]
        image_url: str = ""

        def apply(self, aggregate: Product) -> None:
            aggregate.details = ProductDetails(
                self.name, self.description, self.category, self.attributes, self.image_url
            )

    class PriceChanged(Aggregate.Event):
        TOPIC = "product.price_changed"
        price: Money

        def apply(self, aggregate: Product) -> None:
            aggregate.price = self.price

    class StockAdjusted(Aggregate.Event):
        TOPIC = "product.stock_adjusted"
        stock: int
        previous: int | None
        reason: str = ""

        def apply(self, aggregate: Product) -> None:
            aggregate.stock = self.stock

    class StockReserved(Aggregate.Event):
        """Taken out of the stock for an order."""

        TOPIC = "product.stock_reserved"
        order_id: str
        quantity: int

        def apply(self, aggregate: Product) -> None:
            if aggregate.stock is not None:
                aggregate.stock -= self.quantity

    class StockReturned(Aggregate.Event):
        """Put back into the stock by an order that was undone."""

        TOPIC = "product.stock_returned"
        order_id: str
        quantity: int

        def apply(self, aggregate: Product) -> None:
            if aggregate.stock is not None:
                aggregate.stock += self.quantity

    class Withdrawn(Aggregate.Event):
        """Sold no longer."""

        TOPIC = "product.withdrawn"

        def apply(self, aggregate: Product) -> None:
            aggregate.is_withdrawn = True

    def __init__(
        self,
        name: str,
        description: str,
        category: str,
        price: Money,
        stock: int | None,
        attributes: dict[str, str],
        image_url: str = "",
    ) -> None:
        self.details = ProductDetails(name, description, category, attributes, image_url)
        self.price = price
        self.stock = stock
        self.is_withdrawn = False

    @classmethod
    def add(
        cls,
        product_id: str,
        found: Self | None,
        details: ProductDetails,
        *,
        price: Money,
        stock: int | None,
        now: datetime,
    ) -> Self:
        """Put a new product up for sale."""
        if found is not None:
            raise ProductExists
        _check_details(details)
        require_price(price)
        if stock is not None:
            _check_stock(stock)
        return cls._create(
            cls.Added,
            id=cls.stream_id(product_id),
            timestamp=now,
            price=price,
            stock=stock,
            **msgspec.structs.asdict(details),
        )

    def change_details(self, details: ProductDetails, now: datetime) -> None:
        """Describe the product anew."""
        self.check_is_sold()
        _check_details(details)
        if details != self.details:
            self.trigger_event(
                self.DetailsChanged, timestamp=now, **msgspec.structs.asdict(details)
            )

    def change_price(self, price: Money, now: datetime) -> None:
        """Sell it at another price; orders already placed keep theirs."""
        self.check_is_sold()
        require_price(price)
        if price != self.price:
            self.trigger_event(self.PriceChanged, timestamp=now, price=price)

    def adjust_stock(self, stock: int, reason: str, now: datetime) -> None:
        """Set what is left, as counted."""
        self.check_is_sold()
        _check_stock(stock)
        if stock != self.stock:
            self.trigger_event(
                self.StockAdjusted, timestamp=now, stock=stock, previous=self.stock, reason=reason
            )

    def reserve(self, order_id: str, quantity: int, now: datetime) -> None:
        """Take ``quantity`` out of the stock for an order; refused where less is left."""
        self.check_is_sold()
        self.check_available(quantity)
        self.trigger_event(self.StockReserved, timestamp=now, order_id=order_id, quantity=quantity)

    def take_back(self, order_id: str, quantity: int, now: datetime) -> None:
        """Put back what an order had reserved."""
        self.trigger_event(self.StockReturned, timestamp=now, order_id=order_id, quantity=quantity)

    def withdraw(self, now: datetime) -> None:
        """Sell it no longer."""
        self.check_is_sold()
        self.trigger_event(self.Withdrawn, timestamp=now)

    def check_is_sold(self) -> None:
        """Raise ProductWithdrawn where it is no longer sold."""
        if self.is_withdrawn:
            raise ProductWithdrawn(f"{self.key} is no longer sold")

    def check_available(self, quantity: int) -> None:
        """Raise OutOfStock where less than ``quantity`` is left."""
        if self.stock is not None and self.stock < quantity:
            raise OutOfStock(f"{self.key}: {quantity} wanted, {self.stock} left")


def _check_details(details: ProductDetails) -> None:
    require(
        (
            1 <= len(details.name.strip()) <= 300,  # noqa: PLR2004
            "name",
            "length",
            "a name has 1 to 300 characters",
        ),
        (
            len(details.description) <= 20_000,  # noqa: PLR2004
            "description",
            "length",
            "a description has at most 20000 characters",
        ),
        (
            len(details.attributes) <= 100,  # noqa: PLR2004
            "attributes",
            "too_many",
            "a product has at most 100 attributes",
        ),
    )


def _check_stock(stock: int) -> None:
    require(
        (stock >= 0, "stock", "negative", "a stock is not negative"),
        (stock <= MOST_STOCK, "stock", "too_large", "a stock is at most 10^9"),
    )
