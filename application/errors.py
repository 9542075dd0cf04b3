"""Why a command was not recorded, other than the shop refusing it."""

from __future__ import annotations


class Conflict(Exception):
    """Somebody else changed this first; load it again and retry."""

    def __init__(self, stream_id: str, current_version: int) -> None:
        super().__init__(f"{stream_id} is at version {current_version}")
        self.stream_id = stream_id
        self.current_version = current_version


class PreconditionFailed(Conflict):
    """The version named in If-Match is not the current one."""


class EventIdTaken(Exception):
    """An event with this id is recorded already, with other events than these."""


class IdempotencyReplay(Exception):
    """This idempotency key was used before; its answer stands."""

    def __init__(self, request_hash: bytes, result: bytes, position: int) -> None:
        super().__init__("idempotency key was used before")
        self.request_hash = request_hash
        self.result = result
        self.position = position


class IdempotencyKeyReused(Exception):
    """This idempotency key was used before with another request."""


class Overloaded(Exception):
    """The log has more to write than it can take; try again shortly."""

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__("the append queue is full")
        self.retry_after_seconds = retry_after_seconds


class LogUnavailable(Overloaded):
    """The log cannot be reached; whether this was recorded is not known. Try again."""


class LogCorrupted(Exception):
    """The log has a hole or a changed event. Nothing reads past it."""
