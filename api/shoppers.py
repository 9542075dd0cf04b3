"""The door to accounts: registration, profile, addresses, consent, export, erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from api import cookies
from api.problems import Problem
from api.resource_ids import new_id
from api.roles import SHOPPER
from api.route import Reply, Route
from api.services import CALLERS
from application import sessions, shoppers
from application.shopper_export import export_shopper
from application.shoppers import AddressAnswer, RegisteredAnswer
from domain.shopper import Address, Profile, Shopper
from projections.shopper_directory import ShopperRow, find_shopper

if TYPE_CHECKING:
    from api.call import Call

READS = ("shopper_directory",)


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    """A new account. Of the password only a hash is kept."""

    name: str
    email: str
    username: str
    password: str


class Registered(msgspec.Struct):
    """The account's id."""

    shopper_id: str


class ProfileChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: str | None = None
    email: str | None = None
    username: str | None = None


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    """The current password and the one to come."""

    old_password: str
    new_password: str


class AddressBody(msgspec.Struct, kw_only=True):
    """Where an order goes, under its id."""

    address_id: str
    recipient: str
    street: str
    city: str
    postcode: str
    country: str


class NewAddress(msgspec.Struct, forbid_unknown_fields=True):
    """Where an order goes."""

    recipient: str
    street: str
    city: str
    postcode: str
    country: str


class Addresses(msgspec.Struct):
    """All addresses of an account."""

    items: list[AddressBody]
    next_page_token: str = ""


class Consent(msgspec.Struct, forbid_unknown_fields=True):
    """What the shopper allows, by purpose: analytics, personalisation, marketing."""

    purposes: dict[str, bool]


class Account(msgspec.Struct):
    """An account as its owner sees it."""

    shopper_id: str
    name: str
    email: str
    username: str
    consent: dict[str, bool]
    addresses: list[AddressBody] = []


async def register(call: Call[Registration, None]) -> Reply:
    """Open an account; the visitor's basket and history follow into it."""
    body = call.body
    outcome = await call.run(
        RegisteredAnswer,
        lambda journal, context: shoppers.register(
            journal,
            context,
            new_id(),
            Profile(body.name, body.email, body.username),
            body.password,
            visitor=call.visitor,
        ),
    )
    shopper_id = outcome.answer.shopper_id
    reply = await call.reply(
        outcome, Registered(shopper_id), stream_id=Shopper.stream_id(shopper_id)
    )
    reply.headers["Location"] = "/v1/shoppers/me"
    return reply


async def show(call: Call[None, None]) -> Reply:
    """Return the caller's account."""
    row = await _find(call)
    account = Account(
        row.shopper_id, row.name, row.email, row.username, row.consent, _addresses(row)
    )
    return Reply(account, version=row.version)


async def change(call: Call[ProfileChange, None]) -> Reply:
    """Change name, e-mail or username."""
    body = call.body
    outcome = await shoppers.change_profile(
        call.journal,
        call.context(),
        call.shopper_id,
        name=body.name,
        email=body.email,
        username=body.username,
        if_match=call.if_match,
    )
    answer = outcome.answer
    account = Account(answer.shopper_id, answer.name, answer.email, answer.username, answer.consent)
    shopper = await call.journal.load(Shopper, call.shopper_id)
    if shopper is not None:
        account.addresses = [_address(i, a) for i, a in shopper.addresses.items()]
    return await call.reply(outcome, account, stream_id=Shopper.stream_id(call.shopper_id))


async def change_password(call: Call[PasswordChange, None]) -> Reply:
    """Take another password; every session but this one ends."""
    outcome = await shoppers.change_password(
        call.journal,
        call.context(),
        call.shopper_id,
        old_password=call.body.old_password,
        new_password=call.body.new_password,
    )
    await sessions.close_sessions_of(
        call.services.pool, call.caller.actor, keep=call.caller.token_hash
    )
    call.request.app[CALLERS].forget_all()
    return await call.reply(outcome)


async def erase(call: Call[None, None]) -> Reply:
    """Erase the account: its personal data can be read by nobody from now on."""
    await call.check_version(Shopper.stream_id(call.shopper_id))
    outcome = await shoppers.erase(call.journal, call.context(), call.shopper_id)
    await sessions.close_sessions_of(call.services.pool, call.caller.actor)
    call.request.app[CALLERS].forget_all()
    reply = await call.reply(outcome)
    reply.cookies = (cookies.cookie(call.request, cookies.SHOPPER, "", 0),)
    return reply


async def export(call: Call[None, None]) -> Reply:
    """Return everything that is known of the caller."""
    headers = {"Content-Disposition": 'attachment; filename="footfall-export.json"'}
    return Reply(await export_shopper(call.journal, call.shopper_id), headers=headers)


async def list_addresses(call: Call[None, None]) -> Reply:
    """Return the caller's addresses."""
    row = await _find(call)
    return Reply(Addresses(_addresses(row)), version=row.version)


