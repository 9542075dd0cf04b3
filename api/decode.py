"""Turns bodies and queries into typed values, or into a 400 that names each bad field."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from api.problems import Problem, bad_request
from domain.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

S = TypeVar("S", bound=msgspec.Struct)

_PLACE = re.compile(r" - at `(\$|key in \$)?\.?(?P<path>.*)`$")
_NAMED = re.compile(r"field `(?P<field>[^`]*)`")
NUL = b"\\u0000"
_MEMBERS = 1_000


async def decode_body(request: web.Request, expected: type[S]) -> S:
    """Return the request's body. Raises Problem: 400, 413 or 415."""
    kind = request.content_type
    if request.body_exists and "Content-Type" in request.headers and not _is_json(kind):
        raise Problem(415, "unsupported_media_type", "The body must be application/json.")
    raw = await request.read()
    if NUL in raw:
        # Postgres keeps no NUL in a text; nobody means one.
        raise bad_request("malformed_json", "The body holds a NUL character.")
    try:
        body: S = decoder(expected).decode(raw)
    except msgspec.ValidationError as error:
        raise invalid(raw, expected, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = "The body is empty." if not raw else f"The body is no valid JSON: {error}"
        raise bad_request("malformed_json", detail) from None
    return body


def decode_query(query: Mapping[str, str], expected: type[S]) -> S:
    """Return the parameters in the address. Raises Problem 400."""
    for name, value in query.items():
        if "\0" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
            raise bad_request(
                "invalid_request",
                f"{name} holds characters that no text has",
                FieldError(name, "invalid", "these are not characters"),
            )
    try:
        return msgspec.convert(dict(query), expected, strict=False)
    except msgspec.ValidationError as error:
        errors = _errors_by_field(dict(query), expected, strict=False) or [_of_message(str(error))]
        raise _problem(errors) from None


@cache
def decoder(expected: type[Any]) -> msgspec.json.Decoder[Any]:
    """Return a decoder, made once for each type."""
    return msgspec.json.Decoder(expected)


def invalid(raw: bytes, expected: type[msgspec.Struct], message: str) -> Problem:
    """Return the 400 for a body that does not fit: msgspec stops at the first, this does not."""
    try:
        values = msgspec.json.decode(raw)
    except RecursionError:  # only a typed decoder stops before going that deep
        return bad_request("malformed_json", "The body is nested too deep.")
    errors = _errors_by_field(values, expected, strict=True) if isinstance(values, dict) else []
    return _problem(errors or [_of_message(message)])


def _errors_by_field(
    values: dict[str, Any], expected: type[msgspec.Struct], *, strict: bool
) -> list[FieldError]:
    errors = []
    known = {field.encode_name: field for field in msgspec.structs.fields(expected)}
    for name, field in known.items():
        if name not in values:
            if field.required:
                errors.append(FieldError(name, "required", f"{name} is required"))
            continue
        try:
            msgspec.convert(values[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            found = _of_message(str(error))
            path = ".".join(part for part in (name, found.field) if part).replace(".[", "[")
            errors.append(FieldError(path, found.code, found.message))
    if expected.__struct_config__.forbid_unknown_fields:
        errors += [
            FieldError(name[:100], "unknown", "there is no such field")
            for name in list(values)[:_MEMBERS]
            if name not in known
        ]
    return errors


def _of_message(message: str) -> FieldError:
    """``Expected `int`, got `str` - at `$.items[0].quantity``` names a field and a reason."""
    place = _PLACE.search(message)
    text = message[: place.start()] if place else message
    path = place["path"] if place else ""
    named = _NAMED.search(text)
    if named:
        path = f"{path}.{named['field']}" if path else named["field"]
        code = "required" if "missing" in text else "unknown"
        return FieldError(path, code, text)
    code = "wrong_type" if text.startswith("Expected") and ", got" in text else "invalid"
    return FieldError(path, code, text)


def _problem(errors: list[FieldError]) -> Problem:
    detail = "; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in errors[:5])
    return Problem(400, "invalid_request", detail, errors=tuple(errors))


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")
