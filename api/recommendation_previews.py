"""The door to what would be recommended now: for the staff, and not recorded as served."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.chosen_lists import READS, Wanted, choose
from api.people import resolved
from api.problems import bad_field
from api.recommendations import MOST, RecommendedBody, reasons_of
from api.roles import MACHINES
from api.route import Reply, Route
from api.services import KNOWN_GOODS, POPULAR
from ml.recommendation.shaping import Asked

if TYPE_CHECKING:
    from api.call import Call
    from api.chosen_lists import Chosen


class PreviewQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For whom and where. Without ``person`` (``shopper:ID`` or ``visitor:ID``) it is for somebody
    of whom nothing is known.
    """

    person: Annotated[str, Meta(max_length=300)] = ""
    placement: Literal["home", "product", "basket", "email"] = "home"
    product_id: Annotated[str, Meta(max_length=300)] = ""
    count: Annotated[int, Meta(ge=1)] = 8


class PreviewBody(msgspec.Struct, frozen=True):
    """The list that GET /v1/recommendations would show but for chance; nothing is recorded."""

    model: str
    as_of_position: int
    items: list[RecommendedBody]
    degraded: str = ""


async def preview(call: Call[None, PreviewQuery]) -> Reply:
    """Return what would be recommended now."""
    query, app = call.query, call.request.app
    if query.placement == "product" and not query.product_id:
        raise bad_field("product_id", "which product's page is it")
    asked = Asked(
        query.placement,
        min(query.count, MOST),
        "",
        frozenset({query.product_id}),
        shows_seen=False,
    )
    async with call.services.pool.acquire() as connection:
        person = await resolved(connection, query.person) if query.person else ""
        wanted = Wanted(asked, _visitor(query.person, person), person, query.product_id, 0.0)
        now = datetime.now(UTC)
        chosen = await choose(connection, app[POPULAR], app[KNOWN_GOODS], wanted, now)
    body = PreviewBody(chosen.model, chosen.position, _items(chosen), chosen.degraded)
    return Reply(body, headers={"Cache-Control": "no-store"})


def _visitor(said: str, person: str) -> str:
    """Return whose list it is, as lists are kept: a visitor's by its id alone."""
    return said.removeprefix("visitor:") if said.startswith("visitor:") else person


def _items(chosen: Chosen) -> list[RecommendedBody]:
    return [
        RecommendedBody(
            each.product_id,
            chosen.known[each.product_id].name,
            each.score,
            reasons_of(each, chosen),
        )
        for each in chosen.shaped.best()
    ]


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/recommendations/preview",
        handler=preview,
        summary="What would be recommended now, with the reasons; nothing is recorded",
        tag="Insight",
        query=PreviewQuery,
        answer=PreviewBody,
        roles=MACHINES,
        reads=(*READS, "visits"),
    ),
)
