"""What admins do with products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from domain.category import Category, CategoryNotFound
from domain.money import Money
from domain.product import Product, ProductDetails, ProductNotFound

if TYPE_CHECKING:
    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class ProductAnswer(msgspec.Struct, frozen=True):
    """A product as it is after a command."""

    product_id: str
    name: str
    description: str
    category: str
    price: Money
    stock: int | None
    attributes: dict[str, str]
    image_url: str
    is_withdrawn: bool


class ProductChanges(msgspec.Struct, frozen=True):
    """What to change of a product; what is None stays."""

    name: str | None = None
    description: str | None = None
    category: str | None = None
    price: Money | None = None
    stock: int | None = None
    attributes: dict[str, str] | None = None
    image_url: str | None = None
    reason: str = ""


async def add_product(
    journal: Journal,
    context: Context,
    product_id: str,
    details: ProductDetails,
    *,
    price: Money,
    stock: int | None = None,
) -> Outcome[ProductAnswer]:
    """Put a new product up for sale."""

    def decide(loaded: Loaded) -> tuple[ProductAnswer, list[Product]]:
        _check_category(loaded, details.category)
        found = loaded.get(Product, product_id)
        product = Product.add(product_id, found, details, price=price, stock=stock, now=context.now)
        return answer(product), [product]

    return await journal.execute(
        context, decide, writes=[(Product, product_id)], reads=_category(details.category)
    )


async def change_product(
    journal: Journal,
    context: Context,
    product_id: str,
    changes: ProductChanges,
    *,
    if_match: int | None = None,
) -> Outcome[ProductAnswer]:
    """Change a product's details, price or stock; all in one."""

    def decide(loaded: Loaded) -> tuple[ProductAnswer, list[Product]]:
        product = loaded.get(Product, product_id)
        if product is None:
            raise ProductNotFound
        if changes.category is not None:
            _check_category(loaded, changes.category)
        details = {
            name: getattr(changes, name)
            for name in ProductDetails.__struct_fields__
            if getattr(changes, name) is not None
        }
        product.change_details(msgspec.structs.replace(product.details, **details), context.now)
        if changes.price is not None:
            product.change_price(changes.price, context.now)
        if changes.stock is not None:
            product.adjust_stock(changes.stock, changes.reason, context.now)
        return answer(product), [product]

    return await journal.execute(
        context,
        decide,
        writes=[(Product, product_id)],
        reads=_category(changes.category or ""),
        if_match={(Product, product_id): if_match} if if_match is not None else None,
    )


async def withdraw_product(
    journal: Journal, context: Context, product_id: str, *, if_match: int | None = None
) -> Outcome[ProductAnswer]:
    """Sell a product no longer."""

    def decide(loaded: Loaded) -> tuple[ProductAnswer, list[Product]]:
        product = loaded.get(Product, product_id)
        if product is None:
            raise ProductNotFound
        product.withdraw(context.now)
        return answer(product), [product]

    return await journal.execute(
        context,
        decide,
        writes=[(Product, product_id)],
        if_match={(Product, product_id): if_match} if if_match is not None else None,
    )


def answer(product: Product) -> ProductAnswer:
    """Return the product as a command answers it."""
    return ProductAnswer(
        product_id=product.key,
        price=product.price,
        stock=product.stock,
        is_withdrawn=product.is_withdrawn,
        **msgspec.structs.asdict(product.details),
    )


def _category(category_id: str) -> list[tuple[type[Category], str]]:
    return [(Category, category_id)] if category_id else []


def _check_category(loaded: Loaded, category_id: str) -> None:
    if category_id and loaded.get(Category, category_id) is None:
        raise CategoryNotFound(f"there is no category {category_id}")
