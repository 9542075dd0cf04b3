"""What shoppers do with their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from application.errors import Conflict, PreconditionFailed
from application.journal import ATTEMPTS
from application.passwords import hash_password, is_password
from domain.basket import Basket
from domain.errors import Rejected
from domain.reservation import Reservation
from domain.shopper import (
    Address,
    Profile,
    Shopper,
    ShopperErased,
    ShopperNotFound,
    check_password,
    check_profile,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from application.context import Context, Outcome
    from application.journal import Journal, Loaded
    from domain.events import Aggregate


class WrongPassword(Rejected):
    """The password is not the current one."""

    code = "wrong_password"


class ShopperAnswer(msgspec.Struct, frozen=True):
    """An account as it is after a command."""

    shopper_id: str
    name: str
    email: str
    username: str
    consent: dict[str, bool]


class RegisteredAnswer(msgspec.Struct, frozen=True):
    """A new account. Nothing personal: it is kept, readable, with the idempotency key."""

    shopper_id: str


class AddressAnswer(msgspec.Struct, frozen=True):
    """A new address. Nothing personal, as RegisteredAnswer."""

    address_id: str


async def register(
    journal: Journal,
    context: Context,
    shopper_id: str,
    profile: Profile,
    password: str,
    *,
    visitor: str = "",
) -> Outcome[RegisteredAnswer]:
    """Open an account; the visitor's basket and history follow into it.

    E-mail and username are claimed in the same append, so of two racing registrations one wins.
    """
    check_profile(profile)
    check_password(password)
    password_hash = await hash_password(password)
    email, username = _hashes(journal, profile)

    def decide(loaded: Loaded) -> tuple[RegisteredAnswer, list[Aggregate]]:
        now = context.now
        claims = [
            Reservation.claim(key, loaded.get(Reservation, key), shopper_id, now)
            for key in (f"email:{email}", f"username:{username}")
        ]
        shopper = Shopper.register(
            shopper_id,
            profile,
            password_hash=password_hash,
            email_hash=email,
            username_hash=username,
            now=now,
        )
        changed: list[Aggregate] = [shopper, *claims]
        joined = _join(loaded, shopper, visitor, context)
        return RegisteredAnswer(shopper_id), changed + joined

    return await journal.execute(
        context,
        decide,
        writes=[
            (Reservation, f"email:{email}"),
            (Reservation, f"username:{username}"),
            *_visitor_streams(shopper_id, visitor),
        ],
    )


async def find_by_password(journal: Journal, username: str, password: str) -> str | None:
    """Return the id of the shopper with this username and password; None where there is none.

    Takes equally long for an unknown username and for a wrong password.
    """
    key = f"username:{journal.hashes.username(username)}"
    reservation = await journal.load(Reservation, key)
    shopper = await journal.load(Shopper, reservation.holder) if reservation else None
    is_right = await is_password(shopper.password_hash if shopper else "", password)
    return shopper.key if shopper and is_right and not shopper.is_erased else None


async def sign_in(
    journal: Journal, context: Context, shopper_id: str, *, visitor: str = ""
) -> Outcome[ShopperAnswer]:
    """Note the sign-in of a shopper whose password was checked; their visitor's basket follows."""

    def decide(loaded: Loaded) -> tuple[ShopperAnswer, list[Aggregate]]:
        shopper = _require(loaded, shopper_id)
        shopper.sign_in(visitor, context.now)
        return _answer(shopper), [shopper, *_join(loaded, shopper, visitor, context)]

    return await journal.execute(
        context,
        decide,
        writes=[(Shopper, shopper_id), *_visitor_streams(shopper_id, visitor)],
    )


async def sign_out(journal: Journal, context: Context, shopper_id: str) -> Outcome[ShopperAnswer]:
    """Note a sign-out."""
    return await _change(journal, context, shopper_id, lambda s: s.sign_out(context.now))


