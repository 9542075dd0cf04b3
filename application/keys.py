"""Keys for programs: a public write key for a tracker, a secret one for the API."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from application.users import check_roles
from application.uuid7 import uuid7
from domain.errors import NotFound, require

if TYPE_CHECKING:
    from collections.abc import Collection

    import asyncpg

KeyKind = Literal["write", "api"]
PREFIX = "ff_"
_HINT_LETTERS = 14


class KeyNotFound(NotFound):
    """There is no such key."""

    code = "key_not_found"


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it can be told of once it was handed out: without its secret."""

    key_id: str
    kind: str
    name: str
    roles: list[str]
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None


class NewKey(msgspec.Struct, frozen=True):
    """A key with its secret, shown this once."""

    key: str
    about: ApiKey


_COLUMNS = "key_id, kind, name, roles, hint, created_at, revoked_at"


def hash_token(token: str) -> bytes:
    """Return what is kept of a token or key: it is random enough for a plain hash."""
    return sha256(token.encode()).digest()


async def create_key(
    pool: asyncpg.Pool[Any], kind: KeyKind, *, name: str = "", roles: Collection[str] = ()
) -> NewKey:
    """Make a key. A write key has no roles; an API key has at least one."""
    if kind == "api":
        check_roles(roles)
    else:
        require((not roles, "roles", "not_allowed", "a write key has no roles"))
    require((len(name) <= 200, "name", "length", "a name has at most 200 characters"))  # noqa: PLR2004
    key = f"{PREFIX}{kind}_{secrets.token_urlsafe(32)}"
    row = await pool.fetchrow(
        f"""INSERT INTO app.api_keys (key_id, key_hash, kind, name, roles, hint)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}""",  # noqa: S608 - a constant
        str(uuid7()),
        hash_token(key),
        kind,
        name,
        sorted(set(roles)),
        key[:_HINT_LETTERS],
    )
    if row is None:
        raise KeyNotFound
    return NewKey(key, ApiKey(*row))


async def keep_write_key(pool: asyncpg.Pool[Any], key: str, name: str) -> str | None:
    """Let a write key of our own choosing count, and return it; None once it was revoked."""
    if await find_key(pool, key):
        return key
    await pool.execute(
        """INSERT INTO app.api_keys (key_id, key_hash, kind, name, hint)
           VALUES ($1, $2, 'write', $3, $4) ON CONFLICT (key_hash) DO NOTHING""",
        str(uuid7()),
        hash_token(key),
        name,
        key[:_HINT_LETTERS],
    )
    return key if await find_key(pool, key) else None


async def list_keys(pool: asyncpg.Pool[Any]) -> list[ApiKey]:
    """Return all keys, the newest first, revoked ones too."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM app.api_keys ORDER BY created_at DESC LIMIT 1000"  # noqa: S608
    )
    return [ApiKey(*row) for row in rows]


async def find_key(pool: asyncpg.Pool[Any], key: str) -> ApiKey | None:
    """Return a key that counts; None for one that is unknown or revoked."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM app.api_keys WHERE key_hash = $1 AND revoked_at IS NULL",  # noqa: S608
        hash_token(key),
    )
    return ApiKey(*row) if row else None


async def revoke_key(pool: asyncpg.Pool[Any], key_id: str) -> None:
    """Let a key count no longer; KeyNotFound where there is none that counts."""
    revoked = await pool.fetchval(
        """UPDATE app.api_keys SET revoked_at = now()
           WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id""",
        key_id,
    )
    if revoked is None:
        raise KeyNotFound
