"""Sessions: what a sign-in opens and a sign-out closes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from application.keys import hash_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg


class Session(msgspec.Struct, frozen=True):
    """Somebody is signed in until a moment."""

    actor: str
    roles: list[str]
    expires_at: datetime


class NewSession(msgspec.Struct, frozen=True):
    """A session with its token, shown this once."""

    token: str
    session: Session


async def open_session(
    pool: asyncpg.Pool[Any], actor: str, roles: Sequence[str], *, seconds: int, now: datetime
) -> NewSession:
    """Sign somebody in whose password was checked. Expired sessions of theirs go."""
    token = secrets.token_urlsafe(32)
    session = Session(actor, list(roles), now + timedelta(seconds=seconds))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "DELETE FROM app.sessions WHERE actor = $1 AND expires_at < $2", actor, now
        )
        await connection.execute(
            """INSERT INTO app.sessions (token_hash, actor, roles, expires_at)
               VALUES ($1, $2, $3, $4)""",
            hash_token(token),
            session.actor,
            list(session.roles),
            session.expires_at,
        )
    return NewSession(token, session)


async def find_session(
    pool: asyncpg.Pool[Any], token_hash: bytes, *, seconds: int, now: datetime
) -> Session | None:
    """Return the session of a token, if it still counts.

    Using it lets it count for ``seconds`` from now; that is noted once in a tenth of the time.
    """
    row = await pool.fetchrow(
        "SELECT actor, roles, expires_at FROM app.sessions WHERE token_hash = $1", token_hash
    )
    if row is None or row[2] <= now:
        return None
    session = Session(*row)
    if (session.expires_at - now).total_seconds() < seconds * 0.9:
        later = now + timedelta(seconds=seconds)
        await pool.execute(
            "UPDATE app.sessions SET expires_at = $2 WHERE token_hash = $1", token_hash, later
        )
        session = msgspec.structs.replace(session, expires_at=later)
    return session


async def close_session(pool: asyncpg.Pool[Any], token_hash: bytes) -> None:
    """Sign out."""
    await pool.execute("DELETE FROM app.sessions WHERE token_hash = $1", token_hash)


async def close_sessions_of(pool: asyncpg.Pool[Any], actor: str, *, keep: bytes = b"") -> None:
    """Sign somebody out everywhere, but for the session with the token hash ``keep``."""
    await pool.execute(
        "DELETE FROM app.sessions WHERE actor = $1 AND token_hash <> $2", actor, keep
    )
