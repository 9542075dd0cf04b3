"""The door to recommendations: what to show a visitor, with the reasons."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.chosen_lists import READS, Degraded, Wanted, choose
from api.live import stream_to
from api.live_client import LiveClient
from api.live_topics import RECOMMENDATIONS
from api.problems import Problem, bad_field
from api.route import Reply, Route
from api.services import KNOWN_GOODS, POPULAR, SERVED_LISTS
from api.sse import MEDIA
from application.uuid7 import uuid7
from domain.recommendation import Candidate, Shadow, served
from ml.recommendation.shaping import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

    from api.call import Call
    from api.chosen_lists import Chosen
    from domain.recommendation import Recommendation
    from ml.recommendation.chance import Placed
    from projections.goods import Known
    from projections.recommendations import Because

MOST = 100
LONGEST_EXCLUDE = 2_000
_CHANCE = random.Random()  # noqa: S311 - no secret
_CHOSEN = "Chosen by the shop"
_BECAUSE = {
    2: "Because you put {} into your basket",
    4: "Because you bought {}",
    5: "Because you reviewed {}",
}
"""By kind of touch; else it was looked at."""


class RecommendationsQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For whom and where. Without ``visitor`` it is for who asks; ``exclude`` has commas between.

    ``seen``: whether products that the visitor looked at already may be shown.
    """

    visitor: Annotated[str, Meta(max_length=300)] = ""
    placement: Literal["home", "product", "basket", "email"] = "home"
    product_id: Annotated[str, Meta(max_length=300)] = ""
    category: Annotated[str, Meta(max_length=300)] = ""
    count: Annotated[int, Meta(ge=1)] = 8
    exclude: Annotated[str, Meta(max_length=LONGEST_EXCLUDE)] = ""
    seen: Literal["include", "exclude"] = "exclude"


class OwnListQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whose list. Without ``visitor`` it is that of who asks."""

    visitor: Annotated[str, Meta(max_length=300)] = ""


class ReasonBody(msgspec.Struct, frozen=True):
    """Why it is there, and the events that this rests on."""

    text: str
    event_ids: list[UUID]


class RecommendedBody(msgspec.Struct, frozen=True):
    """A product to show; ``name`` is its id where the catalogue is not here."""

    product_id: str
    name: str
    score: float
    reasons: list[ReasonBody]


class RecommendationsBody(msgspec.Struct, frozen=True):
    """A list, the best first. ``model``: the version that ranked it, or the baseline instead.

    ``degraded``: why it is not what was asked for; empty where it is. ``no_model``: none serves;
    ``unknown_visitor``, ``unknown_product``: new to the model; ``all_filtered``: nothing that the
    model chose may be shown.
    """

    recommendation_id: UUID
    model: str
    as_of_position: int
    items: list[RecommendedBody]
    degraded: Degraded = ""


async def recommend(call: Call[None, RecommendationsQuery]) -> Reply:
    """Return products to show, and record that they were served."""
    query, now = call.query, datetime.now(UTC)
    wanted = _wanted(call)
    app = call.request.app
    async with call.services.pool.acquire() as connection:
        chosen = await choose(connection, app[POPULAR], app[KNOWN_GOODS], wanted, now)
    placed = chosen.shaped.drawn(_CHANCE)
    recommendation_id = uuid7()
    app[SERVED_LISTS].add(_event(str(recommendation_id), query, wanted, chosen, placed, now))
    body = RecommendationsBody(
        recommendation_id,
        chosen.model,
        chosen.position,
        [recommended(each, chosen) for each in placed],
        chosen.degraded,
    )
    return Reply(body, headers={"Cache-Control": "no-store"})


def recommended(placed: Placed, chosen: Chosen) -> RecommendedBody:
    """Return a product at its place, with why it stands there."""
    name = chosen.known[placed.product_id].name
    return RecommendedBody(placed.product_id, name, placed.score, _reasons(placed, chosen))


async def follow(call: Call[None, OwnListQuery]) -> web.StreamResponse:
    """Follow one visitor's list as it changes: a snapshot first, then each new list."""
    visitor = _visitor(call, call.query.visitor)
    if not visitor:
        raise bad_field("visitor", "whose list is it")
    return await stream_to(call, LiveClient([RECOMMENDATIONS], 0, only_key=visitor))


