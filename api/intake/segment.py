"""The door for Segment's HTTP API, which the SDKs of Segment, RudderStack and our tracker speak."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from api.intake import door
from api.intake.door import Unread
from api.problems import bad_request
from api.route import Reply, Route
from api.services import WRITE_KEYS
from application.intake.messages import Batch, Single
from application.intake.segment import context_of_batch, moment_of, translate

if TYPE_CHECKING:
    from api.call import Call
    from api.route import Handler
    from application.intake.messages import Context
    from application.intake.said import Arrival, Translated

_decode_batch = msgspec.json.Decoder(Batch).decode
_decode_single = msgspec.json.Decoder(Single).decode


class Taken(msgspec.Struct, frozen=True):
    """Everything is kept: as events, or as bad rows."""

    success: bool = True


class AnyQuery(msgspec.Struct):
    """Parameters in the address: SDKs may have theirs, and none is read."""


async def take_batch(call: Call[None, AnyQuery]) -> Reply:
    """Take messages that were sent together."""
    try:
        batch = _decode_batch(await door.body_of(call.request))
    except (ValueError, RecursionError) as error:
        raise bad_request("malformed_batch", f"The body is no batch: {error}") from None
    key_id = await call.request.app[WRITE_KEYS].key_id(call.request, batch.write_key)
    sent_at = moment_of(batch.sent_at)
    messages = [Unread(bytes(raw), "", sent_at) for raw in batch.batch]
    await door.take(call, key_id, messages, partial(_read, context_of_batch(batch.context)))
    return Reply(Taken())


def take_single(name: str) -> Handler:
    """Return a handler for one message, of the call that its address names."""

    async def take(call: Call[None, AnyQuery]) -> Reply:
        body = await door.body_of(call.request)
        try:
            write_key = _decode_single(body).write_key
        except (ValueError, RecursionError) as error:
            raise bad_request("malformed_json", f"The body is no message: {error}") from None
        key_id = await call.request.app[WRITE_KEYS].key_id(call.request, write_key)
        await door.take(call, key_id, [Unread(body, name)], partial(_read, None))
        return Reply(Taken())

    return take


def _read(shared: Context | None, number: int, message: Unread, arrival: Arrival) -> Translated:
    del number  # a message's own id tells it from others
    raw, call, sent_at = message
    return translate(raw, arrival, call=call, sent_at=sent_at, shared=shared)


def _route(path: str, handler: Handler, summary: str) -> Route:
    return Route(
        method="POST",
        path=path,
        handler=handler,
        summary=summary,
        tag="Behaviour",
        query=AnyQuery,
        answer=Taken,
        takes_write_key=True,
        refusals=(400, 401, 413, 429),
    )


_CALLS = {
    "track": ("/v1/track", "/v1/t"),
    "page": ("/v1/page", "/v1/p"),
    "screen": ("/v1/screen", "/v1/s"),
    "identify": ("/v1/identify", "/v1/i"),
    "alias": ("/v1/alias", "/v1/a"),
    "group": ("/v1/group", "/v1/g"),
}

ROUTES = (
    *(_route(path, take_batch, "Take a batch of messages") for path in ("/v1/batch", "/v1/b")),
    *(
        _route(path, take_single(name), f"Take a message: {name}")
        for name, paths in _CALLS.items()
        for path in paths
    ),
)
