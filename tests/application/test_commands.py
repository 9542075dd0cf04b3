"""The commands of the shop, on a log in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from argon2 import PasswordHasher

from application import baskets, categories, orders, products, reviews, shoppers, snapshots
from application.context import Context, Idempotency
from application.errors import (
    Conflict,
    IdempotencyKeyReused,
    IdempotencyReplay,
    PreconditionFailed,
)
from application.event_store.memory import MemoryEventStore
from application.journal import Journal, Loaded
from application.keyring import KeyedHash, MemoryKeyring
from application.shopper_export import export_shopper
from application.snapshots import MemorySnapshots
from domain.basket import Basket, BasketEmpty, BasketNotFound, ItemNotInBasket
from domain.category import CategoryExists, CategoryNotFound
from domain.errors import InvalidFields, Rejected
from domain.money import Money
from domain.order import Order, OrderCancelledAlready, OrderNotFound, OrderNotYours
from domain.product import (
    OutOfStock,
    Product,
    ProductDetails,
    ProductExists,
    ProductNotFound,
    ProductWithdrawn,
)
from domain.reservation import EmailTaken, UsernameTaken
from domain.review import ProductNotBought, ReviewExists, ReviewNotFound, ReviewNotYours
from domain.shopper import (
    Address,
    AddressNotFound,
    Profile,
    Shopper,
    ShopperErased,
    ShopperNotFound,
)
from domain.visit import Visit, fact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from application.context import Outcome
    from application.event_store.store import StoredEvent
    from domain.events import Aggregate

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTEXT = Context(actor="test", now=NOW)
LATER = Context(actor="test", now=NOW + timedelta(hours=1))
HOME = Address("Ann Lee", "Main Street 1", "Berlin", "10115", "DE")
ANN = Profile("Ann Lee", "ann@example.com", "ann")
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at once: how long it takes is not what is tested here."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("application.passwords._hasher", quick)


def a_journal(
    store: MemoryEventStore | None = None, kept: MemorySnapshots | None = None
) -> Journal:
    hashes = KeyedHash(b"0" * 32)
    return Journal(store or MemoryEventStore(), MemoryKeyring(), hashes, kept or MemorySnapshots())


async def add_lamp(journal: Journal, *, stock: int | None = 10, key: str = "lamp") -> None:
    details = ProductDetails(f"A {key}")
    await products.add_product(
        journal, CONTEXT, key, details, price=Money(4_000, "EUR"), stock=stock
    )


async def let_in(journal: Journal, shopper_id: str) -> None:
    """Record a shopper without the long work of hashing a password."""

    def decide(_: Loaded) -> tuple[None, Sequence[Aggregate]]:
        shopper = Shopper.register(
            shopper_id,
            Profile("A shopper", f"{shopper_id}@example.com", f"shopper-{shopper_id}"),
            password_hash="",
            email_hash=f"e{shopper_id}",
            username_hash=f"u{shopper_id}",
            now=NOW,
        )
        return None, [shopper]

    await journal.execute(CONTEXT, decide, writes=[])


async def a_shop_with_a_buyer(*, stock: int | None = 10) -> Journal:
    """Lamps, and shopper 1 with two of them in the basket."""
    journal = a_journal()
    await add_lamp(journal, stock=stock)
    await let_in(journal, "1")
    await baskets.add_item(journal, CONTEXT, "shopper:1", "lamp", 2)
    return journal


async def order(journal: Journal, order_id: str = "o1", shopper_id: str = "1") -> None:
    await orders.place_order(journal, CONTEXT, order_id, shopper_id, payment_method="card")


async def stock_of(journal: Journal, product_id: str = "lamp") -> int | None:
    product = await journal.load(Product, product_id)
    assert product is not None
    return product.stock


async def quantities(journal: Journal, owner: str) -> dict[str, int]:
    basket = await journal.load(Basket, owner)
    return {item.product_id: item.quantity for item in basket.items.values()} if basket else {}


async def test_a_command_answers_with_its_position_and_the_versions_it_saw() -> None:
    journal = a_journal()
    await add_lamp(journal)

    outcome = await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 2)

    assert outcome.position == await journal.head() == 3
    assert outcome.versions == {"basket-visitor:v1": 2, "product-lamp": 1}
    assert outcome.answer.total == Money(8_000, "EUR")


async def test_a_command_with_nothing_to_record_answers_position_zero() -> None:
    journal = await a_shop_with_a_buyer()

    outcome = await baskets.change_quantity(journal, CONTEXT, "shopper:1", "lamp", 2)

    assert (outcome.position, outcome.versions["basket-shopper:1"]) == (0, 2)


async def test_events_carry_the_envelope_of_their_command() -> None:
    journal = a_journal()
    context = Context(actor="user:root", now=NOW, visit_id="visit-1")
    await products.add_product(
        journal, context, "lamp", ProductDetails("A lamp"), price=Money(1, "EUR")
    )

    [recorded] = await journal.read(0)

    assert (recorded.actor, recorded.visit_id) == ("user:root", "visit-1")
    assert recorded.occurred_at == NOW


async def test_a_category_is_opened_once_and_renamed() -> None:
    journal = a_journal()
    await categories.create_category(journal, CONTEXT, "lamps", "Lamps")
    await categories.create_category(journal, CONTEXT, "desk", "Desk lamps", "lamps")

    renamed = await categories.rename_category(journal, CONTEXT, "lamps", "Lights")

    assert renamed.answer.name == "Lights"
    with pytest.raises(CategoryExists):
        await categories.create_category(journal, CONTEXT, "lamps", "Lamps")
    with pytest.raises(CategoryNotFound):
        await categories.create_category(journal, CONTEXT, "x", "X", "nowhere")
    with pytest.raises(CategoryNotFound):
        await categories.rename_category(journal, CONTEXT, "nowhere", "X")


async def test_a_product_is_added_changed_and_withdrawn() -> None:
    journal = a_journal()
    await add_lamp(journal)
    changes = products.ProductChanges(name="Another", price=Money(1, "EUR"), stock=3)

    changed = await products.change_product(journal, CONTEXT, "lamp", changes)
    withdrawn = await products.withdraw_product(journal, CONTEXT, "lamp")

    assert (changed.answer.name, changed.answer.price.amount, changed.answer.stock) == (
        "Another",
        1,
        3,
    )
    assert withdrawn.answer.is_withdrawn
    with pytest.raises(ProductExists):
        await add_lamp(journal)
    with pytest.raises(ProductWithdrawn):
        await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 1)


async def test_one_wrong_part_of_a_change_refuses_all_of_it() -> None:
    journal = a_journal()
    await add_lamp(journal)
    changes = products.ProductChanges(name="Another", stock=-1)

    with pytest.raises(InvalidFields):
        await products.change_product(journal, CONTEXT, "lamp", changes)

    lamp = await journal.load(Product, "lamp")
    assert lamp is not None
    assert (lamp.details.name, await journal.head()) == ("A lamp", 1)
    again = await products.change_product(journal, CONTEXT, "lamp", products.ProductChanges())
    assert again.answer.name == "A lamp"


async def test_a_category_of_a_product_must_be_there() -> None:
    journal = a_journal()
    details = ProductDetails("A lamp", category="nowhere")

    with pytest.raises(CategoryNotFound):
        await products.add_product(journal, CONTEXT, "lamp", details, price=Money(1, "EUR"))


async def test_what_is_not_there_is_not_found() -> None:
    journal = a_journal()
    unknown: list[tuple[Callable[[], Awaitable[object]], type[Rejected]]] = [
        (lambda: baskets.add_item(journal, CONTEXT, "visitor:v", "x", 1), ProductNotFound),
        (lambda: baskets.change_quantity(journal, CONTEXT, "visitor:v", "x", 1), BasketNotFound),
        (lambda: baskets.remove_item(journal, CONTEXT, "visitor:v", "x"), BasketNotFound),
        (lambda: baskets.clear(journal, CONTEXT, "visitor:v"), BasketNotFound),
        (lambda: products.withdraw_product(journal, CONTEXT, "x"), ProductNotFound),
        (lambda: order(journal), BasketEmpty),
        (lambda: orders.cancel_order(journal, CONTEXT, "x", shopper_id=None), OrderNotFound),
        (lambda: reviews.write_review(journal, CONTEXT, "1", "x", 5, ""), ProductNotFound),
        (lambda: reviews.withdraw_review(journal, CONTEXT, "1:x", "1"), ReviewNotFound),
        (lambda: shoppers.sign_out(journal, CONTEXT, "1"), ShopperNotFound),
        (lambda: shoppers.change_profile(journal, CONTEXT, "1", name="Bob"), ShopperNotFound),
        (lambda: shoppers.erase(journal, CONTEXT, "1"), ShopperNotFound),
        (lambda: export_shopper(journal, "1"), ShopperNotFound),
    ]

    for command, refusal in unknown:
        with pytest.raises(refusal):
            await command()

    assert await journal.head() == 0


async def test_a_basket_takes_no_more_than_is_in_stock() -> None:
    journal = a_journal()
    await add_lamp(journal, stock=3)
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 3)

    with pytest.raises(OutOfStock):
        await baskets.add_item(journal, CONTEXT, "visitor:v2", "lamp", 4)
    with pytest.raises(OutOfStock):
        await baskets.change_quantity(journal, CONTEXT, "visitor:v1", "lamp", 4)


async def test_an_order_empties_the_basket_and_takes_the_stock() -> None:
    journal = await a_shop_with_a_buyer(stock=10)
    await shoppers.add_address(journal, CONTEXT, "1", "home", HOME)

    placed = await orders.place_order(
        journal, CONTEXT, "o1", "1", payment_method="card", address_id="home"
    )

    assert placed.answer.total == Money(8_000, "EUR")
    assert await quantities(journal, "shopper:1") == {}
    assert await stock_of(journal) == 8
    with pytest.raises(BasketEmpty):
        await order(journal, "o2")


async def test_an_order_is_at_the_price_of_its_moment() -> None:
    journal = await a_shop_with_a_buyer()
    changes = products.ProductChanges(price=Money(5_000, "EUR"))
    await products.change_product(journal, CONTEXT, "lamp", changes)

    placed = await orders.place_order(journal, CONTEXT, "o1", "1", payment_method="card")

    assert placed.answer.total == Money(10_000, "EUR")


async def test_a_refused_order_records_nothing() -> None:
    journal = await a_shop_with_a_buyer(stock=2)
    await let_in(journal, "2")
    await add_lamp(journal, key="bulb")
    for product_id in ("bulb", "lamp"):
        await baskets.add_item(journal, CONTEXT, "shopper:2", product_id, 1)
    await order(journal)
    head = await journal.head()

    with pytest.raises(OutOfStock):
        await order(journal, "o2", "2")
    with pytest.raises(AddressNotFound):
        await orders.place_order(
            journal, CONTEXT, "o3", "2", payment_method="card", address_id="nowhere"
        )

    assert await journal.head() == head
    assert (await stock_of(journal), await stock_of(journal, "bulb")) == (0, 10)
    assert await quantities(journal, "shopper:2") == {"bulb": 1, "lamp": 1}
    assert await journal.load(Order, "o2") is None


async def test_an_order_id_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.journal.ATTEMPTS", 2)
    journal = await a_shop_with_a_buyer()
    await order(journal)
    await baskets.add_item(journal, CONTEXT, "shopper:1", "lamp", 1)

    with pytest.raises(Conflict):
        await order(journal)

    assert await stock_of(journal) == 8


async def test_a_cancelled_order_puts_its_pieces_back_once() -> None:
    journal = await a_shop_with_a_buyer(stock=10)
    await order(journal)

    cancelled = await orders.cancel_order(journal, LATER, "o1", shopper_id="1", reason="late")

    assert cancelled.answer.status == "cancelled"
    assert await stock_of(journal) == 10
    with pytest.raises(OrderCancelledAlready):
        await orders.cancel_order(journal, LATER, "o1", shopper_id=None)
    assert await stock_of(journal) == 10


async def test_an_order_is_cancelled_by_its_shopper_or_by_staff() -> None:
    journal = await a_shop_with_a_buyer()
    await order(journal)

    with pytest.raises(OrderNotYours):
        await orders.cancel_order(journal, CONTEXT, "o1", shopper_id="2")

    await orders.cancel_order(journal, CONTEXT, "o1", shopper_id=None)


async def test_only_what_was_bought_is_reviewed_and_only_by_its_author_changed() -> None:
    journal = await a_shop_with_a_buyer()
    with pytest.raises(ProductNotBought):
        await reviews.write_review(journal, CONTEXT, "1", "lamp", 5, "Bright")
    await order(journal)

    written = await reviews.write_review(journal, CONTEXT, "1", "lamp", 5, "Bright")
    review_id = written.answer.review_id

    with pytest.raises(ReviewExists):
        await reviews.write_review(journal, CONTEXT, "1", "lamp", 1, "Dark")
    with pytest.raises(ReviewNotYours):
        await reviews.edit_review(journal, CONTEXT, review_id, "2", 1, "Dark")
    with pytest.raises(ReviewNotYours):
        await reviews.withdraw_review(journal, CONTEXT, review_id, "2")
    edited = await reviews.edit_review(journal, CONTEXT, review_id, "1", 4, "Bright enough")
    assert (edited.answer.rating, edited.answer.comment) == (4, "Bright enough")
    withdrawn = await reviews.withdraw_review(journal, CONTEXT, review_id, "1")
    assert withdrawn.answer.is_withdrawn


async def test_a_command_on_another_version_than_it_names_is_refused() -> None:
    journal = await a_shop_with_a_buyer()
    stale: list[Callable[[], Awaitable[Outcome[Any]]]] = [
        lambda: baskets.add_item(journal, CONTEXT, "shopper:1", "lamp", 1, if_match=1),
        lambda: baskets.change_quantity(journal, CONTEXT, "shopper:1", "lamp", 1, if_match=3),
        lambda: baskets.remove_item(journal, CONTEXT, "shopper:1", "lamp", if_match=0),
        lambda: baskets.clear(journal, CONTEXT, "shopper:1", if_match=1),
        lambda: products.withdraw_product(journal, CONTEXT, "lamp", if_match=2),
        lambda: shoppers.change_profile(journal, CONTEXT, "1", name="Bob", if_match=2),
    ]
    head = await journal.head()

    for command in stale:
        with pytest.raises(PreconditionFailed) as refusal:
            await command()
        assert refusal.value.current_version == await journal.store.stream_version(
            refusal.value.stream_id
        )

    assert await journal.head() == head


async def test_a_command_on_the_version_it_names_is_taken() -> None:
    journal = await a_shop_with_a_buyer()

    added = await baskets.add_item(journal, CONTEXT, "shopper:1", "lamp", 1, if_match=2)
    cleared = await baskets.clear(
        journal, CONTEXT, "shopper:1", if_match=added.versions["basket-shopper:1"]
    )

    assert cleared.answer.items == ()


async def test_what_another_process_wrote_is_seen_in_the_end() -> None:
    store = MemoryEventStore()
    here, there = a_journal(store), a_journal(store)
    await add_lamp(here, stock=3)
    await baskets.add_item(here, CONTEXT, "visitor:v1", "lamp", 1)
    await baskets.add_item(there, CONTEXT, "visitor:v1", "lamp", 1)

    again = await baskets.add_item(here, CONTEXT, "visitor:v1", "lamp", 1)

    assert [item.quantity for item in again.answer.items] == [3]


async def test_a_refusal_is_decided_on_what_is_there_now() -> None:
    store = MemoryEventStore()
    here, there = a_journal(store), a_journal(store)
    await add_lamp(here, stock=3)
    await baskets.add_item(here, CONTEXT, "visitor:v1", "lamp", 1)
    await products.change_product(there, CONTEXT, "lamp", products.ProductChanges(stock=20))

    added = await baskets.add_item(here, CONTEXT, "visitor:v1", "lamp", 10)

    assert [item.quantity for item in added.answer.items] == [11]


async def test_who_always_loses_hears_of_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.journal.ATTEMPTS", 3)
    store = MemoryEventStore()
    journal, other = a_journal(store), a_journal(store)
    await add_lamp(journal)
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 1)
    load = journal.load

    async def load_and_lose(kind: type[Basket], key: str) -> Basket | None:
        found = await load(kind, key)
        await baskets.add_item(other, CONTEXT, "visitor:v1", "lamp", 1)
        return found

    monkeypatch.setattr(journal, "load", load_and_lose)
    await baskets.add_item(other, CONTEXT, "visitor:v1", "lamp", 1)

    with pytest.raises(Conflict):
        await baskets.clear(journal, CONTEXT, "visitor:v1")


async def test_one_key_records_one_command() -> None:
    journal = await a_shop_with_a_buyer()
    keyed = msgspec.structs.replace(CONTEXT, idempotency=Idempotency("k1", b"asked"))
    first = await baskets.add_item(journal, keyed, "shopper:1", "lamp", 1)

    with pytest.raises(IdempotencyReplay) as replay:
        await baskets.add_item(journal, keyed, "shopper:1", "lamp", 1)

    assert replay.value.position == first.position
    kept = msgspec.json.decode(replay.value.result, type=baskets.BasketAnswer)
    assert kept == first.answer
    assert await quantities(journal, "shopper:1") == {"lamp": 3}


async def test_one_key_does_not_serve_two_requests() -> None:
    journal = await a_shop_with_a_buyer()
    asked = msgspec.structs.replace(CONTEXT, idempotency=Idempotency("k1", b"asked"))
    other = msgspec.structs.replace(CONTEXT, idempotency=Idempotency("k1", b"something else"))
    await baskets.add_item(journal, asked, "shopper:1", "lamp", 1)

    with pytest.raises(IdempotencyKeyReused):
        await baskets.add_item(journal, other, "shopper:1", "lamp", 2)

    assert await quantities(journal, "shopper:1") == {"lamp": 3}


class CountingStore(MemoryEventStore):
    """Counts the events that were read to load aggregates."""

    def __init__(self) -> None:
        super().__init__()
        self.events_read = 0

    async def read_stream(
        self, stream_id: str, *, after_version: int = 0, limit: int = 500
    ) -> list[StoredEvent]:
        page = await super().read_stream(stream_id, after_version=after_version, limit=limit)
        self.events_read += len(page)
        return page


async def test_a_long_stream_is_loaded_from_its_snapshot() -> None:
    store, kept = CountingStore(), MemorySnapshots()
    journal = a_journal(store, kept)
    await add_lamp(journal, stock=None)
    for n in range(2 * snapshots.EVERY + 10):
        await baskets.add_item(journal, CONTEXT, f"visitor:v{n % 2}", "lamp", 1)
    store.events_read = 0

    basket = await a_journal(store, kept).load(Basket, "visitor:v0")

    assert basket is not None
    assert (basket.version, basket.items["lamp"].quantity) == (106, 105)
    assert store.events_read == 6
    assert basket == await a_journal(store).load(Basket, "visitor:v0")


async def test_a_snapshot_of_another_shape_is_ignored() -> None:
    store, kept = CountingStore(), MemorySnapshots()
    journal = a_journal(store, kept)
    await add_lamp(journal, stock=None)
    for _ in range(snapshots.EVERY):
        await baskets.add_item(journal, CONTEXT, "visitor:v0", "lamp", 1)
    snapshot = await kept.find("basket-visitor:v0")
    assert snapshot is not None
    await kept.keep(msgspec.structs.replace(snapshot, format="old"))
    store.events_read = 0

    basket = await a_journal(store, kept).load(Basket, "visitor:v0")

    assert basket is not None
    assert store.events_read == basket.version == 101


async def test_a_stream_longer_than_a_page_is_loaded_whole() -> None:
    journal = a_journal()
    await let_in(journal, "1")
    for _ in range(520):
        await shoppers.sign_out(journal, CONTEXT, "1")

    shopper = await journal.load(Shopper, "1")

    assert shopper is not None
    assert shopper.version == 521


async def test_a_registered_shopper_signs_in_by_username_and_password() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)

    assert await shoppers.find_by_password(journal, "ANN", PASSWORD) == "1"
    assert await shoppers.find_by_password(journal, "ann", "wrong") is None
    assert await shoppers.find_by_password(journal, "nobody", PASSWORD) is None


async def test_an_email_or_username_is_taken_in_any_letter_case() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)
    head = await journal.head()

    with pytest.raises(EmailTaken):
        await shoppers.register(
            journal, CONTEXT, "2", Profile("Bob", "ANN@Example.com", "bob"), PASSWORD
        )
    with pytest.raises(UsernameTaken):
        await shoppers.register(
            journal, CONTEXT, "2", Profile("Bob", "bob@example.com", "Ann"), PASSWORD
        )

    assert await journal.head() == head


async def test_a_changed_password_replaces_the_old_one() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)
    with pytest.raises(shoppers.WrongPassword):
        await shoppers.change_password(
            journal, CONTEXT, "1", old_password="wrong", new_password="battery staple"
        )

    await shoppers.change_password(
        journal, CONTEXT, "1", old_password=PASSWORD, new_password="battery staple"
    )

    assert await shoppers.find_by_password(journal, "ann", PASSWORD) is None
    assert await shoppers.find_by_password(journal, "ann", "battery staple") == "1"


async def test_a_changed_profile_frees_what_it_gives_up() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)

    await shoppers.change_profile(journal, CONTEXT, "1", email="lee@example.com", username="lee")
    await shoppers.register(journal, CONTEXT, "2", ANN, PASSWORD)

    with pytest.raises(EmailTaken):
        await shoppers.change_profile(journal, CONTEXT, "2", email="LEE@example.com")
    with pytest.raises(UsernameTaken):
        await shoppers.change_profile(journal, CONTEXT, "2", username="Lee")


async def test_a_profile_may_change_its_letter_case() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)

    changed = await shoppers.change_profile(journal, CONTEXT, "1", email="Ann@Example.com")

    assert changed.answer.email == "Ann@Example.com"


async def test_addresses_and_consent_are_kept_and_changed() -> None:
    journal = a_journal()
    await let_in(journal, "1")
    await shoppers.add_address(journal, CONTEXT, "1", "home", HOME)
    await shoppers.add_address(journal, CONTEXT, "1", "work", HOME)
    await shoppers.remove_address(journal, CONTEXT, "1", "work")

    answer = (await shoppers.set_consent(journal, CONTEXT, "1", {"analytics": True})).answer

    assert answer.consent == {"analytics": True}
    shopper = await journal.load(Shopper, "1")
    assert shopper is not None
    assert shopper.addresses == {"home": HOME}
    with pytest.raises(AddressNotFound):
        await shoppers.remove_address(journal, CONTEXT, "1", "work")


async def test_a_visitors_basket_follows_into_the_account_with_its_quantities() -> None:
    journal = a_journal()
    await add_lamp(journal)
    await add_lamp(journal, key="bulb")
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 3)
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "bulb", 2)

    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD, visitor="v1")

    assert await quantities(journal, "shopper:1") == {"lamp": 3, "bulb": 2}
    assert await quantities(journal, "visitor:v1") == {}
    shopper = await journal.load(Shopper, "1")
    assert shopper is not None
    assert shopper.visitors == {"v1"}


async def test_a_visitors_basket_adds_to_that_of_a_shopper_who_signs_in() -> None:
    journal = await a_shop_with_a_buyer()
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 3)

    await shoppers.sign_in(journal, CONTEXT, "1", visitor="v1")
    await shoppers.sign_in(journal, CONTEXT, "1", visitor="v1")

    assert await quantities(journal, "shopper:1") == {"lamp": 5}


async def test_two_shoppers_are_never_merged_by_one_visitor() -> None:
    journal = a_journal()
    await add_lamp(journal)
    for shopper_id in ("1", "2"):
        await let_in(journal, shopper_id)
    await shoppers.sign_in(journal, CONTEXT, "1", visitor="v1")
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 1)

    await shoppers.sign_in(journal, CONTEXT, "2", visitor="v1")

    first, second = await journal.load(Shopper, "1"), await journal.load(Shopper, "2")
    assert first is not None
    assert second is not None
    assert (first.visitors, second.visitors) == ({"v1"}, set())
    assert await quantities(journal, "shopper:1") == {}
    assert await quantities(journal, "shopper:2") == {"lamp": 1}


async def test_an_export_holds_everything_of_a_shopper_but_the_password() -> None:
    journal = a_journal()
    await add_lamp(journal)
    await baskets.add_item(journal, CONTEXT, "visitor:v1", "lamp", 3)
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD, visitor="v1")
    await shoppers.add_address(journal, CONTEXT, "1", "home", HOME)
    await shoppers.set_consent(journal, CONTEXT, "1", {"analytics": True})
    await orders.place_order(journal, CONTEXT, "o1", "1", payment_method="card")
    await reviews.write_review(journal, CONTEXT, "1", "lamp", 5, "Bright")
    looked = fact(Visit.ProductViewed, "v1:2026-03-01", NOW, visitor="v1", product_id="lamp")
    await journal.record(CONTEXT, [looked])

    export = await export_shopper(journal, "1")

    assert export["profile"] == ANN
    assert export["addresses"] == {"home": HOME}
    assert (export["consent"], export["visitors"]) == ({"analytics": True}, ["v1"])
    topics = {event["topic"] for event in export["events"]}
    assert {"shopper.registered", "basket.item_added", "basket.items_taken_over"} <= topics
    assert {"order.placed", "review.submitted", "visit.product_viewed"} <= topics
    assert b"argon2" not in msgspec.json.encode(export)


async def test_after_an_erasure_nothing_personal_is_left_in_the_log() -> None:
    journal = await a_shop_with_a_buyer()
    await shoppers.register(journal, CONTEXT, "ann", ANN, PASSWORD)
    await shoppers.add_address(journal, CONTEXT, "ann", "home", HOME)
    await baskets.add_item(journal, CONTEXT, "shopper:ann", "lamp", 1)
    await orders.place_order(
        journal, CONTEXT, "o1", "ann", payment_method="card", address_id="home"
    )

    await shoppers.erase(journal, LATER, "ann")

    recorded = await journal.read(0)
    shown = str([(r.actor, r.topic, vars(r.event)) for r in recorded])
    for secret in ("Ann Lee", "ann@example.com", "Main Street", "Berlin", "10115", "argon2"):
        assert secret not in shown
    placed = next(r.event for r in recorded if isinstance(r.event, Order.Placed))
    assert (placed.address, placed.total_minor) == (None, 4_000)
    export = msgspec.json.encode(await export_shopper(journal, "ann"))
    assert b"ann@example.com" not in export


async def test_an_erased_account_is_closed() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)
    await shoppers.erase(journal, LATER, "1")

    assert await shoppers.find_by_password(journal, "ann", PASSWORD) is None
    with pytest.raises(ShopperErased):
        await shoppers.sign_in(journal, LATER, "1")
    with pytest.raises(ShopperErased):
        await shoppers.add_address(journal, LATER, "1", "home", HOME)
    with pytest.raises(ShopperErased):
        await shoppers.erase(journal, LATER, "1")


async def test_an_erased_shopper_places_no_order() -> None:
    journal = await a_shop_with_a_buyer()
    await shoppers.erase(journal, LATER, "1")

    with pytest.raises(ShopperErased):
        await order(journal)

    assert await stock_of(journal) == 10


async def test_after_an_erasure_email_and_username_are_free_again() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)
    await shoppers.erase(journal, LATER, "1")

    await shoppers.register(journal, LATER, "2", ANN, PASSWORD)

    assert await shoppers.find_by_password(journal, "ann", PASSWORD) == "2"


async def test_what_another_holds_stays_theirs_when_the_former_holder_is_erased() -> None:
    journal = a_journal()
    await shoppers.register(journal, CONTEXT, "1", ANN, PASSWORD)
    await shoppers.change_profile(journal, CONTEXT, "1", email="lee@example.com", username="lee")
    await shoppers.register(journal, CONTEXT, "2", ANN, PASSWORD)

    await shoppers.erase(journal, LATER, "1")

    with pytest.raises(EmailTaken):
        await shoppers.register(journal, LATER, "3", ANN, PASSWORD)


async def test_what_is_not_in_a_basket_is_not_changed() -> None:
    journal = await a_shop_with_a_buyer()

    with pytest.raises(ItemNotInBasket):
        await baskets.change_quantity(journal, CONTEXT, "shopper:1", "bulb", 1)
    with pytest.raises(ItemNotInBasket):
        await baskets.remove_item(journal, CONTEXT, "shopper:1", "bulb")
