"""The door to behaviour: who is here, visits, the funnel, paths, searches, trends, dwell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.moments import moment, span
from api.paging import DEFAULT, MOST, Page
from api.problems import bad_field
from api.roles import ANALYST
from api.route import Reply, Route
from api.segment_insights import ShopperPlace, place_of
from api.segments import MemberBody, member_body
from domain.errors import NotFound
from projections.behaviour import DwellBand, Step, dwell_conversion, paths
from projections.funnel import FunnelRow, funnel
from projections.identities import person_of
from projections.intent import Score, intent_of
from projections.kept_visits import visits_of
from projections.presence import Presence, Sorting, State, presence, present, state_of
from projections.product_sales import TrendRow, trending_products
from projections.searches import SearchRow, top_searches
from projections.segment_members import segments_of

if TYPE_CHECKING:
    from api.call import Call
    from projections.intent import IntentRow
    from projections.kept_visits import VisitRow

MOST_BUCKETS = 10_000
VISIT_READS = ("visits", "intent")


class VisitorNotFound(NotFound):
    """This visitor was never here."""

    code = "visitor_not_found"


class Within(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From a time to before another; the last 30 days where it is left out."""

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The time, both ends filled in."""
        now = datetime.now(UTC)
        return span(
            moment(self.start, "from"),
            moment(self.end, "to"),
            default_start=now - timedelta(days=30),
            default_end=now,
        )


class Top(Within, kw_only=True):
    """The first of a list, within a time."""

    page_size: Annotated[int, Meta(ge=1)] = DEFAULT

    @property
    def limit(self) -> int:
        """How many are shown at most."""
        return min(self.page_size, MOST)


class FunnelQuery(Within, kw_only=True):
    """``bucket``: by the beginning of the visits. ``by``: one row for each of these."""

    bucket: Literal["minute", "hour", "day", "whole"] = "whole"
    by: Literal["", "source", "category", "device"] = ""


class SearchQuery(Top, kw_only=True):
    """``without_result``: only what was looked for in vain."""

    without_result: bool = False


class TrendQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The last days over as many before."""

    days: Annotated[int, Meta(ge=1, le=365)] = 7
    by: Literal["views", "basket_adds", "units"] = "views"
    page_size: Annotated[int, Meta(ge=1)] = DEFAULT


class VisitorsQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many of them are shown, and which first: the latest, or who most probably orders or
    leaves a basket behind.
    """

    sort: Sorting = "latest"
    page_size: Annotated[int, Meta(ge=1)] = DEFAULT


class IntentBody(msgspec.Struct, frozen=True, kw_only=True):
    """How probable it is that a visit orders, and that its basket is left; as of a log position.

    ``outcome``: empty while the visit is open; else ordered, abandoned or left. ``abandonment``:
    null without a basket. ``degraded``: ``no_model`` where the basket rule stands in
    for one, which then has no version; else empty.
    """

    outcome: str
    intent: Score
    abandonment: Score | None
    degraded: str
    as_of_position: int


class VisitBody(msgspec.Struct, frozen=True, kw_only=True):
    """A visit. ``events_from`` is the log position of its first event, which is also its id."""

    visit_id: int
    visitor: str
    shopper_id: str
    person: str
    presence: State
    started_at: datetime
    ended_at: datetime
    entry_page: str
    exit_page: str
    source: str
    device: str
    bot: str
    page_views: int
    product_views: int
    items_added: int
    orders: int
    dwell_ms: int
    outcome: str
    intent: float | None = None
    abandonment: float | None = None
    """How probable an order is, and that the basket is left; null where the visit is over."""


class VisitorsBody(msgspec.Struct, frozen=True):
    """Who is on the site; ``items`` are their visits, sorted as asked for."""

    presence: Presence
    items: list[VisitBody]


class VisitorBody(msgspec.Struct, frozen=True):
    """``person``: whom the visitor is taken for, ``shopper:ID`` or ``visitor:ID``; the visits are
    the visitor's, and all of this person's. ``place``: the person's segment, cluster and value;
    ``segments``: the shop's own that they are in.
    """

    visitor: str
    person: str
    presence: State
    visits: list[VisitBody]
    intent: IntentBody | None = None
    """Of the latest visit, until an hour after its end."""
    place: ShopperPlace | None = None
    segments: list[MemberBody] = []


async def show_visitors(call: Call[None, VisitorsQuery]) -> Reply:
    """Return who is on the site."""
    now, limit = datetime.now(UTC), min(call.query.page_size, MOST)
    async with call.services.pool.acquire() as connection:
        counts = await presence(connection, now)
        rows = await present(connection, now, limit, by=call.query.sort)
        known = await intent_of(connection, [row.visitor for row in rows])
    return Reply(
        VisitorsBody(counts, [visit_body(row, now, known.get(row.visitor)) for row in rows])
    )


async def show_visitor(call: Call[None, None]) -> Reply:
    """Return the latest visits of a visitor and of whom they are taken for."""
    visitor, now = call.key("visitor"), datetime.now(UTC)
    async with call.services.pool.acquire() as connection:
        person = await person_of(connection, "visit_identities", visitor) or f"visitor:{visitor}"
        rows = await visits_of(connection, visitor, person)
        place, own = await place_of(connection, person), await segments_of(connection, person)
        known = await intent_of(connection, [visitor])
    if not rows:
        raise VisitorNotFound
    visits = [visit_body(row, now, known.get(row.visitor)) for row in rows]
    found = known.get(visitor)
    intent = intent_body(found) if found else None
    segments = [member_body(row) for row in own]
    return Reply(VisitorBody(visitor, person, visits[0].presence, visits, intent, place, segments))


async def show_funnel(call: Call[None, FunnelQuery]) -> Reply:
    """Return how far visits came."""
    query = call.query
    start, end = query.span
    if query.bucket != "whole":
        width = timedelta(**{f"{query.bucket}s": 1})
        if (end - start) / width > MOST_BUCKETS:
            raise bad_field("bucket", f"that makes more than {MOST_BUCKETS} buckets; ask for less")
    async with call.services.pool.acquire() as connection:
        rows = await funnel(connection, start=start, end=end, bucket=query.bucket, by=query.by)
    return Reply(Page(rows))


async def show_paths(call: Call[None, Top]) -> Reply:
    """Return the most frequent steps between pages."""
    start, end = call.query.span
    async with call.services.pool.acquire() as connection:
        rows = await paths(connection, start=start, end=end, limit=call.query.limit)
    return Reply(Page(rows))


async def show_searches(call: Call[None, SearchQuery]) -> Reply:
    """Return what visitors look for."""
    query = call.query
    start, end = query.span
    async with call.services.pool.acquire() as connection:
        rows = await top_searches(
            connection,
            start=start.date(),
            end=end.date() + timedelta(days=1),
            limit=query.limit,
            only_without_result=query.without_result,
        )
    return Reply(Page(rows))


async def show_trends(call: Call[None, TrendQuery]) -> Reply:
    """Return the products that rise most."""
    query = call.query
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    async with call.services.pool.acquire() as connection:
        rows = await trending_products(
            connection,
            end=tomorrow,
            days=query.days,
            limit=min(query.page_size, MOST),
            by=query.by,
        )
    return Reply(Page(rows))


async def show_dwell(call: Call[None, Within]) -> Reply:
    """Return whether visits that stay longer on a product's page order it more often."""
    start, end = call.query.span
    async with call.services.pool.acquire() as connection:
        rows = await dwell_conversion(connection, start=start, end=end)
    return Reply(Page(rows))