def _visitor(call: Call[None, Any], said: str) -> str:
    """Return whose list it is; a shopper's list is the shopper's alone."""
    if said.startswith("shopper:") and said != call.caller.actor:
        # A shopper's id may be the shop's own customer number: no secret, unlike a visitor's.
        raise Problem(403, "not_yours", "Only the shopper sees what is chosen for them.")
    return said or call.visitor or (call.caller.actor if call.caller.shopper_id else "")


def _wanted(call: Call[None, RecommendationsQuery]) -> Wanted:
    """Return who asks for what."""
    query = call.query
    if query.placement == "product" and not query.product_id:
        raise bad_field("product_id", "which product's page is it")
    visitor = _visitor(call, query.visitor)
    owner = call.basket_owner
    if query.visitor:
        owner = visitor if visitor.startswith("shopper:") else f"visitor:{visitor}"
    asked = Asked(
        query.placement,
        min(query.count, MOST),
        query.category,
        frozenset(_excluded(query)) | {query.product_id},
        shows_seen=query.seen == "include",
    )
    share = call.services.settings.explored_share
    return Wanted(asked, visitor, owner, query.product_id, share)


def _excluded(query: RecommendationsQuery) -> tuple[str, ...]:
    return tuple(part for part in query.exclude.split(",") if part)


def _event(
    recommendation_id: str,
    query: RecommendationsQuery,
    wanted: Wanted,
    chosen: Chosen,
    placed: Sequence[Placed],
    now: datetime,
) -> Recommendation.Served:
    """Return what is recorded: the list with its chances, and what it was asked for."""
    return served(
        recommendation_id,
        wanted.visitor,
        now,
        placement=query.placement,
        model=chosen.model,
        as_of=chosen.position,
        items=tuple(Candidate(p.product_id, p.score, p.propensity) for p in placed),
        degraded=chosen.degraded,
        product_id=query.product_id,
        count=wanted.asked.count,
        category=query.category,
        exclude=_excluded(query),
        shows_seen=wanted.asked.shows_seen,
        shadow=Shadow(chosen.shadow.model, chosen.shadow.products) if chosen.shadow else None,
    )


def _reasons(placed: Placed, chosen: Chosen) -> list[ReasonBody]:
    """Return what a product rests on: the visitor's events, and the shop's word."""
    reasons = []
    entry = chosen.entries.get(placed.product_id)
    if entry is not None and entry.because and not placed.is_pinned:
        reasons.append(_because(entry.because, chosen.known))
    if placed.chosen_by:
        reasons.append(ReasonBody(_CHOSEN, list(placed.chosen_by)))
    return reasons


def _because(because: Sequence[Because], known: Mapping[str, Known]) -> ReasonBody:
    strongest = max(because, key=lambda each: each.kind)
    text = _BECAUSE.get(strongest.kind, "Because you looked at {}")
    product = known.get(strongest.product_id)
    name = product.name if product else strongest.product_id
    return ReasonBody(text.format(name), [each.event_id for each in because])


ROUTES = (
    Route(
        method="GET",
        path="/v1/recommendations",
        handler=recommend,
        summary="What to show a visitor, with the reasons",
        tag="Insight",
        query=RecommendationsQuery,
        answer=RecommendationsBody,
        reads=READS,
        is_open_to_pages=True,
        refusals=(403,),
    ),
    Route(
        method="GET",
        path="/v1/recommendations/live",
        handler=follow,
        summary="Follow a visitor's own list as it changes",
        tag="Insight",
        query=OwnListQuery,
        media=(MEDIA,),
        is_open_to_pages=True,
        refusals=(403, 503),
    ),
)
