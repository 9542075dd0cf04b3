"""Accounts that change while they are being changed, on a log in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from argon2 import PasswordHasher

from application import passwords, shoppers
from application.context import Context, Idempotency
from application.errors import PreconditionFailed
from application.event_store.memory import MemoryEventStore
from application.journal import Journal
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from domain.reservation import Reservation
from domain.shopper import Address, Profile, Shopper, ShopperErased

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CONTEXT = Context(actor="test", now=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
ANN = Profile("Ann Lee", "ann@example.com", "ann")
HOME = Address("Ann Lee", "Ash Lane 1", "Tucson", "85701", "US")
HASHES = KeyedHash(b"0" * 32)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )


class FailingKeyring(MemoryKeyring):
    """Cannot destroy a key while ``is_away``."""

    is_away = False

    async def destroy(self, subject: str) -> None:
        if self.is_away:
            raise ConnectionError
        await super().destroy(subject)

    async def key(self, subject: str) -> AESGCM | None:
        return (await self.find([subject]))[subject]


def journals(keyring: MemoryKeyring | None = None) -> tuple[Journal, Journal]:
    """Two journals on one log, as two processes have them."""
    store, keyring, kept = MemoryEventStore(), keyring or MemoryKeyring(), MemorySnapshots()
    return Journal(store, keyring, HASHES, kept), Journal(store, keyring, HASHES, kept)


async def test_changes_that_meet_are_all_made() -> None:
    one, other = journals()
    await shoppers.register(one, CONTEXT, "1", ANN, "correct horse")

    await asyncio.gather(
        *(
            shoppers.change_profile((one, other)[n % 2], CONTEXT, "1", name=f"Ann Lee {n}")
            for n in range(4)
        ),
        shoppers.change_profile(other, CONTEXT, "1", username="lee"),
        shoppers.set_consent(one, CONTEXT, "1", {"marketing": True}),
    )

    shopper = await one.load(Shopper, "1")
    assert shopper is not None
    assert shopper.profile.name.startswith("Ann Lee ")
    assert (shopper.profile.username, shopper.consent) == ("lee", {"marketing": True})


async def test_of_changed_emails_only_the_last_is_held() -> None:
    one, other = journals()
    await shoppers.register(one, CONTEXT, "1", ANN, "correct horse")
    emails = [f"ann{n}@example.com" for n in range(5)]

    await asyncio.gather(
        *(
            shoppers.change_profile((one, other)[n % 2], CONTEXT, "1", email=email)
            for n, email in enumerate(emails)
        )
    )

    shopper = await one.load(Shopper, "1")
    assert shopper is not None
    held = []
    for email in (ANN.email, *emails):
        reservation = await one.load(Reservation, f"email:{HASHES.email(email)}")
        if reservation is not None and reservation.holder:
            held.append(email)
    assert held == [shopper.profile.email]


async def test_of_changes_to_one_version_the_first_counts() -> None:
    one, other = journals()
    await shoppers.register(one, CONTEXT, "1", ANN, "correct horse")

    outcomes = await asyncio.gather(
        *(
            shoppers.change_profile(
                (one, other)[n % 2], CONTEXT, "1", name=f"Ann Lee {n}", if_match=1
            )
            for n in range(4)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, PreconditionFailed) for outcome in outcomes) == 3
    assert await one.store.stream_version("shopper-1") == 2


async def test_an_account_is_erased_while_it_is_being_changed() -> None:
    one, other = journals()
    await shoppers.register(one, CONTEXT, "1", ANN, "correct horse")

    outcomes = await asyncio.gather(
        *(shoppers.change_profile(other, CONTEXT, "1", email=f"a{n}@b.example") for n in range(4)),
        shoppers.erase(one, CONTEXT, "1"),
        return_exceptions=True,
    )

    assert not isinstance(outcomes[-1], BaseException)
    assert {type(o) for o in outcomes if isinstance(o, BaseException)} <= {ShopperErased}
    for email in (ANN.email, *(f"a{n}@b.example" for n in range(4))):
        reservation = await one.load(Reservation, f"email:{HASHES.email(email)}")
        assert reservation is None or not reservation.holder


async def test_an_erasure_that_broke_off_is_brought_to_its_end() -> None:
    keyring = FailingKeyring()
    journal, _ = journals(keyring)
    await shoppers.register(journal, CONTEXT, "1", ANN, "correct horse")
    keyring.is_away = True
    with pytest.raises(ConnectionError):
        await shoppers.erase(journal, CONTEXT, "1")
    assert await keyring.key("1") is not None
    keyring.is_away = False

    with pytest.raises(ShopperErased):
        await shoppers.erase(journal, CONTEXT, "1")

    assert await keyring.key("1") is None


async def test_an_erasure_in_another_process_is_heard_of() -> None:
    here, there = journals()
    await shoppers.register(here, CONTEXT, "1", ANN, "correct horse")
    await shoppers.sign_out(here, CONTEXT, "1")
    await shoppers.erase(there, CONTEXT, "1")

    with pytest.raises(ShopperErased):
        await shoppers.add_address(here, CONTEXT, "1", "home", HOME)


async def test_the_answer_kept_with_a_key_holds_nothing_personal() -> None:
    journal, _ = journals()
    keyed = {
        key: msgspec.structs.replace(CONTEXT, idempotency=Idempotency(key, b"asked"))
        for key in ("k1", "k2")
    }

    await shoppers.register(journal, keyed["k1"], "1", ANN, "correct horse")
    await shoppers.add_address(journal, keyed["k2"], "1", "home", HOME)

    kept = [await journal.idempotent_result(key) for key in keyed]
    assert [answer[1] for answer in kept if answer] == [
        b'{"shopper_id":"1"}',
        b'{"address_id":"home"}',
    ]


async def test_a_refused_registration_claims_nothing() -> None:
    journal, _ = journals()
    await shoppers.register(journal, CONTEXT, "1", ANN, "correct horse")
    await shoppers.erase(journal, CONTEXT, "1")
    bob = Profile("Bob Ray", "bob@example.com", "bob")
    await shoppers.register(journal, CONTEXT, "2", bob, "correct horse")
    head = await journal.head()

    with pytest.raises(Exception, match="username"):
        await shoppers.register(
            journal, CONTEXT, "3", Profile("Ann Lee", "ann@example.com", "BOB"), "correct horse"
        )

    assert await journal.head() == head
    await shoppers.register(journal, CONTEXT, "3", ANN, "correct horse")
    assert await shoppers.find_by_password(journal, "ann", "correct horse") == "3"
