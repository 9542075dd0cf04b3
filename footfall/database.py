"""Connections to Postgres, in the role that may not change the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

ROLE = "footfall_app"


def open_pool(
    dsn: str, *, size: int = 10, search_path: str = "read"
) -> AbstractAsyncContextManager[asyncpg.Pool[Any]]:
    """Open a pool of up to ``size`` connections that see the live read models."""
    return asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=60,
        server_settings={
            "application_name": "footfall",
            "role": ROLE,
            "search_path": search_path,
            "jit": "off",  # statements here run for milliseconds
        },
    )
