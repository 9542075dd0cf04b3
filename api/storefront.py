"""The door that tells the demo storefront under which key its pages tell what visitors do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from api.problems import Problem
from api.route import Reply, Route
from application.keys import keep_write_key

if TYPE_CHECKING:
    from api.call import Call

KEY_NAME = "demo storefront"


class StorefrontConfig(msgspec.Struct):
    """What the storefront's pages need to know. ``write_key``: empty where it was revoked."""

    write_key: str


async def config(call: Call[None, None]) -> Reply:
    """Return the storefront's write key, which is made when it is asked for the first time."""
    if not call.services.settings.storefront:
        raise Problem(404, "no_storefront", "FOOTFALL_STOREFRONT opens what is here.")
    key = call.journal.hashes.write_key(KEY_NAME)
    kept = await keep_write_key(call.services.pool, key, KEY_NAME)
    return Reply(StorefrontConfig(kept or ""), headers={"Cache-Control": "no-store"})


ROUTES = (
    Route(
        method="GET",
        path="/shop/config.json",
        handler=config,
        summary="What the demo storefront's pages need to know",
        tag="Pages",
        answer=StorefrontConfig,
        refusals=(404,),
    ),
)
