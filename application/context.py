"""Who asks for a command, when, and in whose name."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")


class Idempotency(msgspec.Struct, frozen=True):
    """The caller's key for this command, and the hash of what was asked under it."""

    key: str
    request_hash: bytes


class Context(msgspec.Struct, frozen=True):
    """The envelope of the events that a command will record."""

    actor: str
    now: datetime
    visit_id: str = ""
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    idempotency: Idempotency | None = None


class Outcome(msgspec.Struct, Generic[T], frozen=True):
    """What a command answers.

    ``position``: the log position a reader must have reached to see it; where nothing had to be
    recorded, 0. ``versions``: the version of every stream that the command wrote or looked at.
    """

    answer: T
    position: int
    versions: dict[str, int]
