"""Connections to Postgres, in the role that may not change the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

ROLE = "footfall_app"


async def _leave_as_is(_connection: object) -> None:
    """Nothing here outlasts its transaction or is not undone where it was done.

    The driver's own reset between two uses would be a statement for each statement.
    """


def open_pool(
    dsn: str, *, size: int = 10, search_path: str = "read"
) -> AbstractAsyncContextManager[asyncpg.Pool[Any]]:
    """Open a pool of up to ``size`` connections that see the live read models."""
    return asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=60,
        reset=_leave_as_is,
        server_settings={
            "application_name": "footfall",
            "role": ROLE,
            "search_path": search_path,
            "jit": "off",  # statements here run for milliseconds
        },
    )
