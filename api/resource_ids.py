"""Ids: made by us, or chosen by the caller within limits that fit a path and a stream name."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from application.uuid7 import uuid7

ChosenId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._~-]{1,100}$",
        description="1 to 100 of A-Z a-z 0-9 . _ ~ -; made by the server where it is left out",
    ),
]


def new_id() -> str:
    """Return a new id that sorts by time."""
    return str(uuid7())
