"""The door to identities: which shopper a visitor is taken for, and how to undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from api.roles import ADMIN
from api.route import Reply, Route
from application.identities import separate
from domain.errors import NotFound
from projections.identities import person_of

if TYPE_CHECKING:
    from api.call import Call


class IdentityNotFound(NotFound):
    """Nobody was ever said to be this visitor."""

    code = "identity_not_found"


class IdentityAnswer(msgspec.Struct, frozen=True):
    """``person``: ``shopper:ID``, or ``visitor:ID`` for one that is nobody's."""

    visitor: str
    person: str


class WrongShopper(msgspec.Struct, forbid_unknown_fields=True):
    """The shopper that the visitor is not."""

    shopper_id: str


async def show_identity(call: Call[None, None]) -> Reply:
    """Return whom a visitor is taken for."""
    visitor = call.key("visitor")
    return Reply(IdentityAnswer(visitor, await _person(call, visitor)))


async def separate_visitor(call: Call[WrongShopper, None]) -> Reply:
    """Undo a wrong join: what the visitor did anonymously is no longer this shopper's."""
    visitor, shopper_id = call.key("visitor"), call.body.shopper_id
    joined_to = await _person(call, visitor)
    outcome = await separate(call.journal, call.context(), visitor, shopper_id, joined_to=joined_to)
    return await call.reply(outcome, IdentityAnswer(visitor, f"visitor:{visitor}"))


async def _person(call: Call[WrongShopper, None] | Call[None, None], visitor: str) -> str:
    async with call.services.pool.acquire() as connection:
        person = await person_of(connection, "interaction_identities", visitor)
    if person is None:
        raise IdentityNotFound
    return person


_PATH = "/v1/admin/identities/{visitor}"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        handler=show_identity,
        summary="Whom a visitor is taken for",
        tag="Admin",
        answer=IdentityAnswer,
        roles=ADMIN,
        reads=("interactions",),
    ),
    Route(
        method="POST",
        path=f"{_PATH}/separate",
        handler=separate_visitor,
        summary="Undo a wrong join of a visitor and a shopper",
        tag="Admin",
        body=WrongShopper,
        answer=IdentityAnswer,
        roles=ADMIN,
        reads=("interactions",),
        is_command=True,
        refusals=(404, 422),
    ),
)
