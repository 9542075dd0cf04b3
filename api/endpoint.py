"""Makes a handler of aiohttp out of a route: everything that all routes have in common."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from api import cookies, headers, idempotency, visitor
from api.call import Call
from api.caller import ANONYMOUS
from api.decode import decode_body, decode_query
from api.problems import Problem, unauthenticated
from api.roles import SHOPPER
from api.route import JSON, Empty, Reply
from api.services import CALLERS, RECENT_WRITES, SERVICES
from application.errors import PreconditionFailed
from projections.position_waiter import StillBehind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.caller import Caller
    from api.route import Route

encode = msgspec.json.Encoder().encode
_EMPTY = Empty()


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler: authenticate, authorise, decode, wait, answer, in this order."""
    kept_in = _cookies(route)

    async def serve(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = ANONYMOUS
        if not route.takes_write_key:
            caller = await request.app[CALLERS].caller_of(request, kept_in)
        _check_roles(route, caller)
        own_cookies: tuple[dict[str, Any], ...] = ()
        visitor_id = visitor.visitor_of(request)
        if not visitor_id and route.knows_visitor and not caller.is_known:
            visitor_id = visitor.new_visitor()
            own_cookies = (
                # Not hidden: the tracker on our own pages is to tell things under the same id.
                cookies.cookie(
                    request,
                    visitor.COOKIE,
                    visitor_id,
                    visitor.COOKIE_SECONDS,
                    is_hidden=False,
                ),
            )
        query = decode_query(request.query, route.query) if request.query_string else _query(route)
        call = Call(
            request=request,
            route=route,
            services=services,
            caller=caller,
            visitor=visitor_id,
            correlation_id=request[headers.CORRELATION_ID],
            body=await _body(request, route),
            query=query,
        )
        if route.reads:
            await _wait(call)
        reply = await _handle(call)
        if isinstance(reply, web.StreamResponse):
            return reply
        if reply.position:
            request.app[RECENT_WRITES].note(call.actor, reply.position)
        return _response(route, reply, visitor_id if route.knows_visitor else "", own_cookies)

    return serve


async def _body(request: web.Request, route: Route) -> msgspec.Struct | None:
    if route.body is None or (route.is_body_optional and not request.body_exists):
        return None
    return await decode_body(request, route.body)


async def _wait(call: Call[Any, Any]) -> None:
    """Wait until the read models show what the caller asks for, or else wrote here lately.

    Raises StillBehind only where the caller asked.
    """
    waiter, patience = call.services.waiter, call.services.settings.read_patience_seconds
    if after := headers.after_position(call.request):
        await waiter.wait_for(call.route.reads, after, patience)
    elif own := call.request.app[RECENT_WRITES].of(call.actor):
        with suppress(StillBehind):
            await waiter.wait_for(call.route.reads, own, min(patience, 1.0))


async def _handle(call: Call[Any, Any]) -> Reply | web.StreamResponse:
    route = call.route
    try:
        if route.is_idempotent and (key := headers.idempotency_key(call.request)):
            async with idempotency.claim(call, key):
                return await route.handler(call)
        return await route.handler(call)
    except PreconditionFailed as error:
        if call.if_match is None:  # a command may compare versions of its own accord
            raise Problem(
                409,
                "conflict",
                "Somebody else changed this first; load it again and retry.",
                members={"current_version": error.current_version},
            ) from error
        raise


def _cookies(route: Route) -> tuple[str, ...]:
    """Return the cookies that may say who calls, the likelier one first.

    What is a shopper's own, or an anonymous visitor's, is never a member of the staff's.
    """
    if route.knows_visitor or route.roles == SHOPPER:
        return (cookies.SHOPPER,)
    if route.roles and route.roles.isdisjoint(SHOPPER):
        return (cookies.STAFF, cookies.SHOPPER)
    return (cookies.SHOPPER, cookies.STAFF)


def _check_roles(route: Route, caller: Caller) -> None:
    if not route.roles or not route.roles.isdisjoint(caller.roles):
        return
    if not caller.is_known:
        raise unauthenticated()
    raise Problem(403, "forbidden", f"This takes the role {' or '.join(sorted(route.roles))}.")


def _query(route: Route) -> msgspec.Struct:
    return _EMPTY if route.query is Empty else decode_query({}, route.query)


def _response(
    route: Route, reply: Reply, visitor_id: str, own_cookies: tuple[dict[str, Any], ...]
) -> web.Response:
    sent = reply.headers
    if reply.position is not None:
        sent[headers.POSITION] = str(reply.position)
    if reply.version is not None:
        sent["ETag"] = f'"{reply.version}"'
    if reply.is_replay:
        sent[headers.REPLAYED] = "true"
    if visitor_id:
        sent[visitor.HEADER] = visitor_id
    if reply.answer is None:
        response = web.Response(status=route.status, headers=sent)
    else:
        response = web.Response(
            status=route.status, body=encode(reply.answer), headers=sent, content_type=JSON
        )
    for cookie in (*reply.cookies, *own_cookies):
        response.set_cookie(**cookie)
    return response
