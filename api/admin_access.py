"""The door to people and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from api.paging import Page
from api.roles import ADMIN
from api.route import Reply, Route
from api.services import CALLERS
from application import keys, users
from application.keys import ApiKey, NewKey
from application.users import User

if TYPE_CHECKING:
    from api.call import Call

NO_STORE = {"Cache-Control": "no-store"}


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """A member of the staff. Roles: analyst, auditor, ml, admin."""

    username: str
    password: str
    roles: list[str]


class WantedKey(msgspec.Struct, forbid_unknown_fields=True):
    """A public write key for a tracker, or a secret one for the API with roles."""

    kind: Literal["write", "api"]
    name: str = ""
    roles: list[str] = []


async def show_users(call: Call[None, None]) -> Reply:
    """Return the staff."""
    return Reply(Page(await users.list_users(call.services.pool)))


async def create_user(call: Call[NewUser, None]) -> Reply:
    """Let somebody in."""
    body = call.body
    user = await users.create_user(call.services.pool, body.username, body.password, body.roles)
    return Reply(user, headers={"Location": f"/v1/admin/users/{user.username}"})


async def remove_user(call: Call[None, None]) -> Reply:
    """Take somebody's access away; sessions of theirs end within seconds."""
    await users.remove_user(call.services.pool, call.key("username"))
    call.request.app[CALLERS].forget_all()
    return Reply()


async def show_keys(call: Call[None, None]) -> Reply:
    """Return the keys, without their secrets."""
    return Reply(Page(await keys.list_keys(call.services.pool)))


async def create_key(call: Call[WantedKey, None]) -> Reply:
    """Make a key. Its secret is shown this once."""
    body = call.body
    made = await keys.create_key(call.services.pool, body.kind, name=body.name, roles=body.roles)
    return Reply(made, headers=dict(NO_STORE))


async def revoke_key(call: Call[None, None]) -> Reply:
    """Let a key count no longer, within seconds everywhere."""
    await keys.revoke_key(call.services.pool, call.key("key_id"))
    call.request.app[CALLERS].forget_all()
    return Reply()


_USERS = "/v1/admin/users"
_KEYS = "/v1/admin/keys"

ROUTES = (
    Route(
        method="GET",
        path=_USERS,
        handler=show_users,
        summary="The staff",
        tag="Admin",
        answer=Page[User],
        roles=ADMIN,
    ),
    Route(
        method="POST",
        path=_USERS,
        handler=create_user,
        summary="Let somebody in",
        tag="Admin",
        body=NewUser,
        answer=User,
        status=201,
        roles=ADMIN,
        refusals=(422,),
    ),
    Route(
        method="DELETE",
        path=f"{_USERS}/{{username}}",
        handler=remove_user,
        summary="Take somebody's access away",
        tag="Admin",
        status=204,
        roles=ADMIN,
        refusals=(404, 422),
    ),
    Route(
        method="GET",
        path=_KEYS,
        handler=show_keys,
        summary="Keys, without their secrets",
        tag="Admin",
        answer=Page[ApiKey],
        roles=ADMIN,
    ),
    Route(
        method="POST",
        path=_KEYS,
        handler=create_key,
        summary="Make a key; its secret is shown this once",
        tag="Admin",
        body=WantedKey,
        answer=NewKey,
        status=201,
        roles=ADMIN,
        refusals=(422,),
    ),
    Route(
        method="DELETE",
        path=f"{_KEYS}/{{key_id}}",
        handler=revoke_key,
        summary="Revoke a key",
        tag="Admin",
        status=204,
        roles=ADMIN,
        refusals=(404,),
    ),
)
