"""Bad rows: messages that could not be understood, kept until somebody mends or discards them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from application.intake.event_ids import content_id, event_id
from application.intake.redaction import for_keeping
from domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from application.intake.bad_message import BadMessage


class BadRowNotFound(NotFound):
    """There is no such bad row that is still open."""

    code = "bad_row_not_found"


class BadRow(msgspec.Struct, frozen=True):
    """A message as it came, less what is personal, and why it was not taken."""

    bad_row_id: UUID
    received_at: datetime
    key_id: str
    call: str
    sent_at: datetime | None
    code: str
    detail: str
    body: bytes
    status: str = "open"


def bad_row(
    raw: bytes,
    reason: BadMessage,
    *,
    key_id: str,
    call: str,
    sent_at: datetime | None,
    received_at: datetime,
) -> BadRow:
    """Return the row for a message; a repeated message gives the same one."""
    return BadRow(
        bad_row_id=event_id(key_id, content_id(raw, call)),
        received_at=received_at,
        key_id=key_id,
        call=call,
        sent_at=sent_at,
        code=reason.code,
        detail=reason.detail.replace("\0", ""),
        body=for_keeping(raw),
    )


async def keep(pool: asyncpg.Pool[Any], rows: Sequence[BadRow]) -> None:
    """Keep rows, durably; those kept already stay as they are."""
    await pool.executemany(
        f"""INSERT INTO app.bad_rows ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT DO NOTHING""",  # noqa: S608 - a constant
        [msgspec.structs.astuple(row)[:-1] for row in rows],
    )


async def list_bad_rows(
    pool: asyncpg.Pool[Any], status: str, *, after: UUID | None = None, limit: int = 100
) -> list[BadRow]:
    """Return rows of a status, the oldest first, from after the row ``after``."""
    rows = await pool.fetch(
        f"""SELECT {_COLUMNS}, status FROM app.bad_rows
            WHERE status = $1 AND ($2::uuid IS NULL OR (received_at, bad_row_id) >
                (SELECT received_at, bad_row_id FROM app.bad_rows WHERE bad_row_id = $2))
            ORDER BY received_at, bad_row_id LIMIT $3""",  # noqa: S608 - a constant
        status,
        after,
        limit,
    )
    return [BadRow(*row) for row in rows]


@asynccontextmanager
async def closing(
    pool: asyncpg.Pool[Any], bad_row_id: UUID, status: str, closed_by: str
) -> AsyncIterator[BadRow]:
    """Hold an open row; mark it as repaired or discarded at the end, unless something is raised.

    Raises BadRowNotFound, also where somebody else closed it meanwhile.
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            f"""SELECT {_COLUMNS}, status FROM app.bad_rows
                WHERE bad_row_id = $1 AND status = 'open' FOR UPDATE""",  # noqa: S608
            bad_row_id,
        )
        if row is None:
            raise BadRowNotFound
        yield BadRow(*row)
        await connection.execute(
            """UPDATE app.bad_rows SET status = $2, closed_by = $3, closed_at = now()
               WHERE bad_row_id = $1""",
            bad_row_id,
            status,
            closed_by,
        )


_COLUMNS = "bad_row_id, received_at, key_id, call, sent_at, code, detail, body"
