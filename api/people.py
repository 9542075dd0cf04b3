"""The door to people: shoppers and visitors, found, and one of them with all that is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.behaviour import VISIT_READS, IntentBody, VisitBody, intent_body, visit_body
from api.paging import Page, Paged, page_of
from api.problems import bad_field
from api.roles import ANALYST
from api.route import Reply, Route
from api.segment_insights import ShopperPlace, cluster_of, place_of, shopper_place
from domain.basket import BasketItem
from domain.errors import NotFound
from domain.money import Money
from domain.segmentation import NAMES
from projections.baskets import find_basket, total
from projections.identities import person_of
from projections.intent import intent_of
from projections.kept_visits import visits_of
from projections.people import (
    Account,
    Kind,
    Order,
    PersonRow,
    Wanted,
    find_people,
    find_person,
    visitors_of,
)
from projections.presence import State, state_of
from projections.segment_members import find_segment, segments_of
from projections.shopper_directory import find_shopper

if TYPE_CHECKING:
    from api.call import Call
    from projections.projection import Connection

KINDS = ("shopper:", "visitor:")


class PersonNotFound(NotFound):
    """Nothing is known of this person."""

    code = "person_not_found"


class PeopleQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """Whom to find. ``q``: a part of an id; for an admin also of a name, an e-mail address or a
    username. ``segment``: a named one, a cluster, or the id of one that the shop defined.
    """

    q: Annotated[str, Meta(max_length=300)] = ""
    kind: Kind = ""
    segment: Annotated[str, Meta(max_length=300)] = ""
    presence: Annotated[str, Meta(pattern="^(|active|idle|here)$")] = ""
    sort: Order = "seen"


class PersonSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a list. ``account``: told to admins alone, null without one."""

    person: str
    presence: State
    account: Account | UnsetType | None = UNSET
    place: ShopperPlace


class BasketBody(msgspec.Struct, frozen=True):
    """What somebody means to buy."""

    owner: str
    items: tuple[BasketItem, ...]
    total: Money | None
    last_activity_at: datetime


class OwnSegment(msgspec.Struct, frozen=True):
    """A segment that the shop defined, and since when they are in it, by which event."""

    segment_id: str
    name: str
    since: datetime
    position: int


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is beside its owner's personal data."""

    registered_at: datetime
    source: str
    country: str
    consent: dict[str, bool]
    is_erased: bool


class TrailPoint(msgspec.Struct, frozen=True):
    """The chance of an order after an event."""

    at: datetime
    intent: float


class ScoredVisitor(msgspec.Struct, frozen=True):
    """The scores of a visitor's latest visit, and how the chance of an order moved in it."""

    visitor: str
    scores: IntentBody
    trail: list[TrailPoint]