async def change_profile(
    journal: Journal,
    context: Context,
    shopper_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    username: str | None = None,
    if_match: int | None = None,
) -> Outcome[ShopperAnswer]:
    """Change name, e-mail or username; what is None stays."""

    async def attempt(seen: Shopper) -> Outcome[ShopperAnswer]:
        wanted = Profile(
            name if name is not None else seen.profile.name,
            email if email is not None else seen.profile.email,
            username if username is not None else seen.profile.username,
        )
        check_profile(wanted)
        old, new = (seen.email_hash, seen.username_hash), _hashes(journal, wanted)
        keys = [
            *(f"email:{h}" for h in {old[0], new[0]}),
            *(f"username:{h}" for h in {old[1], new[1]}),
        ]

        def decide(loaded: Loaded) -> tuple[ShopperAnswer, list[Aggregate]]:
            shopper = _require(loaded, shopper_id)
            changed: list[Aggregate] = [shopper]
            for kind, before, after in (("email", old[0], new[0]), ("username", old[1], new[1])):
                if before == after:
                    continue
                key = f"{kind}:{after}"
                found = loaded.get(Reservation, key)
                changed.append(Reservation.claim(key, found, shopper_id, context.now))
                if released := loaded.get(Reservation, f"{kind}:{before}"):
                    released.release(shopper_id, context.now)
                    changed.append(released)
            shopper.change_profile(wanted, email_hash=new[0], username_hash=new[1], now=context.now)
            return _answer(shopper), changed

        return await journal.execute(
            context,
            decide,
            writes=[(Shopper, shopper_id), *((Reservation, key) for key in keys)],
            if_match={(Shopper, shopper_id): seen.version},
        )

    return await _as_seen(journal, shopper_id, attempt, if_match)


async def change_password(
    journal: Journal, context: Context, shopper_id: str, *, old_password: str, new_password: str
) -> Outcome[ShopperAnswer]:
    """Take another password, given the current one."""
    check_password(new_password)
    seen = await journal.load(Shopper, shopper_id)
    if seen is None:
        raise ShopperNotFound
    if not await is_password(seen.password_hash, old_password):
        raise WrongPassword
    password_hash = await hash_password(new_password)
    return await _change(
        journal, context, shopper_id, lambda s: s.change_password(password_hash, context.now)
    )


async def add_address(
    journal: Journal, context: Context, shopper_id: str, address_id: str, address: Address
) -> Outcome[AddressAnswer]:
    """Add an address to the account."""

    def decide(loaded: Loaded) -> tuple[AddressAnswer, list[Aggregate]]:
        shopper = _require(loaded, shopper_id)
        shopper.add_address(address_id, address, context.now)
        return AddressAnswer(address_id), [shopper]

    return await journal.execute(context, decide, writes=[(Shopper, shopper_id)])


async def remove_address(
    journal: Journal, context: Context, shopper_id: str, address_id: str
) -> Outcome[ShopperAnswer]:
    """Remove an address from the account."""
    return await _change(
        journal, context, shopper_id, lambda s: s.remove_address(address_id, context.now)
    )


async def set_consent(
    journal: Journal, context: Context, shopper_id: str, purposes: dict[str, bool]
) -> Outcome[ShopperAnswer]:
    """Give or withdraw consent, by purpose."""
    return await _change(
        journal, context, shopper_id, lambda s: s.set_consent(purposes, context.now)
    )


