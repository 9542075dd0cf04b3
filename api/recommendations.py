"""The door to recommendations: what to show a visitor, with the reasons."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from api.problems import Problem, bad_field
from api.route import Reply, Route
from api.services import POPULAR, SERVED_LISTS
from application.uuid7 import uuid7
from domain.recommendation import Candidate, Shadow, served
from projections.baskets import find_basket
from projections.recommendations import (
    NAME,
    Entry,
    find_list,
    kept_position,
    neighbours,
    on_sale,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.call import Call
    from projections.projection import Connection
    from projections.recommendations import ListRow, OnSale

MOST = 100
LONGEST_EXCLUDE = 2_000
EXPLORED_SHARE = 0.05
"""Of the lists whose last place is drawn from those further down, so that others can be judged."""
_REMOVED, _ADDED, _PURCHASED = 3, 2, 4
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
    """A list, the best first. ``model``: the version that ranked it, or the baseline instead."""

    recommendation_id: UUID
    model: str
    as_of_position: int
    items: list[RecommendedBody]


class _Chosen(NamedTuple):
    """A list before the shop's conditions."""

    model: str
    position: int
    entries: Sequence[Entry]
    touched: dict[str, int]


async def recommend(call: Call[None, RecommendationsQuery]) -> Reply:
    """Return products to show, and record that they were served."""
    query = call.query
    if query.placement == "product" and not query.product_id:
        raise bad_field("product_id", "which product's page is it")
    if query.visitor.startswith("shopper:") and query.visitor != call.caller.actor:
        # A shopper's id may be the shop's own customer number: no secret, unlike a visitor's.
        raise Problem(403, "not_yours", "Only the shopper sees what is chosen for them.")
    visitor = query.visitor or call.visitor or (call.caller.actor if call.caller.shopper_id else "")
    count = min(query.count, MOST)
    now = datetime.now(UTC)
    async with call.services.pool.acquire() as connection:
        own = await find_list(connection, visitor) if visitor else None
        owner = call.basket_owner
        if query.visitor:
            owner = visitor if visitor.startswith("shopper:") else f"visitor:{visitor}"
        chosen = await _choose(connection, query, owner, own)
        sale = await on_sale(connection, [entry.product_id for entry in chosen.entries])
        shown = _allowed(query, chosen, sale)
        if len(shown) < count:  # too little is known: what others like fills the rest
            rest = await call.request.app[POPULAR].of(connection, now.date())
            known = {entry.product_id for entry in shown}
            rest = [entry for entry in rest if entry.product_id not in known]
            sale |= await on_sale(connection, [entry.product_id for entry in rest])
            if not shown:
                chosen = chosen._replace(model="popularity")
            shown += _allowed(query, chosen._replace(entries=rest), sale)
        names = await _names(connection, shown)
    candidates = _drawn(shown, count)
    recommendation_id = uuid7()
    call.request.app[SERVED_LISTS].add(
        served(
            str(recommendation_id),
            visitor,
            now,
            placement=query.placement,
            model=chosen.model,
            as_of=chosen.position,
            items=tuple(
                Candidate(entry.product_id, entry.score, propensity)
                for entry, propensity in candidates
            ),
            shadow=_shadow(query, own),
        )
    )
    items = [
        RecommendedBody(
            entry.product_id, sale[entry.product_id].name, entry.score, _reasons(entry, names)
        )
        for entry, _ in candidates
    ]
    body = RecommendationsBody(recommendation_id, chosen.model, chosen.position, items)
    return Reply(body, headers={"Cache-Control": "no-store"})


def _shadow(query: RecommendationsQuery, own: ListRow | None) -> Shadow | None:
    """Return what a challenger has listed on the same events, where visitors' lists are shown."""
    if own is None or own.shadow is None or query.placement not in {"home", "email"}:
        return None
    return Shadow(own.shadow.model, own.shadow.products)


async def _choose(
    connection: Connection, query: RecommendationsQuery, owner: str, own: ListRow | None
) -> _Chosen:
    """Return the list that the placement asks for; ``owner``: whose basket counts."""
    position = own.position if own else await kept_position(connection)
    touched = own.touched if own else {}
    if query.placement in {"product", "basket"}:
        if query.placement == "product":
            around = [query.product_id]
        else:
            basket = await find_basket(connection, owner)
            around = [item.product_id for item in basket.items] if basket else []
            around = around or [p for p, kind in touched.items() if kind == _ADDED]
        model, found = await neighbours(
            connection, around, are_complements=query.placement == "basket"
        )
        if not found and query.placement == "basket":
            model, found = await neighbours(connection, around, are_complements=False)
        if found:
            inside = set(around)
            found = [entry for entry in found if entry.product_id not in inside]
            return _Chosen(model, position, found, touched)
    if own is not None and own.items:
        return _Chosen(own.model, position, own.items, touched)
    return _Chosen("popularity", position, [], touched)


def _allowed(query: RecommendationsQuery, chosen: _Chosen, sale: dict[str, OnSale]) -> list[Entry]:
    """Return the entries that may be shown here, in their order."""
    excluded = {part for part in query.exclude.split(",") if part} | {query.product_id}
    hides_seen = query.seen == "exclude" and query.placement in {"home", "email"}
    allowed = []
    for entry in chosen.entries:
        about, kind = sale.get(entry.product_id), chosen.touched.get(entry.product_id)
        if about is None or entry.product_id in excluded:
            continue
        if query.category and about.category != query.category:
            continue
        if kind == _ADDED or (kind == _PURCHASED and not about.is_replenishable):
            continue
        if hides_seen and kind is not None:
            continue
        allowed.append(entry)
    return allowed


def _drawn(shown: Sequence[Entry], count: int) -> list[tuple[Entry, float]]:
    """Return the first ``count`` with how probable each was at its place.

    In a small share of lists the last place goes to one drawn from those further down.
    """
    listed = [(entry, 1.0) for entry in shown[:count]]
    further = shown[count:]
    if not further or not listed:
        return listed
    last, propensity = listed[-1][0], 1 - EXPLORED_SHARE
    if random.random() < EXPLORED_SHARE:  # noqa: S311 - no secret
        last, propensity = random.choice(further), EXPLORED_SHARE / len(further)  # noqa: S311
    return [*listed[:-1], (last, propensity)]


async def _names(connection: Connection, shown: Sequence[Entry]) -> dict[str, str]:
    """Return the names of the products that the entries rest on."""
    ids = {because.product_id for entry in shown for because in entry.because}
    if not ids:
        return {}
    rows = await connection.fetch(
        "SELECT product_id, name FROM catalogue WHERE product_id = ANY ($1)", list(ids)
    )
    return {row["product_id"]: row["name"] for row in rows}


def _reasons(entry: Entry, names: dict[str, str]) -> list[ReasonBody]:
    if not entry.because:
        return []
    strongest = max(entry.because, key=lambda because: because.kind)
    text = _BECAUSE.get(strongest.kind, "Because you looked at {}")
    name = names.get(strongest.product_id, strongest.product_id)
    ids = [because.event_id for because in entry.because]
    return [ReasonBody(text.format(name), ids)]


ROUTES = (
    Route(
        method="GET",
        path="/v1/recommendations",
        handler=recommend,
        summary="What to show a visitor, with the reasons",
        tag="Insight",
        query=RecommendationsQuery,
        answer=RecommendationsBody,
        reads=(NAME, "catalogue", "baskets"),
        is_open_to_pages=True,
        refusals=(403,),
    ),
)
