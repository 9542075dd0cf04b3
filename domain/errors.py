"""Refusal, the base of every no that the shop says."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    field: str
    code: str
    message: str


class Rejected(Exception):
    """The shop refuses this."""

    code: ClassVar[str] = "rejected"

    def __init__(self, detail: str = "", *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.__doc__)
        self.detail = detail or (self.__doc__ or "").strip()
        self.errors = errors


class NotFound(Rejected):
    """There is no such thing."""

    code = "not_found"


class Forbidden(Rejected):
    """This is not yours."""

    code = "forbidden"


class InvalidFields(Rejected):
    """Some fields are not as they must be."""

    code = "invalid_fields"


def require(*checks: tuple[bool, str, str, str]) -> None:
    """Raise InvalidFields naming each check that does not hold: (holds, field, code, message)."""
    errors = tuple(
        FieldError(field, code, text) for holds, field, code, text in checks if not holds
    )
    if errors:
        raise InvalidFields("; ".join(error.message for error in errors), errors=errors)
