"""Turns Segment's messages into facts; names are those of its e-commerce specification, v2."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from application.intake import properties as read
from application.intake import vocabulary
from application.intake.agents import CLASSES
from application.intake.bad_message import BadMessage
from application.intake.circumstances import circumstances_of, mark_pace
from application.intake.clock import true_time
from application.intake.event_ids import content_id, event_id
from application.intake.messages import Context, Message
from application.intake.said import Arrival, Said, Translated, message_id_of
from application.intake.sources import campaign
from application.intake.vocabulary import Word
from application.uuid7 import uuid7
from domain.identity import Identity, identity_fact
from domain.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.events import Event

LARGEST_EVENT_BYTES = 32 * 1024
NUL = b"\\u0000"

_PRODUCT = "`product_id` or `sku`, `category`"
_LINES = "`products[]` with `product_id` or `sku`, `price`, `quantity`, `category`"

E_COMMERCE: dict[str, Word] = {
    "Product Viewed": Word((Visit.ProductViewed,), _PRODUCT, vocabulary.product_viewed),
    "Product Clicked": Word(
        (Visit.ProductClicked,),
        "`product_id` or `sku`, `list` or `list_id`, `position`",
        vocabulary.product_clicked,
    ),
    "Product Added": Word(
        (Visit.ProductCarted,), f"{_PRODUCT}, `quantity`", vocabulary.product_carted
    ),
    "Product Removed": Word(
        (Visit.ProductUncarted,), f"{_PRODUCT}, `quantity`", vocabulary.product_uncarted
    ),
    "Checkout Started": Word(
        (Visit.CheckoutStarted,),
        "`value`, `total` or `revenue`, `currency`",
        vocabulary.checkout_started,
    ),
    "Order Completed": Word(
        (Visit.ProductPurchased,), f"`order_id`, `currency`, {_LINES}", vocabulary.purchased
    ),
    "Order Refunded": Word(
        (Visit.PurchaseRefunded,),
        f"`order_id`, `currency`, {_LINES}; else `total`",
        vocabulary.refunded,
    ),
    "Products Searched": Word((Visit.Searched,), "`query`, `results`", vocabulary.searched),
    "Product Reviewed": Word(
        (Visit.ProductRated,), "`product_id` or `sku`, `rating`", vocabulary.rated
    ),
}
"""Names of ``track`` calls that the specification has."""

OF_TRACKER: dict[str, Word] = {
    "Page Dwelled": Word(
        (Visit.Dwelled,), "`milliseconds`, `product_id`, `url`", vocabulary.dwelled
    ),
    "Page Scrolled": Word((Visit.Scrolled,), "`percent`, `url`", vocabulary.scrolled),
    "Page Left": Word((Visit.Left,), "`url`", vocabulary.left),
    "Heartbeat": Word((Visit.StayedActive,), "", vocabulary.stayed_active),
    "Consent Changed": Word(
        (Visit.ConsentChanged,), "`purposes`, `signals[]`", vocabulary.consent_changed
    ),
    "Recommendations Viewed": Word(
        (Visit.RecommendationsShown,),
        "`recommendation_id`, `placement`, `products[]`",
        vocabulary.recommendations_shown,
    ),
    "Recommendation Clicked": Word(
        (Visit.RecommendationClicked,),
        "`recommendation_id`, `placement`, `product_id`, `position`",
        vocabulary.recommendation_clicked,
    ),
}
"""Names of ``track`` calls that our tracker makes besides."""

_TRANSLATE = {name: word.translate for name, word in (E_COMMERCE | OF_TRACKER).items()}
_VIEWS = frozenset({"Product Viewed"})
_NO_CONTEXT = Context()
_decode = msgspec.json.Decoder(Message).decode
_decode_context = msgspec.json.Decoder(Context | None).decode


def context_of_batch(raw: msgspec.Raw) -> Context | None:
    """Return the context that messages without one of their own share."""
    try:
        context: Context | None = _decode_context(raw)
    except (ValueError, RecursionError):
        return None
    return context


def moment_of(value: object) -> datetime | None:
    """Return the time at which a batch says it was sent; None for what is no time."""
    try:
        return msgspec.convert(value, datetime | None)
    except ValueError:
        return None


def translate(
    raw: bytes,
    arrival: Arrival,
    *,
    call: str = "",
    sent_at: datetime | None = None,
    shared: Context | None = None,
) -> Translated:
    """Return what a message says. ``call``: what it is, where it does not say so itself.

    Raises BadMessage for a message that cannot be understood, of any shape, and nothing else.
    """
    if len(raw) > LARGEST_EVENT_BYTES:
        raise BadMessage("too_large", f"an event has at most {LARGEST_EVENT_BYTES} bytes")
    if NUL in raw:
        raise BadMessage("nul_character", "it holds a NUL character, which no text has")
    try:
        message = _decode(raw)
    except msgspec.ValidationError as error:
        raise BadMessage("invalid_message", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BadMessage("malformed_message", "it is no valid JSON") from error
    sent = message.sent_at or sent_at
    given_at = message.timestamp or message.original_timestamp
    at = true_time(given_at, sent, arrival.received_at)
    message_id = message_id_of(message.message_id) or (
        content_id(raw, sent) if given_at else str(uuid7())
    )
    kind = call or message.type or "track"
    translator = _TRANSLATE_CALL.get(kind)
    if translator is None:
        raise BadMessage("unknown_call", "there is no such call")
    facts = translator(message, message.context or shared or _NO_CONTEXT, arrival, at, message_id)
    key_id = arrival.key_id
    return Translated(list(facts), [event_id(key_id, message_id, n) for n in range(len(facts))])


def _track(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    name = message.event
    if name is None:
        raise BadMessage("missing_property", "event is missing")
    said = _said(message, context, arrival, at, message_id, is_view=name in _VIEWS)
    known = _TRANSLATE.get(name)
    return known(said) if known is not None else vocabulary.custom(name, said)


def _page(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    said = _said(message, context, arrival, at, message_id, is_view=True)
    given, page = said.properties, context.page
    referrer = given.get("referrer")
    return vocabulary.page_viewed(
        said,
        read.url(given.get("url")) or said.page_url or read.url(given.get("path")),
        read.text(given, "title")
        or read.text({"title": (page and page.title) or message.name}, "title"),
        read.url(referrer if referrer is not None else page and page.referrer),
    )


def _screen(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    said = _said(message, context, arrival, at, message_id, is_view=True)
    name = read.text({"name": message.name}, "name") or read.text(said.properties, "name")
    return [said.fact(Visit.PageViewed, url=f"screen:{name}", title=name)]


def _identify(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    del context, message_id
    if message.user_id is None or message.anonymous_id in {None, ""} or message.user_id == "":
        return []  # traits alone, or nobody to join: nothing that is kept
    visitor = _id(message.anonymous_id, "anonymousId", arrival)
    shopper_id = _id(message.user_id, "userId", arrival)
    return [identity_fact(Identity.Joined, visitor, at, shopper_id=shopper_id, how="identify")]


def _alias(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    del context, message_id
    visitor = _id(message.previous_id or message.anonymous_id, "previousId", arrival)
    shopper_id = _id(message.user_id, "userId", arrival)
    return [identity_fact(Identity.Joined, visitor, at, shopper_id=shopper_id, how="alias")]


def _group(
    message: Message, context: Context, arrival: Arrival, at: datetime, message_id: str
) -> Sequence[Event]:
    said = _said(message, context, arrival, at, message_id, is_view=False)
    said.properties = {"group_id": _id(message.group_id, "groupId", arrival)}
    return vocabulary.custom("Group Joined", said)


class Call(NamedTuple):
    """One of the calls of an SDK: what it becomes, what it reads, and how."""

    becomes: tuple[type[Event], ...]
    reads: str
    translate: Callable[[Message, Context, Arrival, datetime, str], Sequence[Event]]


CALLS: dict[str, Call] = {
    "track": Call((Visit.CustomTracked,), "`event`, `properties`", _track),
    "page": Call(
        (Visit.PageViewed,),
        "`properties` or `context.page` with `url`, `title`, `referrer`; `name`",
        _page,
    ),
    "screen": Call((Visit.PageViewed,), "`name`", _screen),
    "identify": Call((Identity.Joined,), "`anonymousId`, `userId`", _identify),
    "alias": Call((Identity.Joined,), "`previousId` or `anonymousId`, `userId`", _alias),
    "group": Call((Visit.CustomTracked,), "`groupId`", _group),
}
"""What a message may be. A ``track`` call whose name is known becomes what that name does."""

_TRANSLATE_CALL = {name: call.translate for name, call in CALLS.items()}


def _said(
    message: Message,
    context: Context,
    arrival: Arrival,
    at: datetime,
    message_id: str,
    *,
    is_view: bool,
) -> Said:
    shopper_id = (
        ""
        if message.user_id is None or message.user_id == ""
        else _id(message.user_id, "userId", arrival)
    )
    visitor = _visitor(message, context, arrival, shopper_id)
    told_device = context.device.type if context.device else None
    circumstances = circumstances_of(
        arrival,
        visitor=visitor,
        shopper_id=shopper_id,
        agent=context.user_agent or "",
        device=told_device
        if told_device in CLASSES
        else ("server" if context.library is not None else ""),
    )
    if context.webdriver is True:
        circumstances.setdefault("bot", "webdriver")
    if is_view:
        mark_pace(circumstances, arrival, message_id, at)
    if (told := context.campaign) is not None and (source := campaign(told.source, told.medium)):
        circumstances["source"] = source
    page = context.page
    return Said(
        at=at,
        message_id=message_id,
        properties=message.properties or {},
        page_url=read.url(page.url) if page is not None else "",
        circumstances=circumstances,
    )


def _visitor(message: Message, context: Context, arrival: Arrival, shopper_id: str) -> str:
    if message.anonymous_id is not None and message.anonymous_id != "":
        return _id(message.anonymous_id, "anonymousId", arrival)
    if shopper_id:
        return f"shopper:{shopper_id}"
    if context.consent is not None and context.consent.analytics is True:
        address = context.ip if isinstance(context.ip, str) else ""
        return arrival.cookieless(address, context.user_agent or "")
    raise BadMessage("no_visitor", "it names neither anonymousId nor userId")


def _id(value: object, name: str, arrival: Arrival) -> str:
    if value is None or value == "":
        raise BadMessage("missing_property", f"{name} is missing")
    if type(value) is str and "@" in value:
        return arrival.pseudonym(value)
    return read.as_id(value, name)
