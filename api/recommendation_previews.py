"""The door for the staff to see what somebody would be shown; nothing of it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.chosen_lists import READS, Degraded, Wanted, choose
from api.people import resolved
from api.problems import bad_field
from api.recommendations import MOST, RecommendedBody, recommended
from api.roles import MACHINES
from api.route import Reply, Route
from api.services import KNOWN_GOODS, POPULAR
from ml.recommendation.shaping import Asked

if TYPE_CHECKING:
    from api.call import Call


class PreviewQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For whom (a visitor's id, ``visitor:ID`` or ``shopper:ID``; none: nobody known) and where."""

    visitor: Annotated[str, Meta(max_length=300)] = ""
    placement: Literal["home", "product", "basket", "email"] = "home"
    product_id: Annotated[str, Meta(max_length=300)] = ""
    count: Annotated[int, Meta(ge=1, le=MOST)] = 8


class PreviewBody(msgspec.Struct, frozen=True):
    """A list as /v1/recommendations would have it now, but for the share drawn by chance."""

    model: str
    as_of_position: int
    items: list[RecommendedBody]
    degraded: Degraded = ""


async def preview(call: Call[None, PreviewQuery]) -> Reply:
    """Return what would be shown."""
    query = call.query
    if query.placement == "product" and not query.product_id:
        raise bad_field("product_id", "which product's page is it")
    visitor = query.visitor.removeprefix("visitor:")
    source = visitor if visitor.startswith("shopper:") else f"visitor:{visitor}"
    asked = Asked(query.placement, query.count, "", frozenset({query.product_id}))
    app = call.request.app
    async with call.services.pool.acquire() as connection:
        owner = await resolved(connection, source) if visitor else source
        wanted = Wanted(asked, visitor, owner, query.product_id, explored_share=0)
        now = datetime.now(UTC)
        chosen = await choose(connection, app[POPULAR], app[KNOWN_GOODS], wanted, now)
    items = [recommended(each, chosen) for each in chosen.shaped.best()]
    body = PreviewBody(chosen.model, chosen.position, items, chosen.degraded)
    return Reply(body, headers={"Cache-Control": "no-store"})


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/recommendations/preview",
        handler=preview,
        summary="What somebody would be shown now, with the reasons; recorded nowhere",
        tag="Insight",
        query=PreviewQuery,
        answer=PreviewBody,
        roles=MACHINES,
        reads=(*READS, "visits"),
    ),
)
