"""What happens around every request: correlation, error answers, metrics, the access log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from structlog.contextvars import bind_contextvars, clear_contextvars

from api import headers, metrics
from api.problems import NOT_READY, internal_error, problem_of
from api.services import SERVICES

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

logger = structlog.get_logger(__name__)


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One middleware, in this order; several nested ones would cost a tenth of a request."""
    began = time.perf_counter()
    correlation_id = headers.correlation_id(request)
    request[headers.CORRELATION_ID] = correlation_id
    clear_contextvars()
    bind_contextvars(correlation_id=str(correlation_id))
    metrics.IN_FLIGHT.inc()
    try:
        response = await handler(request)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            logger.exception("request_failed", method=request.method, path=request.path)
            problem = internal_error()
        elif problem.status >= 500 and problem.code != NOT_READY:  # noqa: PLR2004
            logger.warning("request_refused", path=request.path, code=problem.code)
        response = problem.response()
    finally:
        metrics.IN_FLIGHT.dec()
    if not response.prepared:  # a stream has sent its headers long ago
        response.headers[headers.CORRELATION] = str(correlation_id)
        response.headers["Server"] = "footfall"  # not which versions run here
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        seconds = time.perf_counter() - began
        metrics.request_seconds(request.method, route, response.status).observe(seconds)
        if request.app[SERVICES].settings.logs_requests:
            logger.info(
                "request",
                method=request.method,
                route=route,
                status=response.status,
                milliseconds=round(seconds * 1_000, 2),
            )
    return response
