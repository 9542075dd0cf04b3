"""Shopper directory: who has an account, and that nothing is left of who had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from domain.shopper import Address, Shopper
from projections.shopper_directory import find_shopper, search_shoppers
from tests.projections.folding import at

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

HOME = Address("Ann Lee", "Main Street 1", "Berlin", "10115", "DE")


def registers(log: Log, shopper: str, name: str, email: str, username: str) -> None:
    log.add(
        Shopper.Registered,
        Shopper.stream_id(shopper),
        name=name,
        email=email,
        username=username,
        password_hash="",
        email_hash="",
        username_hash="",
    )


async def test_an_account_shows_what_its_owner_told_last(log: Log, reader: Connection) -> None:
    registers(log, "1", "Ann Lee", "ann@example.com", "ann")
    log.add(Shopper.AddressAdded, "shopper-1", address_id="home", address=HOME)
    log.add(Shopper.AddressAdded, "shopper-1", address_id="work", address=HOME)
    await log.fold()
    log.add(
        Shopper.ProfileChanged,
        "shopper-1",
        name="Ann Li",
        email="li@example.com",
        username="li",
        email_hash="",
        username_hash="",
    )
    log.add(Shopper.AddressRemoved, "shopper-1", address_id="work")
    log.add(Shopper.VisitorJoined, "shopper-1", visitor="v1")
    log.add(Shopper.VisitorJoined, "shopper-1", visitor="v2")
    log.add(Shopper.ConsentChanged, "shopper-1", purposes={"marketing": False})
    await log.fold()

    ann = await find_shopper(reader, "1")

    assert ann is not None
    assert (ann.name, ann.email, ann.username) == ("Ann Li", "li@example.com", "li")
    assert ann.addresses == {"home": msgspec.to_builtins(HOME)}
    assert (ann.visitors, ann.consent) == (["v1", "v2"], {"marketing": False})
    assert (ann.registered_at, ann.is_erased, ann.version) == (at(0), False, 8)
    assert await find_shopper(reader, "2") is None


async def test_an_imported_shopper_has_a_country_and_nothing_personal(
    log: Log, reader: Connection
) -> None:
    log.add(Shopper.Imported, "shopper-i1", 5, source="history", country="United Kingdom")
    await log.fold()

    shopper = await find_shopper(reader, "i1")

    assert shopper is not None
    assert (shopper.source, shopper.country, shopper.registered_at) == (
        "history",
        "United Kingdom",
        at(5),
    )
    assert (shopper.name, shopper.email, shopper.addresses) == ("", "", {})


async def test_nothing_personal_is_left_of_an_erased_account(log: Log, reader: Connection) -> None:
    registers(log, "1", "Ann Lee", "ann@example.com", "ann")
    log.add(Shopper.AddressAdded, "shopper-1", address_id="home", address=HOME)
    await log.fold()
    log.add(Shopper.Erased, "shopper-1")
    await log.fold()

    ann = await find_shopper(reader, "1")
    row = await reader.fetchval("SELECT d::text FROM shopper_directory d")

    assert ann is not None
    assert ann.is_erased
    assert not [word for word in ("Ann", "ann", "Lee", "Main", "10115") if word in row]
    assert await search_shoppers(reader, query="ann") == []


async def test_events_of_an_erased_shopper_arrive_empty_and_leave_an_empty_row(
    log: Log, reader: Connection
) -> None:
    registers(log, "1", "", "", "")
    log.add(Shopper.AddressAdded, "shopper-1", address_id="home", address=None)
    log.add(Shopper.Erased, "shopper-1")
    await log.fold()

    ann = await find_shopper(reader, "1")

    assert ann is not None
    assert (ann.name, ann.addresses, ann.is_erased) == ("", {}, True)


async def test_staff_find_accounts_by_any_part_of_name_mail_or_username(
    log: Log, reader: Connection
) -> None:
    registers(log, "1", "Ann Lee", "ann@example.com", "annie_1")
    registers(log, "2", "Bob Roe", "bob@example.org", "annex")
    registers(log, "3", "Cem 100%", "cem@example.com", "cem")
    await log.fold()

    asked = ["LEE", "example.com", "ann", "e_1", "100%", "%", "_x", "nobody"]
    found = {q: [s.shopper_id for s in await search_shoppers(reader, query=q)] for q in asked}
    second = await search_shoppers(reader, query="example", after="1", limit=1)

    assert found == {
        "LEE": ["1"],
        "example.com": ["1", "3"],
        "ann": ["1", "2"],
        "e_1": ["1"],
        "100%": ["3"],
        "%": ["3"],
        "_x": [],
        "nobody": [],
    }
    assert [shopper.shopper_id for shopper in second] == ["2"]
