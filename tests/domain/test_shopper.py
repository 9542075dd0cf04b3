"""An account: what may be in it, and what may happen to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from domain.errors import InvalidFields
from domain.shopper import (
    Address,
    AddressNotFound,
    Profile,
    Shopper,
    ShopperErased,
    TooManyAddresses,
    check_address,
    check_password,
    check_profile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ANN = Profile("Ann Lee", "ann@example.com", "ann")
HOME = Address("Ann Lee", "Main Street 1", "Berlin", "10115", "DE")


def ann() -> Shopper:
    return Shopper.register(
        "1", ANN, password_hash="secret", email_hash="e", username_hash="u", now=NOW
    )


def fields_refused(refusal: pytest.ExceptionInfo[InvalidFields]) -> list[str]:
    assert refusal.value.code == "invalid_fields"
    return [error.field for error in refusal.value.errors]


def test_a_registered_shopper_has_the_profile_they_gave() -> None:
    shopper = ann()

    assert shopper.key == "1"
    assert shopper.profile == ANN
    assert shopper.password_hash == "secret"


def test_spaces_around_a_profile_are_not_part_of_it() -> None:
    padded = Profile("  Ann Lee ", " ann@example.com ", " ann ")

    shopper = Shopper.register(
        "1", padded, password_hash="", email_hash="e", username_hash="u", now=NOW
    )

    assert shopper.profile == ANN


@pytest.mark.parametrize("name", ["", "Al", "   Al   ", "x" * 201])
def test_a_name_has_three_to_two_hundred_characters(name: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_profile(Profile(name, "ann@example.com", "ann"))

    assert fields_refused(refusal) == ["name"]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example",
        "ann@@example.com",
        "a nn@example.com",
        "ann@exa mple.com",
        "ann@.com",
        "ann@example.",
        "ann@-example.com",
        ".ann@example.com",
        "ann.@example.com",
        "a..nn@example.com",
        "ann\n@example.com",
        "ann\x00@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_mail_could_not_be_sent_there(email: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_profile(Profile("Ann Lee", email, "ann"))

    assert fields_refused(refusal) == ["email"]


@pytest.mark.parametrize(
    "email", ["a@b.de", "ann.lee+shop@mail.example.co.uk", "Ann_Lee@EXAMPLE.com", "äöü@exämple.de"]
)
def test_mail_could_be_sent_there(email: str) -> None:
    check_profile(Profile("Ann Lee", email, "ann"))


@pytest.mark.parametrize("username", ["", "   ", "ann lee", "ann\tlee", "x" * 101])
def test_a_username_has_no_spaces_and_at_most_a_hundred_characters(username: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_profile(Profile("Ann Lee", "ann@example.com", username))

    assert fields_refused(refusal) == ["username"]


def test_a_refused_profile_names_every_field_that_is_wrong() -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_profile(Profile("", "", ""))

    assert fields_refused(refusal) == ["name", "email", "username"]


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1_001])
def test_a_password_has_eight_to_a_thousand_characters(password: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_password(password)

    assert fields_refused(refusal) == ["password"]


@pytest.mark.parametrize("password", ["12345678", "x" * 1_000])
def test_a_password_of_a_permitted_length_is_taken(password: str) -> None:
    check_password(password)


def test_a_postcode_of_ten_characters_is_taken() -> None:
    check_address(Address("Ann Lee", "Main Street 1", "Berlin", "1234567890", "DE"))


def test_a_postcode_of_eleven_characters_is_refused() -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_address(Address("Ann Lee", "Main Street 1", "Berlin", "12345678901", "DE"))

    assert fields_refused(refusal) == ["postcode"]


def test_every_line_of_an_address_is_required() -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_address(Address("", " ", "", "", ""))

    assert fields_refused(refusal) == ["recipient", "street", "city", "postcode", "country"]


def test_a_line_of_an_address_is_not_endless() -> None:
    with pytest.raises(InvalidFields) as refusal:
        check_address(Address("Ann Lee", "x" * 201, "Berlin", "10115", "DE"))

    assert fields_refused(refusal) == ["street"]


def test_an_account_holds_at_most_twenty_addresses() -> None:
    shopper = ann()
    for n in range(20):
        shopper.add_address(str(n), HOME, NOW)

    with pytest.raises(TooManyAddresses) as refusal:
        shopper.add_address("20", HOME, NOW)

    assert refusal.value.code == "too_many_addresses"
    assert len(shopper.addresses) == 20


def test_a_removed_address_is_gone() -> None:
    shopper = ann()
    shopper.add_address("home", HOME, NOW)

    shopper.remove_address("home", NOW)

    with pytest.raises(AddressNotFound) as refusal:
        shopper.address("home")
    assert refusal.value.code == "address_not_found"


def test_a_profile_that_stays_the_same_is_no_event() -> None:
    shopper = ann()

    shopper.change_profile(ANN, email_hash="e", username_hash="u", now=NOW)

    assert shopper.version == 1


def test_a_changed_profile_replaces_the_old_one() -> None:
    shopper = ann()
    wanted = Profile("Ann Smith", "smith@example.com", "smith")

    shopper.change_profile(wanted, email_hash="e2", username_hash="u2", now=NOW)

    assert shopper.profile == wanted
    assert (shopper.email_hash, shopper.username_hash) == ("e2", "u2")


def test_a_visitor_joins_once() -> None:
    shopper = ann()

    shopper.join_visitor("v1", NOW)
    shopper.join_visitor("v1", NOW)
    shopper.join_visitor("", NOW)

    assert shopper.visitors == {"v1"}
    assert shopper.version == 2


def test_consent_for_one_purpose_leaves_the_others_alone() -> None:
    shopper = ann()
    shopper.set_consent({"analytics": True, "marketing": True}, NOW)

    shopper.set_consent({"marketing": False}, NOW)

    assert shopper.consent == {"analytics": True, "marketing": False}


def test_consent_given_twice_is_one_event() -> None:
    shopper = ann()

    shopper.set_consent({"analytics": True}, NOW)
    shopper.set_consent({"analytics": True}, NOW)

    assert shopper.version == 2


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(InvalidFields) as refusal:
        ann().set_consent({"telepathy": True}, NOW)

    assert fields_refused(refusal) == ["purposes"]


def test_an_erased_account_holds_nothing_personal() -> None:
    shopper = ann()
    shopper.add_address("home", HOME, NOW)

    shopper.erase(NOW)

    assert shopper.is_erased
    assert shopper.profile == Profile("", "", "")
    assert (shopper.password_hash, shopper.addresses) == ("", {})


def test_nothing_more_happens_to_an_erased_account() -> None:
    shopper = ann()
    shopper.erase(NOW)

    acts: list[Callable[[], None]] = [
        lambda: shopper.change_profile(ANN, email_hash="e", username_hash="u", now=NOW),
        lambda: shopper.change_password("other", NOW),
        lambda: shopper.add_address("home", HOME, NOW),
        lambda: shopper.sign_in("", NOW),
        lambda: shopper.sign_out(NOW),
        lambda: shopper.join_visitor("v1", NOW),
        lambda: shopper.set_consent({"analytics": True}, NOW),
        lambda: shopper.erase(NOW),
    ]

    for act in acts:
        with pytest.raises(ShopperErased) as refusal:
            act()
        assert refusal.value.code == "shopper_erased"
    assert shopper.version == 2
