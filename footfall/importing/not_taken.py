"""A row that was refused, and why."""

from __future__ import annotations

from typing import Any

import msgspec


class NotTaken(msgspec.Struct, frozen=True):
    """A row by its number in the file, from 1."""

    row: int
    reason: str
    values: dict[str, Any]
