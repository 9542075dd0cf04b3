"""The door to what a person did: a timeline from the log, without personal data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from api.feed_item import Line, Told
from api.paging import Page, Paged, page_of
from api.people import belongs_to, resolved
from api.roles import ANALYST
from api.route import Reply, Route
from application.timelines import find_past, streams_of
from domain.money import Money
from projections.kept_visits import visit_ids_of
from projections.orders import orders_of
from projections.people import visitors_of
from projections.visits import page_of as path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.call import Call
    from application.timelines import PastEvent

MOST_ORDERS = 500
MOST_VISITS = 2_000
SCAN = 4
"""Events of somebody else in the same browser are left out, so more are read than shown."""


class TimelineItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event without personal data. ``page``: the path of an address, without its query."""

    position: int
    topic: str
    occurred_at: datetime
    visitor: str = ""
    product_id: str = ""
    quantity: int = 0
    price: Money | None = None
    lines: tuple[Line, ...] = ()
    total_minor: int = 0
    refund_minor: int = 0
    currency: str = ""
    order_id: str = ""
    rating: int = 0
    milliseconds: int = 0
    percent: int = 0
    page: str = ""
    search: str = ""
    placement: str = ""
    rank: int = 0
    name: str = ""
    """Of what the shop tracks by a name of its own."""


class _Told(Told):
    """The fields that a timeline tells beside those of the feed."""

    visitor: str = ""
    shopper_id: str = ""
    order_id: str = ""
    percent: int = 0
    url: str = ""
    query: str = ""
    placement: str = ""
    rank: int = 0


class _Tracked(msgspec.Struct):
    name: str = ""


_decode = msgspec.json.Decoder(_Told).decode
_decode_name = msgspec.json.Decoder(_Tracked).decode


async def show_timeline(call: Call[None, Paged]) -> Reply:
    """Return what a person did, the latest first."""
    limit = call.query.limit
    before = call.query.cursor(int | None, None)  # type: ignore[arg-type]
    async with call.services.pool.acquire() as connection:
        person = await resolved(connection, call.key("person"))
        visitors = await visitors_of(connection, person)
        whose = {visitor: await belongs_to(connection, visitor) for visitor in visitors}
        kind, _, key = person.partition(":")
        orders = await orders_of(connection, key, limit=MOST_ORDERS) if kind == "shopper" else []
        visits = await visit_ids_of(connection, person, visitors, limit=MOST_VISITS)
    streams = streams_of(
        person,
        visitors,
        lent=[visitor for visitor, owner in whose.items() if owner != person],
        orders=[row.order_id for row in orders],
        visits=visits,
    )
    found: list[TimelineItem] = []
    while len(found) <= limit:
        past = await find_past(call.services.pool, streams, before=before, limit=(limit + 1) * SCAN)
        found += [item for event in past if (item := _item(event, person, whose)) is not None]
        if len(past) <= limit * SCAN:
            break
        before = past[-1].position
    return Reply(page_of(found[: limit + 1], limit, lambda item: item.position))


def _item(event: PastEvent, person: str, whose: Mapping[str, str]) -> TimelineItem | None:
    """Return an event as it is told; None for what somebody else did in the same browser."""
    try:
        told = _decode(event.payload)
    except msgspec.DecodeError:  # a field of another type than we know: tell less
        told = _Told()
    if event.stream_id.startswith("visit-"):
        actor = f"shopper:{told.shopper_id}" if told.shopper_id else whose.get(told.visitor, person)
        if actor != person:
            return None
    category, _, key = event.stream_id.partition("-")
    lines = told.lines or tuple(
        Line(each.product_id, each.quantity, each.unit_price.amount) for each in told.items
    )
    return TimelineItem(
        position=event.position,
        topic=event.topic,
        occurred_at=event.occurred_at,
        visitor=told.visitor if category in {"visit", "shopper"} else "",
        product_id=told.product_id,
        quantity=told.quantity,
        price=told.price or told.unit_price,
        lines=lines,
        total_minor=told.total_minor,
        refund_minor=told.refund_minor,
        currency=told.currency,
        order_id=key if category == "order" else told.order_id,
        rating=told.rating,
        milliseconds=told.milliseconds,
        percent=told.percent,
        page=path_of(told.url) if told.url else "",
        search=told.query if event.topic == "visit.searched" else "",
        placement=told.placement,
        rank=told.rank,
        name=_tracked(event) if event.topic == "visit.custom_tracked" else "",
    )


def _tracked(event: PastEvent) -> str:
    try:
        return _decode_name(event.payload).name
    except msgspec.DecodeError:
        return ""


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/people/{person}/events",
        handler=show_timeline,
        summary="What a shopper or visitor did, the latest first, without personal data",
        tag="Insight",
        query=Paged,
        answer=Page[TimelineItem],
        roles=ANALYST,
        reads=("visits", "orders"),
    ),
)
