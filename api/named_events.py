"""The door from a reason to the events that it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from api.feed_item import FeedItem, FeedItems
from api.paging import Page
from api.problems import bad_field
from api.roles import MACHINES
from api.route import Reply, Route
from application.named_events import find_named

if TYPE_CHECKING:
    from api.call import Call

MOST = 100
_LONGEST = MOST * 37


class NamedEventsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """``ids``: up to a hundred, with commas between, as reasons of recommendations name them."""

    ids: Annotated[str, Meta(max_length=_LONGEST)]


async def show_named(call: Call[None, NamedEventsQuery]) -> Reply:
    """Return the events of these ids that are recorded, as the live feed tells them."""
    events = await find_named(call.services.pool, _ids(call.query.ids))
    items = FeedItems(call.journal.hashes)
    return Reply(Page([items.of(event) for event in events]))


def _ids(text: str) -> list[UUID]:
    try:
        found = [UUID(each.strip()) for each in text.split(",") if each.strip()]
    except ValueError:
        raise bad_field("ids", "an id is a UUID") from None
    if not 1 <= len(found) <= MOST:
        raise bad_field("ids", f"name 1 to {MOST} events")
    return found


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/events",
        handler=show_named,
        summary="Events by their ids, without what is personal",
        tag="Insight",
        query=NamedEventsQuery,
        answer=Page[FeedItem],
        roles=MACHINES,
    ),
)
