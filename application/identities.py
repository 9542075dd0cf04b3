"""Identities: take a wrong join of a visitor and a shopper back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.context import Outcome
from domain.errors import Rejected
from domain.identity import Identity, identity_fact

if TYPE_CHECKING:
    from application.context import Context
    from application.journal import Journal


class NotJoined(Rejected):
    """The visitor is not joined to this shopper."""

    code = "not_joined"


async def separate(
    journal: Journal, context: Context, visitor: str, shopper_id: str, *, joined_to: str
) -> Outcome[None]:
    """Give a visitor back to itself; that pair never joins again.

    ``joined_to``: whom the read model says the visitor is, which is who an admin sees. NotJoined
    where that is somebody else.
    """
    if joined_to != f"shopper:{shopper_id}":
        raise NotJoined
    wrong = identity_fact(Identity.Separated, visitor, context.now, shopper_id=shopper_id)
    appended = await journal.record(context, [wrong])
    return Outcome(None, appended.last_position, {})
