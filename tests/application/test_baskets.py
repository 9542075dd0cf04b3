"""Baskets and what is left in stock, on a log in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from application import baskets, products
from application.context import Context
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from domain.errors import InvalidFields
from domain.money import Money
from domain.product import OutOfStock, ProductDetails, ProductWithdrawn

CONTEXT = Context(actor="test", now=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
OWNER = "visitor:v1"


async def a_shop_with_lamps(stock: int | None) -> Journal:
    journal = Journal(MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots())
    await products.add_product(
        journal, CONTEXT, "lamp", ProductDetails("A lamp"), price=Money(4_000, "EUR"), stock=stock
    )
    return journal


async def test_pieces_held_already_count_against_the_stock() -> None:
    journal = await a_shop_with_lamps(stock=5)
    await baskets.add_item(journal, CONTEXT, OWNER, "lamp", 4)

    with pytest.raises(OutOfStock, match="lamp: 6 wanted, 5 left"):
        await baskets.add_item(journal, CONTEXT, OWNER, "lamp", 2)

    added = await baskets.add_item(journal, CONTEXT, OWNER, "lamp", 1)
    assert [item.quantity for item in added.answer.items] == [5]


async def test_a_withdrawn_product_may_become_fewer_in_a_basket_but_not_more() -> None:
    journal = await a_shop_with_lamps(stock=None)
    await baskets.add_item(journal, CONTEXT, OWNER, "lamp", 3)
    await products.withdraw_product(journal, CONTEXT, "lamp")

    with pytest.raises(ProductWithdrawn):
        await baskets.change_quantity(journal, CONTEXT, OWNER, "lamp", 4)

    fewer = await baskets.change_quantity(journal, CONTEXT, OWNER, "lamp", 2)
    assert [item.quantity for item in fewer.answer.items] == [2]
    emptied = await baskets.change_quantity(journal, CONTEXT, OWNER, "lamp", 0)
    assert emptied.answer.items == ()


@pytest.mark.parametrize("quantity", [0, -1, 1_000])
async def test_a_refused_first_addition_leaves_no_basket_behind(quantity: int) -> None:
    journal = await a_shop_with_lamps(stock=None)
    head = await journal.head()

    with pytest.raises(InvalidFields):
        await baskets.add_item(journal, CONTEXT, OWNER, "lamp", quantity)

    assert await journal.head() == head
