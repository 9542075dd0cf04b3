"""The door to segments: how large and how worthy each is, who is in it, who went where."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from api.paging import Page, Paged, page_of
from api.roles import ANALYST
from api.route import Reply, Route
from domain.errors import NotFound
from domain.money import Money
from domain.segmentation import Borders, Buying, Spending, Worth
from ml.segments.named_segments import NAMED
from projections.checkpoints import live_positions
from projections.segment_sizes import PlacedShopper, Size, find_placed, members, sizes
from projections.segments import latest_fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.call import Call
    from domain.segmentation import Fit, Move
    from projections.projection import Connection

CLUSTER = "cluster-"


class NoSuchSegment(NotFound):
    """There is no named segment and no cluster of this name."""

    code = "no_such_segment"


class ShopperNotSeen(NotFound):
    """Nothing is known of this shopper."""

    code = "shopper_not_seen"


class Share(msgspec.Struct, frozen=True):
    """Money in one currency, and its share of all the shop has in this currency."""

    money: Money
    share: float | None


class SegmentSize(msgspec.Struct, frozen=True, kw_only=True):
    """A named segment or a cluster. ``value``: margin expected of those of whom it is known."""

    name: str
    meaning: str
    action: str
    shoppers: int
    customers: int
    customer_share: float | None
    revenue: list[Share]
    value: list[Share]


class FitBody(msgspec.Struct, frozen=True, kw_only=True):
    """What everyone stands by. ``absent``: what could not be fitted, and why: not enough data.

    ``borders``: where the scores 2 to 5 begin: seconds since 1970, orders, minor units.
    """

    as_of: datetime
    until: int
    customers: int
    new_since: datetime
    borders: Borders
    buying: Buying | None
    spending: dict[str, Spending]
    worth: Worth
    stability: float | None
    silhouette: float | None
    absent: dict[str, str]


class MoveBody(msgspec.Struct, frozen=True):
    """So many were in ``before`` at the month's beginning, and are in ``after`` at its end.

    Empty ``before``: had not ordered yet.
    """

    month: str
    before: str
    after: str
    customers: int


class SegmentsBody(msgspec.Struct, frozen=True, kw_only=True):
    """All segments as of a log position. ``status``: ``no_fit`` before the first fit."""

    as_of_position: int
    status: str
    fit: FitBody | None
    shoppers: int
    customers: int
    segments: list[SegmentSize]
    clusters: list[SegmentSize]
    moves: list[MoveBody]


class ShopperPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a shopper belongs and why: scores of 1 to 5, 0 without an order.

    ``position``: the event that put them there. ``chance_alive`` and ``expected_orders``: within
    the horizon of the fit; null where no model tells.
    """

    person: str
    segment: str
    recency_score: int
    frequency_score: int
    monetary_score: int
    cluster: str | None
    orders: int
    undone_orders: int
    revenue: Money | None
    first_order_at: datetime | None
    last_order_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    product_views: int
    basket_adds: int
    chance_alive: float | None
    expected_orders: float | None
    value: Money | None
    position: int