class PersonBody(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper or visitor. ``account``: told to admins alone, null without one.

    ``visitors``: the browsers that they were seen in. ``intents``: of those with a visit in the
    last hour. ``place``: segment, cluster and value; null for whom segments do not know.
    """

    person: str
    presence: State
    account: Account | UnsetType | None = UNSET
    known: Known | None
    visitors: list[str]
    visits: list[VisitBody]
    intents: list[ScoredVisitor]
    baskets: list[BasketBody]
    place: ShopperPlace | None
    segments: list[OwnSegment]


async def show_people(call: Call[None, PeopleQuery]) -> Reply:
    """Return whom the shop knows."""
    query, now = call.query, datetime.now(UTC)
    after = query.cursor(tuple[int, str] | None, None)  # type: ignore[arg-type]
    async with call.services.pool.acquire() as connection:
        wanted = await _wanted(connection, query, may_see_names=may_see_names(call))
        rows = await find_people(connection, wanted, now, after=after, limit=query.limit + 1)
    page = page_of(rows, query.limit, lambda row: (row.rank, row.placed.person))
    shown = [_summary(row, may_see=may_see_names(call)) for row in page.items]
    return Reply(Page(shown, page.next_page_token))


async def show_person(call: Call[None, None]) -> Reply:
    """Return all that is known of a shopper or visitor now."""
    now = datetime.now(UTC)
    async with call.services.pool.acquire() as connection:
        person = await resolved(connection, call.key("person"))
        found = await find_person(connection, person, now)
        visitors = await visitors_of(connection, person)
        visits = await visits_of(connection, person.removeprefix("visitor:"), person)
        known = await _known(connection, person)
        if found is None and known is None and not visits:
            raise PersonNotFound
        scores = await intent_of(connection, [*visitors, person])
        own = [each for each in visitors if await belongs_to(connection, each) == person]
        baskets = await _baskets(connection, person, own)
        place = await place_of(connection, person)
        segments = await _own_segments(connection, person)
    presence: State = state_of(visits[0], now) if visits else "gone"
    return Reply(
        PersonBody(
            person=person,
            presence=presence,
            account=_account(found, may_see=may_see_names(call)),
            known=known,
            visitors=visitors,
            visits=[visit_body(row, now, scores.get(row.visitor)) for row in visits],
            intents=[
                ScoredVisitor(
                    visitor,
                    intent_body(row),
                    [TrailPoint(*point) for point in zip(row.trail_at, row.trail, strict=True)],
                )
                for visitor, row in scores.items()
            ],
            baskets=baskets,
            place=place,
            segments=segments,
        )
    )


def may_see_names(call: Call[None, PeopleQuery] | Call[None, None]) -> bool:
    """Return whether the caller is told personal data; analysts work with ids."""
    return "admin" in call.caller.roles


async def resolved(connection: Connection, said: str) -> str:
    """Return the person that is meant: a visitor who turned out to be a shopper is the shopper."""
    if not said.startswith(KINDS):
        raise bad_field("person", "a person is shopper:ID or visitor:ID")
    kind, _, key = said.partition(":")
    return said if kind == "shopper" else await belongs_to(connection, key)


async def belongs_to(connection: Connection, visitor: str) -> str:
    """Return whose the visits of a visitor are who was not signed in."""
    person = await person_of(connection, "visit_identities", visitor)
    return person or f"visitor:{visitor}"


async def _wanted(connection: Connection, query: PeopleQuery, *, may_see_names: bool) -> Wanted:
    named, own = "", ""
    cluster = cluster_of(query.segment)
    if cluster is None and query.segment in NAMES:
        named = query.segment
    elif cluster is None and query.segment:
        if await find_segment(connection, query.segment) is None:
            raise bad_field("segment", "there is no such segment")
        own = query.segment
    return Wanted(
        text=query.q.strip(),
        searches_accounts=may_see_names,
        kind=query.kind,
        segment=named,
        cluster=cluster,
        own_segment=own,
        presence=query.presence,  # type: ignore[arg-type]  # the pattern allows nothing else
        order=query.sort,
    )


async def _known(connection: Connection, person: str) -> Known | None:
    kind, _, key = person.partition(":")
    row = await find_shopper(connection, key) if kind == "shopper" else None
    if row is None:
        return None
    return Known(
        registered_at=row.registered_at,
        source=row.source,
        country=row.country,
        consent=row.consent,
        is_erased=row.is_erased,
    )


async def _baskets(connection: Connection, person: str, visitors: list[str]) -> list[BasketBody]:
    """Return what is in the baskets of a person, the account's own first."""
    owners = dict.fromkeys([person, *(f"visitor:{visitor}" for visitor in visitors[:10])])
    found = [await find_basket(connection, owner) for owner in owners]
    return [
        BasketBody(row.owner, row.items, total(row), row.last_activity_at)
        for row in found
        if row is not None and row.items
    ]


async def _own_segments(connection: Connection, person: str) -> list[OwnSegment]:
    shown = []
    for member in await segments_of(connection, person):
        segment = await find_segment(connection, member.segment_id)
        if segment is not None:
            shown.append(OwnSegment(member.segment_id, segment.name, member.since, member.position))
    return shown


def _account(row: PersonRow | None, *, may_see: bool) -> Account | UnsetType | None:
    if not may_see:
        return UNSET
    return row.account if row else None


def _summary(row: PersonRow, *, may_see: bool) -> PersonSummary:
    return PersonSummary(
        person=row.placed.person,
        presence=row.presence,
        account=_account(row, may_see=may_see),
        place=shopper_place(row.placed),
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/people",
        handler=show_people,
        summary="Shoppers and visitors, by text, segment and presence; names for admins alone",
        tag="Insight",
        query=PeopleQuery,
        answer=Page[PersonSummary],
        roles=ANALYST,
        reads=("segments", "segment_members", "visits", "shopper_directory"),
    ),
    Route(
        method="GET",
        path="/v1/insights/people/{person}",
        handler=show_person,
        summary="A shopper or visitor: presence, intent and its course, basket, segments, value",
        tag="Insight",
        answer=PersonBody,
        roles=ANALYST,
        reads=(*VISIT_READS, "segments", "segment_members", "shopper_directory", "baskets"),
        refusals=(404,),
    ),
)
