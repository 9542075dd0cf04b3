"""What the log says of products, for training and serving alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.product import Product

if TYPE_CHECKING:
    from domain.events import Event, Recorded

DESCRIBING: tuple[type[Event], ...] = (Product.Added, Product.DetailsChanged, Product.PriceChanged)


class ProductContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop says about a product; whatever is not known stays empty."""

    text: str = ""
    category: str = ""
    attributes: dict[str, str] = {}
    price_minor: int | None = None


def describe(content: dict[str, ProductContent], recorded: Recorded) -> str:
    """Take what an event says of a product; return which it is, or nothing."""
    product_id, event = recorded.stream_id.partition("-")[2], recorded.event
    match event:
        case Product.Added() | Product.DetailsChanged():
            known = content.get(product_id)
            price = event.price.amount if isinstance(event, Product.Added) else None
            content[product_id] = ProductContent(
                text=f"{event.name} {event.description}",
                category=event.category,
                attributes={name: str(value) for name, value in event.attributes.items()},
                price_minor=price if known is None else known.price_minor,
            )
        case Product.PriceChanged() if product_id in content:
            content[product_id] = msgspec.structs.replace(
                content[product_id], price_minor=event.price.amount
            )
        case _:
            return ""
    return product_id
