"""The catalogue of the made-up shop: the same for the same seed."""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

from domain.money import Money
from domain.product import ProductDetails
from footfall.simulator.shapes import POPULARITY_EXPONENT, PRICE_LOG_MEAN, PRICE_LOG_SD

PRODUCTS: Final = 200
CURRENCY: Final = "EUR"
LEAST_MINOR: Final = 49
STOCK: Final = (40, 400)
"""Pieces of a product when it is put up for sale or restocked, from and to."""

CATEGORIES: Final = {
    "kitchen": ("Kitchen", ("Mug", "Teapot", "Bowl", "Chopping Board", "Jar", "Egg Cup", "Jug")),
    "lighting": ("Lighting", ("Lantern", "Table Lamp", "Candle", "Fairy Lights", "Tea Light")),
    "garden": ("Garden", ("Planter", "Watering Can", "Bird Feeder", "Seed Box", "Trowel")),
    "stationery": ("Stationery", ("Notebook", "Pencil Case", "Calendar", "Card Set", "Stamp")),
    "textiles": ("Textiles", ("Cushion", "Blanket", "Tea Towel", "Apron", "Table Runner")),
    "toys": ("Toys", ("Puzzle", "Spinning Top", "Building Blocks", "Puppet", "Kite")),
    "bags": ("Bags", ("Tote", "Lunch Bag", "Backpack", "Pouch", "Basket")),
    "decoration": ("Decoration", ("Picture Frame", "Wall Clock", "Vase", "Wreath", "Mirror")),
    "bath": ("Bath", ("Soap Dish", "Towel", "Bath Mat", "Sponge", "Hand Soap")),
}
"""Category ids with their names and what they sell."""

_STYLES = ("Nordic", "Vintage", "Garden Party", "Seaside", "Harvest", "Botanical", "Patchwork")
_LOOKS = ("Sage", "Cobalt", "Rust", "Ivory", "Plum", "Mustard", "Charcoal", "Coral", "Mint")
_PRAISE = (
    "Made to be used every day.",
    "A small thing that makes a room kinder.",
    "A present for somebody who has everything.",
    "Simple, sturdy and easy to clean.",
)


class SimulatedProduct(msgspec.Struct, frozen=True):
    """A product of the made-up shop. ``weight``: how popular it is, to the others' weights."""

    product_id: str
    details: ProductDetails
    price: Money
    stock: int
    weight: float


def make_catalogue(seed: int) -> list[SimulatedProduct]:
    """Return the products, the most popular first; the categories take turns."""
    random = Random(f"catalogue {seed}")  # noqa: S311 - a simulation, no secret
    categories = list(CATEGORIES)
    random.shuffle(categories)
    names: set[str] = set()
    return [
        _make_product(random, rank, categories[rank % len(categories)], names)
        for rank in range(PRODUCTS)
    ]


def _make_product(random: Random, rank: int, category: str, names: set[str]) -> SimulatedProduct:
    title, things = CATEGORIES[category]
    while True:
        style, look, thing = random.choice(_STYLES), random.choice(_LOOKS), random.choice(things)
        name = f"{style} {thing} {look}"
        if name not in names:
            names.add(name)
            break
    cents = round(100 * random.lognormvariate(PRICE_LOG_MEAN, PRICE_LOG_SD))
    details = ProductDetails(
        name=name,
        description=f"{thing} in {look.lower()}, of our {style} line for {title.lower()}."
        f" {random.choice(_PRAISE)} A simulated product: nobody sells it.",
        category=category_id(category),
        attributes={"colour": look.lower(), "line": style.lower(), "simulated": "yes"},
    )
    return SimulatedProduct(
        product_id=product_id(rank),
        details=details,
        price=Money(max(LEAST_MINOR, _psychological(cents)), CURRENCY),
        stock=random.randint(*STOCK),
        weight=(rank + 1) ** -POPULARITY_EXPONENT,
    )


def product_id(rank: int) -> str:
    """Return the id of the product of this popularity, from 0."""
    return f"demo-{rank + 1:03}"


def category_id(name: str) -> str:
    """Return the id of a category of ours."""
    return f"demo-{name}"


def _psychological(cents: int) -> int:
    """Let a price end in 5 or 9, as prices do."""
    return cents // 10 * 10 + (5 if cents % 10 < 5 else 9)  # noqa: PLR2004