async def show_segments(call: Call[None, None]) -> Reply:
    """Return all named segments and clusters."""
    async with (
        call.services.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        position = (await live_positions(connection)).get("segments", 0)
        fit = await latest_fit(connection)
        counted = await sizes(connection)
    words = fit.clusters.words if fit and fit.clusters else ()
    whole = _whole(counted)
    return Reply(
        SegmentsBody(
            as_of_position=position,
            status="fitted" if fit else "no_fit",
            fit=_fit(fit) if fit else None,
            shoppers=sum(each.shoppers for each in counted),
            customers=whole.customers,
            segments=[
                _size(each.name, each.meaning, each.action, whole, _in(counted, each.name))
                for each in NAMED
            ],
            clusters=[
                _size(f"{CLUSTER}{n}", meaning, "", whole, [c for c in counted if c.cluster == n])
                for n, meaning in enumerate(words)
            ],
            moves=[_move(each) for each in fit.moves] if fit else [],
        )
    )


async def show_members(call: Call[None, Paged]) -> Reply:
    """Return who is in a named segment or a cluster, by person."""
    name, after = call.key("segment"), call.query.cursor(str, "")
    cluster = cluster_of(name)
    if cluster is None and all(name != each.name for each in NAMED):
        raise NoSuchSegment
    async with call.services.pool.acquire() as connection:
        rows = await members(
            connection, segment=name, cluster=cluster, after=after, limit=call.query.limit + 1
        )
    page = page_of(rows, call.query.limit, lambda row: row.person)
    return Reply(Page([shopper_place(row) for row in page.items], page.next_page_token))


async def show_shopper(call: Call[None, None]) -> Reply:
    """Return where a shopper belongs."""
    async with call.services.pool.acquire() as connection:
        found = await place_of(connection, f"shopper:{call.key('shopper_id')}")
    if found is None:
        raise ShopperNotSeen
    return Reply(found)


async def place_of(connection: Connection, person: str) -> ShopperPlace | None:
    """Return where ``shopper:ID`` or ``visitor:ID`` belongs; None for who is not there."""
    row = await find_placed(connection, person)
    return shopper_place(row) if row else None


def shopper_place(row: PlacedShopper) -> ShopperPlace:
    """Return a row as it is shown."""
    alive, expected = row.alive_thousandths, row.expected_thousandths
    value = None if row.value_minor is None else Money(row.value_minor, row.currency)
    return ShopperPlace(
        person=row.person,
        segment=row.segment,
        recency_score=row.recency,
        frequency_score=row.frequency,
        monetary_score=row.monetary,
        cluster=None if row.cluster is None else f"{CLUSTER}{row.cluster}",
        orders=row.orders,
        undone_orders=row.undone,
        revenue=Money(row.revenue_minor, row.currency) if row.currency else None,
        first_order_at=row.first_order_at,
        last_order_at=row.last_order_at,
        first_seen_at=row.first_at,
        last_seen_at=row.last_at,
        product_views=row.views,
        basket_adds=row.basket_adds,
        chance_alive=None if alive is None else alive / 1_000,
        expected_orders=None if expected is None else expected / 1_000,
        value=value,
        position=row.position,
    )


def cluster_of(name: str) -> int | None:
    """Return the number of ``cluster-N``; None for what is no cluster's name."""
    number = name.removeprefix(CLUSTER)
    is_one = name.startswith(CLUSTER) and number.isascii() and number.isdigit()
    return int(number) if is_one and len(number) <= 2 else None  # noqa: PLR2004 - there are 8


class _Whole(msgspec.Struct):
    customers: int
    revenue: dict[str, int]
    value: dict[str, int]


def _whole(counted: Iterable[Size]) -> _Whole:
    whole = _Whole(0, defaultdict(int), defaultdict(int))
    for each in counted:
        whole.customers += each.customers
        if each.currency:
            whole.revenue[each.currency] += each.revenue_minor
        if each.value_minor is not None:
            whole.value[each.currency] += each.value_minor
    return whole


def _in(counted: Iterable[Size], segment: str) -> list[Size]:
    return [each for each in counted if each.segment == segment]


def _size(
    name: str, meaning: str, action: str, whole: _Whole, counted: Sequence[Size]
) -> SegmentSize:
    own = _whole(counted)
    return SegmentSize(
        name=name,
        meaning=meaning,
        action=action,
        shoppers=sum(each.shoppers for each in counted),
        customers=own.customers,
        customer_share=own.customers / whole.customers if whole.customers else None,
        revenue=_shares(own.revenue, whole.revenue),
        value=_shares(own.value, whole.value),
    )


def _shares(own: dict[str, int], whole: dict[str, int]) -> list[Share]:
    return [
        Share(Money(minor, currency), minor / whole[currency] if whole[currency] > 0 else None)
        for currency, minor in sorted(own.items())
    ]


def _fit(fit: Fit) -> FitBody:
    clusters = fit.clusters
    return FitBody(
        as_of=fit.as_of,
        until=fit.until,
        customers=fit.customers,
        new_since=fit.new_since,
        borders=fit.borders,
        buying=fit.buying,
        spending=fit.spending,
        worth=fit.worth,
        stability=clusters.stability if clusters else None,
        silhouette=clusters.silhouette if clusters else None,
        absent={name: f"not_enough_data: {reason}" for name, reason in fit.absent.items()},
    )


def _move(move: Move) -> MoveBody:
    return MoveBody(move.month, move.before, move.after, move.customers)


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/segments",
        handler=show_segments,
        summary="Segments: sizes, revenue, value, and who moved where",
        tag="Insight",
        answer=SegmentsBody,
        roles=ANALYST,
        reads=("segments",),
    ),
    Route(
        method="GET",
        path="/v1/insights/segments/{segment}/members",
        handler=show_members,
        summary="Who is in a named segment or a cluster",
        tag="Insight",
        query=Paged,
        answer=Page[ShopperPlace],
        roles=ANALYST,
        reads=("segments",),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/insights/shoppers/{shopper_id}/segments",
        handler=show_shopper,
        summary="A shopper's segment, cluster and value, with the numbers behind",
        tag="Insight",
        answer=ShopperPlace,
        roles=ANALYST,
        reads=("segments",),
        refusals=(404,),
    ),
)
