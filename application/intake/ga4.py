"""Turns requests of GA4's Measurement Protocol into facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from application.intake import properties as read
from application.intake import vocabulary
from application.intake.bad_message import BadMessage
from application.intake.circumstances import circumstances_of, mark_pace
from application.intake.clock import of_microseconds, true_time
from application.intake.event_ids import content_id, event_id
from application.intake.messages import Ga4Event, Ga4Request
from application.intake.said import Arrival, Said, Translated, message_id_of
from application.intake.segment import LARGEST_EVENT_BYTES, NUL
from application.intake.vocabulary import Word
from application.uuid7 import uuid7
from domain.identity import Identity, identity_fact
from domain.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event

_ITEMS = "`items[]` with `item_id`, `item_category`"
_decode_request = msgspec.json.Decoder(Ga4Request).decode
_decode_event = msgspec.json.Decoder(Ga4Event).decode


def decode_request(body: bytes) -> Ga4Request:
    """Return a request, its events still undecoded. Raises BadMessage for anything else."""
    try:
        request: Ga4Request = _decode_request(body)
    except (ValueError, RecursionError) as error:
        raise BadMessage("malformed_request", f"the body is no request: {error}") from error
    return request


def translate(raw: bytes, request: Ga4Request, arrival: Arrival, index: int) -> Translated:
    """Return what an event says, the one at ``index`` of its request.

    The first event of a request with a client and a user also joins the two. Raises BadMessage
    for an event that cannot be understood, of any shape, and nothing else.
    """
    if len(raw) > LARGEST_EVENT_BYTES:
        raise BadMessage("too_large", f"an event has at most {LARGEST_EVENT_BYTES} bytes")
    if NUL in raw:
        raise BadMessage("nul_character", "it holds a NUL character, which no text has")
    try:
        event = _decode_event(raw)
    except msgspec.ValidationError as error:
        raise BadMessage("invalid_message", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BadMessage("malformed_message", "it is no valid JSON") from error
    given_at = (
        event.timestamp_micros if event.timestamp_micros is not None else request.timestamp_micros
    )
    at = true_time(of_microseconds(given_at), None, arrival.received_at)
    client = read.identifier({"client_id": request.client_id}, "client_id") or read.identifier(
        {"app_instance_id": request.app_instance_id}, "app_instance_id"
    )
    params = event.params or {}
    message_id = message_id_of(params.get("event_id")) or (
        str(uuid7()) if given_at is None else content_id(raw, client, given_at, index)
    )
    facts = list(_facts(event.name, params, request, arrival, (client, at, message_id, index)))
    ids = [event_id(arrival.key_id, message_id, n) for n in range(len(facts))]
    return Translated(facts, ids)


def _facts(
    name: str, params: dict[str, Any], request: Ga4Request, arrival: Arrival, told: tuple[Any, ...]
) -> Sequence[Event]:
    client, at, message_id, index = told
    shopper_id = _shopper(request.user_id, arrival)
    visitor = client or (f"shopper:{shopper_id}" if shopper_id else "")
    if not visitor:
        raise BadMessage("no_visitor", "it names neither client_id nor user_id")
    agent = request.user_agent if isinstance(request.user_agent, str) else ""
    circumstances = circumstances_of(
        arrival, visitor=visitor, shopper_id=shopper_id, agent=agent, device="server"
    )
    if name in _VIEWS:
        mark_pace(circumstances, arrival, message_id, at)
    said = Said(
        at=at,
        message_id=message_id,
        properties=params,
        page_url=read.url(params.get("page_location")),
        circumstances=circumstances,
    )
    word = EVENTS.get(name)
    facts = list(word.translate(said) if word is not None else vocabulary.custom(name, said))
    if client and shopper_id and index == 0:
        facts.append(
            identity_fact(Identity.Joined, client, at, shopper_id=shopper_id, how="identify")
        )
    return facts


def _shopper(user_id: object, arrival: Arrival) -> str:
    if user_id is None or user_id == "":
        return ""
    if isinstance(user_id, str) and "@" in user_id:
        return arrival.pseudonym(user_id)
    return read.as_id(user_id, "user_id")


def _page_viewed(said: Said) -> Sequence[Event]:
    given = said.properties
    return vocabulary.page_viewed(
        said, said.page_url, read.text(given, "page_title"), read.url(given.get("page_referrer"))
    )


def _screen_viewed(said: Said) -> Sequence[Event]:
    name = read.text(said.properties, "screen_name", "firebase_screen")
    return [said.fact(Visit.PageViewed, url=f"screen:{name}", title=name)]


def _engaged(said: Said) -> Sequence[Event]:
    return vocabulary.dwelled(said, "engagement_time_msec")


_VIEWS = frozenset({"page_view", "screen_view", "view_item"})
EVENTS: dict[str, Word] = {
    "page_view": Word(
        (Visit.PageViewed,), "`page_location`, `page_title`, `page_referrer`", _page_viewed
    ),
    "screen_view": Word((Visit.PageViewed,), "`screen_name`", _screen_viewed),
    "view_item": Word((Visit.ProductViewed,), _ITEMS, vocabulary.product_viewed),
    "select_item": Word(
        (Visit.ProductClicked,), f"{_ITEMS}, `index`, `item_list_name`", vocabulary.product_clicked
    ),
    "add_to_cart": Word((Visit.ProductCarted,), f"{_ITEMS}, `quantity`", vocabulary.product_carted),
    "remove_from_cart": Word(
        (Visit.ProductUncarted,), f"{_ITEMS}, `quantity`", vocabulary.product_uncarted
    ),
    "begin_checkout": Word(
        (Visit.CheckoutStarted,), "`value`, `currency`", vocabulary.checkout_started
    ),
    "purchase": Word(
        (Visit.ProductPurchased,),
        f"`transaction_id`, `currency`, {_ITEMS}, `price`, `quantity`",
        vocabulary.purchased,
    ),
    "refund": Word(
        (Visit.PurchaseRefunded,),
        f"`transaction_id`, `currency`, {_ITEMS}, `price`, `quantity`; else `value`",
        vocabulary.refunded,
    ),
    "search": Word((Visit.Searched,), "`search_term`, `results`", vocabulary.searched),
    "view_search_results": Word((Visit.Searched,), "`search_term`, `results`", vocabulary.searched),
    "user_engagement": Word((Visit.Dwelled,), "`engagement_time_msec`", _engaged),
    "scroll": Word((Visit.Scrolled,), "`percent_scrolled`", vocabulary.scrolled),
}
"""GA4's recommended names that have a fact of their own."""
