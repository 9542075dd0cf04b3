"""One table of status codes: whatever goes wrong leaves here as application/problem+json."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from redis.exceptions import RedisError

from application.errors import (
    Conflict,
    EventIdTaken,
    IdempotencyKeyReused,
    LogCorrupted,
    Overloaded,
    PreconditionFailed,
)
from application.event_store.lost_connections import LOST_CONNECTION
from domain.errors import FieldError, Forbidden, NotFound, Rejected
from projections.generations import NothingToCancel, NothingToRollBack, RebuildUnderWay
from projections.position_waiter import StillBehind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONTENT_TYPE = "application/problem+json"
NOT_READY = "not_ready"
"""Asked for many times a second at each start, and no news: the only 503 that is not logged."""


class Problem(Exception):
    """A request that ends here, with its RFC 9457 answer."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def response(self) -> web.Response:
        """Return the answer."""
        return web.Response(
            status=self.status,
            body=self.body(),
            headers={"Cache-Control": "no-store", **self.headers},
            content_type=CONTENT_TYPE,
        )

    def body(self) -> bytes:
        """Return the answer's JSON."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.members,
        }
        if self.errors:
            members["errors"] = self.errors
        return msgspec.json.encode(members)


class ProblemBody(msgspec.Struct):
    """What went wrong, as RFC 9457 has it. ``code`` is stable; ``detail`` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    current_version: int | None = None


def bad_request(code: str, detail: str, *errors: FieldError) -> Problem:
    """Return the answer to a request that cannot be understood."""
    return Problem(400, code, detail, errors=errors)


def bad_field(field: str, message: str, code: str = "invalid") -> Problem:
    """Return the answer to a request with one field that cannot be understood."""
    return bad_request("invalid_request", message, FieldError(field, code, message))


def unauthenticated(detail: str = "Sign in first.", code: str = "unauthenticated") -> Problem:
    """Return the answer to a caller whom nobody knows."""
    challenge = {"WWW-Authenticate": 'Bearer realm="footfall"'}
    return Problem(401, code, detail, headers=challenge)


def busy(status: int, code: str, detail: str, seconds: int, **members: object) -> Problem:
    """Return the answer to a request that may succeed ``seconds`` later."""
    headers = {"Retry-After": str(seconds)}
    return Problem(status, code, detail, headers=headers, members=members)


def problem_of(error: Exception) -> Problem | None:
    """Return the answer that an exception means; None for our own mistakes."""
    if isinstance(error, Problem):
        return error
    for kinds, answer in _TABLE:
        if isinstance(error, kinds):
            return answer(error)
    return None


def internal_error() -> Problem:
    """Return the answer to a request that met a mistake of ours."""
    return Problem(500, "internal_error", "Something went wrong here; it has been logged.")


def _refused(status: int, error: Rejected) -> Problem:
    return Problem(status, error.code, error.detail, errors=error.errors)


def _outdated(status: int, code: str, error: Conflict) -> Problem:
    members = {"current_version": error.current_version}
    return Problem(status, code, _sentence(error), members=members)


def _sentence(error: Exception) -> str:
    return (error.__doc__ or "").strip()


_HTTP_CODES = {
    404: ("no_such_route", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The request is larger than this server takes."),
}


def _of_http(error: web.HTTPException) -> Problem | None:
    if error.status >= 500:  # noqa: PLR2004
        return None
    code, detail = _HTTP_CODES.get(error.status, ("bad_request", error.reason))
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(error.status, code, detail, headers=headers)


def _still_behind(error: StillBehind) -> Problem:
    return busy(
        503,
        "still_behind",
        "The read model has not come that far yet.",
        1,
        projection=error.name,
        position=error.position,
        lag_events=error.lag_events,
    )


_AWAY = busy(503, "unavailable", "A server behind this one is out of reach.", 1)

# The first line that fits counts: a special kind stands above its general one.
_TABLE: tuple[
    tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], Problem | None]], ...
] = (
    (NotFound, lambda e: _refused(404, e)),
    (Forbidden, lambda e: _refused(403, e)),
    (Rejected, lambda e: _refused(422, e)),
    (PreconditionFailed, lambda e: _outdated(412, "precondition_failed", e)),
    (Conflict, lambda e: _outdated(409, "conflict", e)),
    (EventIdTaken, lambda e: Problem(409, "event_id_taken", _sentence(e))),
    (RebuildUnderWay, lambda e: Problem(409, "rebuild_under_way", str(e))),
    (NothingToRollBack, lambda e: Problem(409, "nothing_to_roll_back", str(e))),
    (NothingToCancel, lambda e: Problem(409, "nothing_to_cancel", str(e))),
    (IdempotencyKeyReused, lambda e: Problem(422, "idempotency_key_reused", _sentence(e))),
    (Overloaded, lambda e: busy(503, "overloaded", _sentence(e), e.retry_after_seconds)),
    (LogCorrupted, lambda _: busy(503, "log_unavailable", "The log cannot be read.", 60)),
    (StillBehind, _still_behind),
    (web.HTTPException, _of_http),
    ((RedisError, *LOST_CONNECTION), lambda _: _AWAY),
)