def intent_body(row: IntentRow) -> IntentBody:
    """Return the scores of a visit as they are shown."""
    return IntentBody(
        outcome=row.outcome,
        intent=row.intent,
        abandonment=row.abandonment,
        degraded=row.degraded,
        as_of_position=row.position,
    )


def visit_body(row: VisitRow, now: datetime, known: IntentRow | None) -> VisitBody:
    """Return a visit with its scores, where it is the open one that they are of."""
    shown = {
        name: getattr(row, name)
        for name in VisitBody.__struct_fields__
        if name not in {"presence", "outcome", "intent", "abandonment"}
    }
    visit = VisitBody(**shown, presence=state_of(row, now), outcome=row.outcome)
    if known is None or known.outcome or known.last_event_at < row.started_at:
        return visit
    if row.ended_at < known.started_at:
        return visit  # an earlier one
    left = known.abandonment.score if known.abandonment else None
    return msgspec.structs.replace(visit, intent=known.intent.score, abandonment=left)


def _route(
    path: str,
    handler: object,
    summary: str,
    query: type[msgspec.Struct] | None,
    answer: object,
    reads: tuple[str, ...] = ("visits",),
) -> Route:
    asked = {} if query is None else {"query": query}
    return Route(
        method="GET",
        path=f"/v1/insights/{path}",
        handler=handler,  # type: ignore[arg-type]  # each takes its own query
        summary=summary,
        tag="Insight",
        answer=answer,
        roles=ANALYST,
        reads=reads,
        refusals=() if query else (404,),
        **asked,  # type: ignore[arg-type]
    )


ROUTES = (
    _route(
        "visitors",
        show_visitors,
        "Who is on the site now, and who most probably orders",
        VisitorsQuery,
        VisitorsBody,
        VISIT_READS,
    ),
    _route(
        "visitors/{visitor}",
        show_visitor,
        "A visitor's presence, intent with what moved it, latest visits and segments",
        None,
        VisitorBody,
        (*VISIT_READS, "segments", "segment_members"),
    ),
    _route("funnel", show_funnel, "How far visits come", FunnelQuery, Page[FunnelRow]),
    _route("paths", show_paths, "Ways from page to page", Top, Page[Step]),
    _route(
        "searches",
        show_searches,
        "What visitors look for, also in vain",
        SearchQuery,
        Page[SearchRow],
        ("searches",),
    ),
    _route(
        "trends",
        show_trends,
        "Products that rise most",
        TrendQuery,
        Page[TrendRow],
        ("product_sales", "catalogue"),
    ),
    _route(
        "dwell",
        show_dwell,
        "Time on a product's page against its conversion",
        Within,
        Page[DwellBand],
    ),
)
