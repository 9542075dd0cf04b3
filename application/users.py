"""Staff: people with a role, who are no shoppers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from application.passwords import hash_password, is_password
from domain.errors import NotFound, Rejected, require
from domain.shopper import check_password

if TYPE_CHECKING:
    from collections.abc import Collection

STAFF_ROLES = frozenset({"analyst", "auditor", "ml", "admin"})
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")


class UserNotFound(NotFound):
    """There is no such user."""

    code = "user_not_found"


class UserExists(Rejected):
    """There is a user of this name already."""

    code = "user_exists"


class LastAdmin(Rejected):
    """The last admin cannot be removed."""

    code = "last_admin"


class User(msgspec.Struct, frozen=True):
    """A member of the staff."""

    username: str
    roles: list[str]
    created_at: datetime


async def create_user(
    pool: asyncpg.Pool[Any], username: str, password: str, roles: Collection[str]
) -> User:
    """Let somebody in; refused with InvalidFields or UserExists."""
    name = username.strip().lower()
    require(
        (
            bool(_USERNAME.fullmatch(name)),
            "username",
            "invalid",
            "a username is 1 to 100 of a-z 0-9 . _ @ -",
        )
    )
    check_roles(roles)
    check_password(password)
    try:
        row = await pool.fetchrow(
            """INSERT INTO app.users (username, password_hash, roles) VALUES ($1, $2, $3)
               RETURNING username, roles, created_at""",
            name,
            await hash_password(password),
            sorted(set(roles)),
        )
    except asyncpg.UniqueViolationError:
        raise UserExists from None
    return User(*row) if row else await find_user(pool, name)


async def find_user(pool: asyncpg.Pool[Any], username: str) -> User:
    """Return a user by name, or raise UserNotFound."""
    row = await pool.fetchrow(
        "SELECT username, roles, created_at FROM app.users WHERE username = $1", username.lower()
    )
    if row is None:
        raise UserNotFound
    return User(*row)


async def list_users(pool: asyncpg.Pool[Any]) -> list[User]:
    """Return all users, by name."""
    rows = await pool.fetch(
        "SELECT username, roles, created_at FROM app.users ORDER BY username LIMIT 1000"
    )
    return [User(*row) for row in rows]


async def is_user(pool: asyncpg.Pool[Any], username: str) -> bool:
    """Whether there is a user of this name."""
    found = await pool.fetchval(
        "SELECT true FROM app.users WHERE username = $1", username.strip().lower()
    )
    return bool(found)


async def find_user_by_password(
    pool: asyncpg.Pool[Any], username: str, password: str
) -> User | None:
    """Return the user with this name and password; None where there is no such user."""
    row = await pool.fetchrow(
        "SELECT username, roles, created_at, password_hash FROM app.users WHERE username = $1",
        username.strip().lower(),
    )
    if row is None or not await is_password(row[3], password):
        return None
    return User(*row[:3])


async def remove_user(pool: asyncpg.Pool[Any], username: str) -> None:
    """Take somebody's access away, with all their sessions."""
    name = username.lower()
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(
            "SELECT username FROM app.users WHERE 'admin' = ANY (roles) FOR UPDATE"
        )
        if [row[0] for row in rows] == [name]:
            raise LastAdmin
        gone = await connection.fetchval(
            "DELETE FROM app.users WHERE username = $1 RETURNING username", name
        )
        if gone is None:
            raise UserNotFound
        await connection.execute("DELETE FROM app.sessions WHERE actor = $1", f"user:{name}")


def check_roles(roles: Collection[str]) -> None:
    """Raise InvalidFields unless these are roles of staff, at least one."""
    require(
        (
            bool(roles) and STAFF_ROLES.issuperset(roles),
            "roles",
            "invalid",
            f"roles are {', '.join(sorted(STAFF_ROLES))}",
        )
    )
