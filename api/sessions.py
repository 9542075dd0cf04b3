"""The door to the shop: signing in, being in, signing out."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec

from api import cookies
from api.problems import unauthenticated
from api.roles import SIGNED_IN, expand
from api.route import Reply, Route
from api.services import CALLERS, RECENT_WRITES
from api.sign_in_limits import SignInLimits
from application import sessions, shoppers, users

if TYPE_CHECKING:
    from api.call import Call
    from api.caller import Caller


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants in."""

    username: str
    password: str


class Whose(msgspec.Struct, forbid_unknown_fields=True):
    """Which of the two that a browser may have at once; left out: the shopper's before the
    staff's. A token in ``Authorization`` names its own.
    """

    whose: Literal["", "shopper", "staff"] = ""


class Present(msgspec.Struct):
    """Who is signed in: a shopper's id or a username of the staff; all empty for nobody."""

    username: str = ""
    shopper_id: str = ""
    roles: list[str] = []


class SignedIn(msgspec.Struct):
    """The proof of it: ``Authorization: Bearer TOKEN``. Browsers also get it as a cookie."""

    token: str
    expires_at: datetime
    roles: list[str]
    shopper_id: str = ""


async def sign_in(call: Call[SignIn, None]) -> Reply:
    """Open a session for a shopper or a member of the staff."""
    username = call.body.username.strip()[:300]
    limits = SignInLimits(call.services.redis, call.request.remote or "", _hash(call, username))
    await limits.check()
    found = await _find(call, username)
    if found is None:
        await limits.failed()
        raise unauthenticated("Username or password is wrong.", "wrong_credentials")
    await limits.succeeded()
    actor, roles, position = found
    if position:
        call.request.app[RECENT_WRITES].note(actor, position)
    opened = await sessions.open_session(
        call.services.pool,
        actor,
        roles,
        seconds=call.services.settings.session_ttl_seconds,
        now=datetime.now(UTC),
    )
    answer = SignedIn(
        opened.token,
        opened.session.expires_at,
        sorted(expand(roles)),
        actor.removeprefix("shopper:") if actor.startswith("shopper:") else "",
    )
    kept = cookies.cookie(
        call.request,
        cookies.SHOPPER if answer.shopper_id else cookies.STAFF,
        opened.token,
        call.services.settings.session_ttl_seconds,
    )
    return Reply(answer, position=position, cookies=(kept,), headers={"Cache-Control": "no-store"})


async def show_present(call: Call[None, Whose]) -> Reply:
    """Return who is signed in. Nobody is no refusal: a page asks before it knows."""
    caller = await _caller(call)
    kind, _, name = caller.actor.partition(":")
    present = Present(
        username="" if kind == "shopper" else name,
        shopper_id=caller.shopper_id,
        roles=sorted(caller.roles),
    )
    return Reply(present, headers={"Cache-Control": "no-store"})


async def sign_out(call: Call[None, Whose]) -> Reply:
    """Close the session that this request came with."""
    caller = call.caller = await _caller(call)
    if not caller.is_known:
        raise unauthenticated()
    await sessions.close_session(call.services.pool, caller.token_hash)
    call.request.app[CALLERS].forget(caller.token_hash)
    name = cookies.SHOPPER if caller.shopper_id else cookies.STAFF
    position = None
    if caller.shopper_id:
        outcome = await shoppers.sign_out(call.journal, call.context(), caller.shopper_id)
        position = outcome.position
    return Reply(position=position, cookies=(cookies.cookie(call.request, name, "", 0),))


async def _caller(call: Call[None, Whose]) -> Caller:
    whose = call.query.whose
    if not whose:
        return call.caller
    return await call.request.app[CALLERS].caller_of(call.request, (cookies.NAMES[whose],))


async def _find(
    call: Call[SignIn, None], username: str
) -> tuple[str, list[str], int | None] | None:
    """Return actor, roles and position. One password check, whoever it is: time tells nothing."""
    if await users.is_user(call.services.pool, username):
        user = await users.find_user_by_password(call.services.pool, username, call.body.password)
        return (f"user:{user.username}", user.roles, None) if user else None
    shopper_id = await shoppers.find_by_password(call.journal, username, call.body.password)
    if shopper_id is None:
        return None
    context = msgspec.structs.replace(call.context(), actor=f"shopper:{shopper_id}")
    outcome = await shoppers.sign_in(call.journal, context, shopper_id, visitor=call.visitor)
    return f"shopper:{shopper_id}", ["shopper"], outcome.position


def _hash(call: Call[SignIn, None], username: str) -> str:
    """Return what stands for the username in Redis; people type passwords into that field."""
    return sha256(call.journal.hashes.username(username).encode()).hexdigest()


ROUTES = (
    Route(
        method="POST",
        path="/v1/sessions",
        handler=sign_in,
        summary="Sign in; an anonymous visitor's basket and history follow into the account",
        tag="Shop",
        body=SignIn,
        answer=SignedIn,
        status=201,
        is_command=True,
        refusals=(401, 429),
    ),
    Route(
        method="GET",
        path="/v1/sessions/current",
        handler=show_present,
        summary="Who is signed in here",
        tag="Shop",
        query=Whose,
        answer=Present,
    ),
    Route(
        method="DELETE",
        path="/v1/sessions/current",
        handler=sign_out,
        summary="Sign out",
        tag="Shop",
        query=Whose,
        status=204,
        roles=SIGNED_IN,
        is_command=True,
    ),
)