async def add_address(call: Call[NewAddress, None]) -> Reply:
    """Add an address."""
    await call.check_version(Shopper.stream_id(call.shopper_id))
    address = msgspec.convert(call.body, Address, from_attributes=True)
    outcome = await call.run(
        AddressAnswer,
        lambda journal, context: shoppers.add_address(
            journal, context, call.shopper_id, new_id(), address
        ),
    )
    answer = _address(outcome.answer.address_id, address)
    return await call.reply(outcome, answer, stream_id=Shopper.stream_id(call.shopper_id))


async def remove_address(call: Call[None, None]) -> Reply:
    """Remove an address; orders that went there keep it."""
    await call.check_version(Shopper.stream_id(call.shopper_id))
    outcome = await shoppers.remove_address(
        call.journal, call.context(), call.shopper_id, call.key("address_id")
    )
    return await call.reply(outcome, stream_id=Shopper.stream_id(call.shopper_id))


async def show_consent(call: Call[None, None]) -> Reply:
    """Return what the caller allows."""
    row = await _find(call)
    return Reply(Consent(row.consent), version=row.version)


async def set_consent(call: Call[Consent, None]) -> Reply:
    """Give or withdraw consent; purposes not named stay as they are."""
    await call.check_version(Shopper.stream_id(call.shopper_id))
    outcome = await shoppers.set_consent(
        call.journal, call.context(), call.shopper_id, call.body.purposes
    )
    answer = Consent(outcome.answer.consent)
    return await call.reply(outcome, answer, stream_id=Shopper.stream_id(call.shopper_id))


async def _find(call: Call[Any, Any]) -> ShopperRow:
    async with call.services.pool.acquire() as connection:
        row = await find_shopper(connection, call.shopper_id)
    if row is None:
        raise Problem(404, "shopper_not_found", "There is no such shopper.")
    if row.is_erased:
        raise Problem(410, "shopper_erased", "This account was erased.")
    return row


def _addresses(row: ShopperRow) -> list[AddressBody]:
    return [AddressBody(address_id=key, **address) for key, address in row.addresses.items()]


def _address(address_id: str, address: Address) -> AddressBody:
    return AddressBody(address_id=address_id, **msgspec.structs.asdict(address))


_ME = "/v1/shoppers/me"

ROUTES = (
    Route(
        method="POST",
        path="/v1/shoppers",
        handler=register,
        summary="Open an account",
        tag="Shop",
        body=Registration,
        answer=Registered,
        status=201,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(422,),
    ),
    Route(
        method="GET",
        path=_ME,
        handler=show,
        summary="My account",
        tag="Shop",
        answer=Account,
        roles=SHOPPER,
        reads=READS,
        is_versioned=True,
        refusals=(404, 410),
    ),
    Route(
        method="PATCH",
        path=_ME,
        handler=change,
        summary="Change my name, e-mail or username",
        tag="Shop",
        body=ProfileChange,
        answer=Account,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(409, 422),
    ),
    Route(
        method="DELETE",
        path=_ME,
        handler=erase,
        summary="Erase my account and my personal data",
        tag="Shop",
        status=202,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(409, 422),
    ),
    Route(
        method="POST",
        path=f"{_ME}/password",
        handler=change_password,
        summary="Change my password; other sessions end",
        tag="Shop",
        body=PasswordChange,
        status=204,
        roles=SHOPPER,
        is_command=True,
        refusals=(422,),
    ),
    Route(
        method="GET",
        path=f"{_ME}/export",
        handler=export,
        summary="Everything that is known of me",
        tag="Shop",
        answer=dict[str, Any],
        roles=SHOPPER,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ME}/addresses",
        handler=list_addresses,
        summary="My addresses",
        tag="Shop",
        answer=Addresses,
        roles=SHOPPER,
        reads=READS,
        is_versioned=True,
        refusals=(404, 410),
    ),
    Route(
        method="POST",
        path=f"{_ME}/addresses",
        handler=add_address,
        summary="Add an address",
        tag="Shop",
        body=NewAddress,
        answer=AddressBody,
        status=201,
        roles=SHOPPER,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(422,),
    ),
    Route(
        method="DELETE",
        path=f"{_ME}/addresses/{{address_id}}",
        handler=remove_address,
        summary="Remove an address",
        tag="Shop",
        status=204,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ME}/consent",
        handler=show_consent,
        summary="What I allow",
        tag="Shop",
        answer=Consent,
        roles=SHOPPER,
        reads=READS,
        is_versioned=True,
        refusals=(404, 410),
    ),
    Route(
        method="PUT",
        path=f"{_ME}/consent",
        handler=set_consent,
        summary="Give or withdraw consent",
        tag="Shop",
        body=Consent,
        answer=Consent,
        roles=SHOPPER,
        is_versioned=True,
        is_command=True,
        refusals=(422,),
    ),
)