async def erase(journal: Journal, context: Context, shopper_id: str) -> Outcome[ShopperAnswer]:
    """Erase the account: record it, free e-mail and username, destroy the key.

    Asked again of an account that is erased, it is refused, but the key is destroyed all the same:
    so an erasure that broke off in between can be brought to its end.
    """

    async def attempt(seen: Shopper) -> Outcome[ShopperAnswer]:
        keys = [f"email:{seen.email_hash}", f"username:{seen.username_hash}"]

        def decide(loaded: Loaded) -> tuple[ShopperAnswer, list[Aggregate]]:
            shopper = _require(loaded, shopper_id)
            shopper.erase(context.now)
            changed: list[Aggregate] = [shopper]
            for key in keys:
                if reservation := loaded.get(Reservation, key):
                    reservation.release(shopper_id, context.now)
                    changed.append(reservation)
            return _answer(shopper), changed

        return await journal.execute(
            context,
            decide,
            writes=[(Shopper, shopper_id), *((Reservation, key) for key in keys)],
            if_match={(Shopper, shopper_id): seen.version},
        )

    try:
        outcome = await _as_seen(journal, shopper_id, attempt, None)
    except ShopperErased:
        await journal.erase_key(shopper_id)
        raise
    await journal.erase_key(shopper_id)
    return outcome


async def _as_seen(
    journal: Journal,
    shopper_id: str,
    attempt: Callable[[Shopper], Awaitable[Outcome[ShopperAnswer]]],
    if_match: int | None,
) -> Outcome[ShopperAnswer]:
    """Run a command whose streams depend on the account, on the account as it was looked at.

    It is run again where the account moved in between, unless the caller named a version.
    """
    for tries_left in reversed(range(ATTEMPTS)):
        seen = await journal.load(Shopper, shopper_id)
        if seen is None:
            raise ShopperNotFound
        if if_match is not None and if_match != seen.version:
            raise PreconditionFailed(seen.id, seen.version)
        try:
            return await attempt(seen)
        except PreconditionFailed as moved:
            if if_match is not None:
                raise
            if not tries_left:
                raise Conflict(moved.stream_id, moved.current_version) from moved
    raise AssertionError  # the last attempt returned or raised


def _join(loaded: Loaded, shopper: Shopper, visitor: str, context: Context) -> list[Aggregate]:
    """Let the visitor's history and basket follow; return what changed beside the shopper.

    The history follows the first shopper to sign in there: a device that several shoppers use
    must not merge them.
    """
    if not visitor:
        return []
    changed: list[Aggregate] = []
    key = f"visitor:{visitor}"
    claim = loaded.get(Reservation, key)
    if claim is None or claim.holder in {"", shopper.key}:
        changed.append(Reservation.claim(key, claim, shopper.key, context.now))
        shopper.join_visitor(visitor, context.now)
    left = loaded.get(Basket, f"visitor:{visitor}")
    if left is not None and left.items:
        owner = f"shopper:{shopper.key}"
        heir = loaded.get(Basket, owner) or Basket.open(owner, context.now)
        left.hand_over(heir, context.now)
        changed += [left, heir]
    return changed


def _visitor_streams(shopper_id: str, visitor: str) -> list[tuple[type[Aggregate], str]]:
    if not visitor:
        return []
    return [
        (Basket, f"visitor:{visitor}"),
        (Basket, f"shopper:{shopper_id}"),
        (Reservation, f"visitor:{visitor}"),
    ]


async def _change(
    journal: Journal, context: Context, shopper_id: str, change: Callable[[Shopper], None]
) -> Outcome[ShopperAnswer]:
    def decide(loaded: Loaded) -> tuple[ShopperAnswer, list[Shopper]]:
        shopper = _require(loaded, shopper_id)
        change(shopper)
        return _answer(shopper), [shopper]

    return await journal.execute(context, decide, writes=[(Shopper, shopper_id)])


def _require(loaded: Loaded, shopper_id: str) -> Shopper:
    shopper = loaded.get(Shopper, shopper_id)
    if shopper is None:
        raise ShopperNotFound
    return shopper


def _hashes(journal: Journal, profile: Profile) -> tuple[str, str]:
    return journal.hashes.email(profile.email), journal.hashes.username(profile.username)


def _answer(shopper: Shopper) -> ShopperAnswer:
    return ShopperAnswer(
        shopper_id=shopper.key,
        name=shopper.profile.name,
        email=shopper.profile.email,
        username=shopper.profile.username,
        consent=shopper.consent,
    )
