"""The door to the shop: signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

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


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants in."""

    username: str
    password: str


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
        call.request, cookies.SESSION, opened.token, call.services.settings.session_ttl_seconds
    )
    return Reply(answer, position=position, cookies=(kept,), headers={"Cache-Control": "no-store"})


async def sign_out(call: Call[None, None]) -> Reply:
    """Close the session that this request came with."""
    await sessions.close_session(call.services.pool, call.caller.token_hash)
    call.request.app[CALLERS].forget(call.caller.token_hash)
    gone = cookies.cookie(call.request, cookies.SESSION, "", 0)
    position = None
    if call.caller.shopper_id:
        outcome = await shoppers.sign_out(call.journal, call.context(), call.caller.shopper_id)
        position = outcome.position
    return Reply(position=position, cookies=(gone,))


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
        method="DELETE",
        path="/v1/sessions/current",
        handler=sign_out,
        summary="Sign out",
        tag="Shop",
        status=204,
        roles=SIGNED_IN,
        is_command=True,
    ),
)
