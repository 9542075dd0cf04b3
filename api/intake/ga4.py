"""The door for GA4's Measurement Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from api.intake import door
from api.intake.door import Unread
from api.intake.translators import GA4
from api.problems import bad_request
from api.route import Reply, Route
from api.services import WRITE_KEYS
from application.intake import ga4
from application.intake.bad_message import BadMessage

if TYPE_CHECKING:
    from api.call import Call
    from application.intake.said import Arrival, Translated


class Ga4Query(msgspec.Struct):
    """``api_secret`` is the write key; others that the protocol knows are not read."""

    measurement_id: str = ""
    api_secret: str = ""


async def collect(call: Call[None, Ga4Query]) -> Reply:
    """Take the events of a request; answer without a body when they are durable."""
    body = await door.body_of(call.request)
    key_id = await call.request.app[WRITE_KEYS].key_id(call.request, call.query.api_secret)
    try:
        request = ga4.decode_request(body)
    except BadMessage as reason:
        raise bad_request(reason.code, reason.detail) from None
    events = [bytes(event) for event in request.events]
    # Each is kept with what the request says of it, should it turn out to be a bad row.
    messages = [
        Unread(msgspec.json.encode(msgspec.structs.replace(request, events=[event])), GA4)
        for event in request.events
    ]

    def translate(number: int, message: Unread, arrival: Arrival) -> Translated:
        del message
        return ga4.translate(events[number], request, arrival, number)

    await door.take(call, key_id, messages, translate)
    return Reply()


ROUTES = (
    Route(
        method="POST",
        path="/mp/collect",
        handler=collect,
        summary="Take events of GA4's Measurement Protocol",
        tag="Behaviour",
        query=Ga4Query,
        status=204,
        takes_write_key=True,
        refusals=(400, 401, 413, 429),
    ),
)
