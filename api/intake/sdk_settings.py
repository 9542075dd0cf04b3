"""The door that analytics-next asks first: which integrations to load, and where to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from api.problems import Problem
from api.route import Reply, Route
from api.services import WRITE_KEYS

if TYPE_CHECKING:
    from api.call import Call

_SEGMENT = "Segment.io"


class SdkSettings(msgspec.Struct, frozen=True, rename="camel"):
    """Settings as Segment's CDN serves them: our own address is the one integration."""

    integrations: dict[str, dict[str, Any]]
    plan: dict[str, Any]
    edge_function: dict[str, Any] = {}


async def show_settings(call: Call[None, None]) -> Reply:
    """Return what a browser SDK needs to send its messages here."""
    write_key = call.key("write_key")
    if not await call.request.app[WRITE_KEYS].find(write_key):
        raise Problem(404, "no_such_write_key", "There is no such write key.")
    request = call.request
    # Behind a proxy that ends TLS, our own scheme is one that browsers would refuse to send by.
    scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
    own = {"apiKey": write_key, "apiHost": f"{request.host}/v1", "protocol": scheme}
    allowed = {"__default": {"enabled": True, "integrations": {}}}
    settings = SdkSettings({_SEGMENT: own}, {"track": allowed, "identify": allowed})
    return Reply(settings, headers={"Cache-Control": "public,max-age=300"})


ROUTES = (
    Route(
        method="GET",
        path="/v1/projects/{write_key}/settings",
        handler=show_settings,
        summary="Settings for Segment's browser SDK",
        tag="Behaviour",
        answer=SdkSettings,
        takes_write_key=True,
        refusals=(404,),
    ),
)
