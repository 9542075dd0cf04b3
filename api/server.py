"""Serves the application on a socket until told to stop."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from api.app import build_app
from api.problems import Problem, internal_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from socket import socket

    from aiohttp.web_request import BaseRequest

    from api.services import Services

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def serve(
    services: Services, *, host: str = "127.0.0.1", port: int = 0, sock: socket | None = None
) -> AsyncIterator[int]:
    """Listen, yield the port, and drain at the end.

    Draining: no new connections; streams are closed; requests in flight have
    ``drain_seconds`` to finish.
    """
    runner = _Runner(
        build_app(services),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=services.settings.drain_seconds,
        keepalive_timeout=75,
        handler_cancellation=False,  # a client that hangs up does not undo its command
    )
    await runner.setup()
    try:
        site = (
            web.SockSite(runner, sock, backlog=1_024)
            if sock
            else web.TCPSite(runner, host, port, backlog=1_024)
        )
        await site.start()
        address: tuple[str, int] = runner.addresses[0]
        yield address[1]
    finally:
        await runner.cleanup()


class _Protocol(RequestHandler):
    """Answers what is no HTTP at all in the shape of all other problems."""

    __slots__ = ()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer, and close the connection after it."""
        del message  # it quotes what was sent
        if status < 500:  # noqa: PLR2004
            logger.debug("no_http", peer=request.remote, reason=repr(exc))
            problem = Problem(status, "malformed_request", "This is no HTTP request.")
        else:
            logger.error("connection_failed", exc_info=exc)
            problem = internal_error()
        response = problem.response()
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Runner(web.AppRunner):
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,  # noqa: SLF001 - aiohttp has no public way to choose the protocol
        )
