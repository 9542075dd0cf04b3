"""Privacy: what the log holds of a person without that person's key is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from application import baskets, orders, products, shoppers
from application.context import Context
from application.event_codec import EventCodec, SubjectErased
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from application.uuid7 import uuid7
from domain.events import Undecodable
from domain.money import Money
from domain.product import ProductDetails
from domain.shopper import Address, Profile, Shopper

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTEXT = Context(actor="test", now=NOW)
HASHES = KeyedHash(b"0" * 32)
SECRETS = (
    "Annabel",
    "Ann@example.com",
    "annabel-lee",
    "Ash Lane",
    "Tucson",
    "85701",
    "correct horse",
)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at once: how long it takes is not what is tested here."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("application.passwords._hasher", quick)


async def a_lived_in_log() -> tuple[MemoryEventStore, MemoryKeyring]:
    """An account with everything personal that a shop can know of it."""
    store, keyring = MemoryEventStore(), MemoryKeyring()
    journal = Journal(store, keyring, HASHES, MemorySnapshots())
    await products.add_product(
        journal, CONTEXT, "lamp", ProductDetails("A lamp"), price=Money(1, "EUR")
    )
    profile = Profile("Annabel Lee", "Ann@example.com", "annabel-lee")
    await shoppers.register(journal, CONTEXT, "1", profile, "correct horse")
    address = Address("Annabel Lee", "Ash Lane 1", "Tucson", "85701", "US")
    await shoppers.add_address(journal, CONTEXT, "1", "home", address)
    await shoppers.change_profile(journal, CONTEXT, "1", name="Annabel Leigh")
    await baskets.add_item(journal, CONTEXT, "shopper:1", "lamp", 1)
    await orders.place_order(journal, CONTEXT, "o1", "1", payment_method="card", address_id="home")
    return store, keyring


async def test_the_bytes_of_the_log_hold_no_personal_value() -> None:
    store, _ = await a_lived_in_log()

    payloads = [event.payload.decode().casefold() for event in await store.read(0)]

    assert len(payloads) > 5
    for secret in SECRETS:
        assert not [p for p in payloads if secret.casefold() in p]


async def test_with_the_key_everything_personal_is_there() -> None:
    store, keyring = await a_lived_in_log()

    recorded = await EventCodec(keyring).decode(await store.read(0))

    shown = msgspec.json.encode([str(vars(r.event)) for r in recorded]).decode()
    for secret in set(SECRETS) - {"correct horse"}:
        assert secret in shown
    assert "$argon2id$" in shown


async def test_without_the_key_personal_fields_are_empty() -> None:
    store, keyring = await a_lived_in_log()
    await keyring.destroy("1")

    recorded = await EventCodec(keyring).decode(await store.read(0))

    assert not [r for r in recorded if isinstance(r.event, Undecodable)]
    shown = str([vars(r.event) for r in recorded])
    for secret in (*SECRETS, "$argon2id$"):
        assert secret not in shown
    registered = next(r.event for r in recorded if isinstance(r.event, Shopper.Registered))
    assert (registered.name, registered.email) == ("", "")


async def test_nothing_personal_is_recorded_after_an_erasure() -> None:
    keyring = MemoryKeyring()
    await keyring.destroy("1")
    shopper = Shopper.register(
        "1",
        Profile("Ann Lee", "ann@example.com", "ann"),
        password_hash="",
        email_hash="e",
        username_hash="u",
        now=NOW,
    )

    with pytest.raises(SubjectErased):
        await EventCodec(keyring).encode(list(shopper.collect_events()), [uuid7()])  # type: ignore[arg-type]  # our aggregates trigger our events


async def test_a_ciphertext_moved_to_another_event_does_not_decrypt() -> None:
    store, keyring = await a_lived_in_log()
    [event] = await store.read(0, topics=["shopper.registered"])

    moved = msgspec.structs.replace(event, event_id=uuid7())

    [recorded] = await EventCodec(keyring).decode([moved])
    assert isinstance(recorded.event, Undecodable)


async def test_a_ciphertext_moved_to_another_field_does_not_decrypt() -> None:
    store, keyring = await a_lived_in_log()
    [event] = await store.read(0, topics=["shopper.registered"])
    fields = msgspec.json.decode(event.payload)

    fields["name"], fields["username"] = fields["username"], fields["name"]

    moved = msgspec.structs.replace(event, payload=msgspec.json.encode(fields))
    [recorded] = await EventCodec(keyring).decode([moved])
    assert isinstance(recorded.event, Undecodable)


async def test_a_ciphertext_moved_to_another_shopper_does_not_decrypt() -> None:
    store, keyring = await a_lived_in_log()
    [event] = await store.read(0, topics=["shopper.registered"])
    await keyring.obtain("2")

    moved = msgspec.structs.replace(event, stream_id="shopper-2")

    [recorded] = await EventCodec(keyring).decode([moved])
    assert isinstance(recorded.event, Undecodable)


async def test_a_changed_ciphertext_does_not_decrypt() -> None:
    store, keyring = await a_lived_in_log()
    [event] = await store.read(0, topics=["shopper.registered"])
    fields = msgspec.json.decode(event.payload)

    fields["name"] = fields["name"][:-8] + ("A" * 8)

    changed = msgspec.structs.replace(event, payload=msgspec.json.encode(fields))
    [recorded] = await EventCodec(keyring).decode([changed])
    assert isinstance(recorded.event, Undecodable)


async def test_equal_values_are_encrypted_differently() -> None:
    store, _ = await a_lived_in_log()

    events = await store.read(0, topics=["shopper.registered", "shopper.profile_changed"])

    emails = [msgspec.json.decode(event.payload)["email"] for event in events]
    assert len(set(emails)) == 2


@given(st.text("abcxyzABCXYZ0123456789.@-", max_size=40))
def test_keyed_hashes_ignore_letter_case(value: str) -> None:
    assert HASHES.email(value) == HASHES.email(value.upper()) == HASHES.email(f" {value} ")
    assert HASHES.username(value) == HASHES.username(value.swapcase())


def test_keyed_hashes_differ_by_kind_and_by_key() -> None:
    other = KeyedHash(b"1" * 32)

    assert HASHES.email("ann") != HASHES.username("ann")
    assert HASHES.email("ann") != other.email("ann")
    assert HASHES.email("ann") != HASHES.email("anna")
