"""Races: whoever comes at once, one wins and nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from application import baskets, orders, products, shoppers
from application.context import Context
from application.event_store.memory import MemoryEventStore
from application.event_store.postgres import open_event_store
from application.journal import Journal, Loaded
from application.keyring import KeyedHash, MemoryKeyring, PostgresKeyring
from application.snapshots import MemorySnapshots, PostgresSnapshots
from domain.basket import Basket
from domain.money import Money
from domain.order import Order
from domain.product import OutOfStock, Product, ProductDetails
from domain.purchase import Purchase
from domain.reservation import EmailTaken
from domain.shopper import Profile, Shopper
from footfall.database import open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from domain.events import Aggregate, Recorded

    Journals = Callable[[], AbstractAsyncContextManager[tuple[Journal, Journal]]]

CONTEXT = Context(actor="test", now=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
MASTER_KEY = b"0" * 32


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def journals(request: pytest.FixtureRequest) -> Journals:
    """Open two journals on one log, as two processes have them."""
    hashes = KeyedHash(MASTER_KEY)
    if request.param == "memory":

        @asynccontextmanager
        async def open_memory() -> AsyncIterator[tuple[Journal, Journal]]:
            store, keyring, kept = MemoryEventStore(), MemoryKeyring(), MemorySnapshots()
            await asyncio.sleep(0)
            yield Journal(store, keyring, hashes, kept), Journal(store, keyring, hashes, kept)

        return open_memory
    dsn: str = request.getfixturevalue("database_url")

    @asynccontextmanager
    async def open_postgres() -> AsyncIterator[tuple[Journal, Journal]]:
        async with (
            open_pool(dsn, size=20) as pool,
            open_event_store(pool, direct_dsn=dsn) as one,
            open_event_store(pool, direct_dsn=dsn) as other,
        ):
            yield (
                Journal(one, PostgresKeyring(pool, MASTER_KEY), hashes, PostgresSnapshots(pool)),
                Journal(other, PostgresKeyring(pool, MASTER_KEY), hashes, PostgresSnapshots(pool)),
            )

    return open_postgres


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at once, so that the registrations meet in the log and not in line for a thread."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("application.passwords._hasher", quick)


async def let_in(journal: Journal, shopper_id: str) -> None:
    """Record a shopper without the long work of hashing a password."""

    def decide(_: Loaded) -> tuple[None, Sequence[Aggregate]]:
        shopper = Shopper.register(
            shopper_id,
            Profile("A shopper", f"{shopper_id}@example.com", f"shopper-{shopper_id}"),
            password_hash="",
            email_hash=f"e{shopper_id}",
            username_hash=f"u{shopper_id}",
            now=CONTEXT.now,
        )
        return None, [shopper]

    await journal.execute(CONTEXT, decide, writes=[])


async def add_lamp(journal: Journal, stock: int | None) -> None:
    details = ProductDetails("A lamp")
    await products.add_product(
        journal, CONTEXT, "lamp", details, price=Money(4_000, "EUR"), stock=stock
    )


async def the_log(journal: Journal) -> list[Recorded]:
    events: list[Recorded] = []
    while page := await journal.read(len(events)):
        events += page
    return events


@pytest.mark.slow
async def test_of_200_shoppers_one_gets_the_last_piece(journals: Journals) -> None:
    async with journals() as (one, other):
        await add_lamp(one, stock=1)
        ids = [str(n) for n in range(200)]

        async def fill(shopper_id: str) -> None:
            await let_in(one, shopper_id)
            await baskets.add_item(one, CONTEXT, f"shopper:{shopper_id}", "lamp", 1)

        await asyncio.gather(*map(fill, ids))

        outcomes = await asyncio.gather(
            *(
                orders.place_order(
                    (one, other)[n % 2], CONTEXT, f"o{n}", shopper_id, payment_method="card"
                )
                for n, shopper_id in enumerate(ids)
            ),
            return_exceptions=True,
        )

        placed = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, OutOfStock)]
        assert (len(placed), len(refused)) == (1, 199)
        lamp = await one.load(Product, "lamp")
        assert lamp is not None
        assert lamp.stock == 0
        log = await the_log(one)
        kinds = (Order.Placed, Product.StockReserved, Basket.CheckedOut, Purchase.First)
        assert [sum(isinstance(r.event, kind) for r in log) for kind in kinds] == [1, 1, 1, 1]
        assert len({r.recorded_at for r in log if isinstance(r.event, kinds)}) == 1


async def test_of_50_registrations_of_one_email_one_is_an_account(journals: Journals) -> None:
    async with journals() as (one, other):
        emails = [
            "".join(
                letter.upper() if n >> place & 1 else letter
                for place, letter in enumerate("annlee@example.com")
            )
            for n in range(50)
        ]

        outcomes = await asyncio.gather(
            *(
                shoppers.register(
                    (one, other)[n % 2],
                    CONTEXT,
                    str(n),
                    Profile("Ann Lee", email, f"ann{n}"),
                    "correct horse",
                )
                for n, email in enumerate(emails)
            ),
            return_exceptions=True,
        )

        assert len(set(emails)) == 50
        assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 49
        log = await the_log(one)
        accounts = [r.stream_id for r in log if isinstance(r.event, Shopper.Registered)]
        assert len(accounts) == 1
        assert len(log) == 3, "the account, its e-mail and its username; no orphan"


async def test_what_a_guest_adds_during_the_merge_is_not_lost(journals: Journals) -> None:
    async with journals() as (one, other):
        await add_lamp(one, stock=None)
        await let_in(one, "1")
        await baskets.add_item(one, CONTEXT, "visitor:v1", "lamp", 1)

        async def keep_adding(journal: Journal) -> None:
            for _ in range(20):
                await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 1)

        async def keep_signing_in(journal: Journal) -> None:
            for _ in range(5):
                await shoppers.sign_in(journal, CONTEXT, "1", visitor="v1")

        await asyncio.gather(keep_adding(one), keep_adding(other), keep_signing_in(other))

        held = 0
        for owner in ("visitor:v1", "shopper:1"):
            basket = await one.load(Basket, owner)
            assert basket is not None
            held += sum(item.quantity for item in basket.items.values())
        assert held == 41
        await shoppers.sign_in(one, CONTEXT, "1", visitor="v1")
        merged = await one.load(Basket, "shopper:1")
        assert merged is not None
        assert merged.items["lamp"].quantity == 41
