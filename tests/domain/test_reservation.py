"""A reservation: what one holds, nobody else gets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.reservation import EmailTaken, Reservation, UsernameTaken

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_free_value_goes_to_whoever_claims_it() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)

    assert (held.key, held.holder) == ("email:x", "1")


def test_a_held_email_is_taken() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)

    with pytest.raises(EmailTaken) as refusal:
        Reservation.claim("email:x", held, "2", NOW)

    assert refusal.value.code == "email_taken"
    assert held.holder == "1"


def test_a_held_username_is_taken() -> None:
    held = Reservation.claim("username:x", None, "1", NOW)

    with pytest.raises(UsernameTaken) as refusal:
        Reservation.claim("username:x", held, "2", NOW)

    assert refusal.value.code == "username_taken"


def test_its_holder_may_claim_a_value_again() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)

    Reservation.claim("email:x", held, "1", NOW)

    assert held.version == 1


def test_a_released_value_is_free_for_another() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)
    held.release("1", NOW)

    Reservation.claim("email:x", held, "2", NOW)

    assert held.holder == "2"


def test_only_its_holder_releases_a_value() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)

    held.release("2", NOW)

    assert (held.holder, held.version) == ("1", 1)


def test_the_events_of_a_reservation_make_the_reservation() -> None:
    held = Reservation.claim("email:x", None, "1", NOW)
    held.release("1", NOW)
    Reservation.claim("email:x", held, "2", NOW)

    again: Reservation | None = None
    for event in held.collect_events():
        again = event.mutate(again)

    assert again == held
