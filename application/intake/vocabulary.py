"""Turns what shops say about products, orders and pages into facts, whatever they call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from application.intake import properties as read
from application.intake.bad_message import BadMessage
from application.intake.privacy import clean_properties, without_emails
from application.intake.sources import source_of
from domain.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from application.intake.said import Said
    from domain.events import Event

MOST_PRODUCTS = 500
LONGEST_DWELL_MS = 24 * 3_600_000
LARGEST_RANK = 1_000_000
LARGEST_RESULTS = 10**9
LONGEST_NAME = 200
FULL_PERCENT = 100
STARS = 5

PRODUCT = ("product_id", "sku", "item_id", "productId", "id")
"""Names under which a product's id is found, the first given counts."""
CATEGORY = ("category", "item_category")
PLACEMENT = ("list", "list_id", "item_list_name", "item_list_id", "placement")
RANK = ("position", "index", "rank")
ORDER = ("order_id", "transaction_id", "checkout_id")


class Word(NamedTuple):
    """One of the outer names: what it becomes, what it reads, and how."""

    becomes: tuple[type[Visit.Event], ...]
    reads: str
    translate: Callable[[Said], Sequence[Event]]


def page_viewed(said: Said, url: str, title: str, referrer: str) -> Sequence[Event]:
    """Return the view of a page, with what brought the visitor to it."""
    circumstances = said.circumstances
    if "source" not in circumstances and (source := source_of(url, referrer)):
        circumstances["source"] = source
    return [said.fact(Visit.PageViewed, url=url, title=title, referrer=referrer)]


def product_viewed(said: Said) -> Sequence[Event]:
    """Return the view of a product, or of each that is named."""
    return [
        said.fact(
            Visit.ProductViewed,
            product_id=read.required(given, *PRODUCT),
            category=read.text(given, *CATEGORY),
        )
        for given in products(said)
    ]


def product_clicked(said: Said) -> Sequence[Event]:
    """Return the click on a product in a list."""
    return [
        said.fact(
            Visit.ProductClicked,
            product_id=read.required(given, *PRODUCT),
            placement=read.text(given, *PLACEMENT) or read.text(said.properties, *PLACEMENT),
            rank=_rank(given),
        )
        for given in products(said)
    ]


def product_carted(said: Said) -> Sequence[Event]:
    """Return what went into a basket."""
    return _basket(said, Visit.ProductCarted)


def product_uncarted(said: Said) -> Sequence[Event]:
    """Return what was taken out of a basket."""
    return _basket(said, Visit.ProductUncarted)


def checkout_started(said: Said) -> Sequence[Event]:
    """Return the beginning of a checkout."""
    given = said.properties
    currency = read.currency(given)
    value = read.minor_units(given, currency, "value", "total", "revenue")
    return [said.fact(Visit.CheckoutStarted, value_minor=value or 0, currency=currency)]


def purchased(said: Said) -> Sequence[Event]:
    """Return an order: one fact for each line; one that names no product is kept as it is."""
    given = said.properties
    lines = _listed(given)
    if not lines:
        if not read.identifier(given, *PRODUCT):
            return custom("Order Completed", said)
        lines = [given]
    order = read.identifier(given, *ORDER) or f"message:{said.message_id}"
    facts: list[Event] = []
    for line in lines:
        currency = read.currency(line, given)
        facts.append(
            said.fact(
                Visit.ProductPurchased,
                product_id=read.required(line, *PRODUCT),
                quantity=read.quantity(line),
                unit_price_minor=read.minor_units(line, currency, "price") or 0,
                currency=currency,
                order=order,
                category=read.text(line, *CATEGORY),
            )
        )
    return facts


def refunded(said: Said) -> Sequence[Event]:
    """Return money given back: for each product named with its price, else for the order."""
    given = said.properties
    order = read.required(given, *ORDER)
    facts: list[Event] = []
    for line in _listed(given):
        currency = read.currency(line, given)
        price = read.minor_units(line, currency, "price")
        if price is None:
            facts.clear()
            break
        pieces = read.quantity(line)
        facts.append(
            said.fact(
                Visit.PurchaseRefunded,
                order=order,
                refund_minor=price * pieces,
                currency=currency,
                product_id=read.required(line, *PRODUCT),
                quantity=pieces,
            )
        )
    if facts:
        return facts
    currency = read.currency(given)
    amount = read.minor_units(given, currency, "total", "value", "revenue")
    if amount is None:
        raise BadMessage("missing_property", "how much was given back is missing")
    return [said.fact(Visit.PurchaseRefunded, order=order, refund_minor=amount, currency=currency)]


def searched(said: Said) -> Sequence[Event]:
    """Return a search."""
    given = said.properties
    query = read.text(given, "query", "search_term")
    if not query:
        raise BadMessage("missing_property", "query is missing")
    results = given.get("results", given.get("results_count"))
    if isinstance(results, list):
        count: int | None = len(results)
    elif results is None or isinstance(results, (dict, bool)):
        count = None
    else:
        count = read.whole({"results": results}, "results", default=0, most=LARGEST_RESULTS)
    return [said.fact(Visit.Searched, query=query, results=count)]


def rated(said: Said) -> Sequence[Event]:
    """Return a review."""
    given = said.properties
    rating = read.whole(given, "rating", default=0, most=STARS)
    if not rating:
        raise BadMessage("missing_property", "rating is missing")
    return [said.fact(Visit.ProductRated, product_id=read.required(given, *PRODUCT), rating=rating)]


def dwelled(said: Said, milliseconds_name: str = "milliseconds") -> Sequence[Event]:
    """Return time for which a page was seen."""
    given = said.properties
    milliseconds = read.whole(given, milliseconds_name, default=-1, most=LONGEST_DWELL_MS)
    if milliseconds < 0:
        raise BadMessage("missing_property", f"{milliseconds_name} is missing")
    return [
        said.fact(
            Visit.Dwelled,
            milliseconds=milliseconds,
            product_id=read.identifier(given, *PRODUCT),
            url=_url(said),
        )
    ]


def scrolled(said: Said) -> Sequence[Event]:
    """Return how far down a page was seen."""
    given = said.properties
    name = "percent" if "percent" in given else "percent_scrolled"
    percent = read.whole(given, name, default=90, most=FULL_PERCENT)
    return [said.fact(Visit.Scrolled, url=_url(said), percent=percent)]


def left(said: Said) -> Sequence[Event]:
    """Return that a page was left."""
    return [said.fact(Visit.Left, url=_url(said))]


def stayed_active(said: Said) -> Sequence[Event]:
    """Return that the visitor is still there."""
    return [said.fact(Visit.StayedActive)]


def consent_changed(said: Said) -> Sequence[Event]:
    """Return what the visitor allows from now on."""
    purposes, signals = said.properties.get("purposes"), said.properties.get("signals")
    if not isinstance(purposes, dict) or len(purposes) > LARGEST_CONSENT:
        raise BadMessage("invalid_property", "purposes is no object of purposes")
    if any(type(is_given) is not bool for is_given in purposes.values()):
        raise BadMessage("invalid_property", "each purpose is true or false")
    heard = signals if isinstance(signals, list) else []
    return [
        said.fact(
            Visit.ConsentChanged,
            purposes={without_emails(name[:LONGEST_NAME]): on for name, on in purposes.items()},
            signals=tuple(s[:20] for s in heard[:LARGEST_CONSENT] if isinstance(s, str)),
        )
    ]


LARGEST_CONSENT = 20


def recommendations_shown(said: Said) -> Sequence[Event]:
    """Return a list of recommendations that was seen."""
    given = said.properties
    shown = [
        read.as_id(item, "products") if type(item) is str else read.required(item, *PRODUCT)
        for item in _list(given, "products")
    ]
    if not shown:
        raise BadMessage("missing_property", "products is missing")
    return [
        said.fact(
            Visit.RecommendationsShown,
            recommendation_id=read.required(given, "recommendation_id"),
            placement=read.text(given, *PLACEMENT),
            product_ids=tuple(shown),
        )
    ]


def recommendation_clicked(said: Said) -> Sequence[Event]:
    """Return the click on a recommendation."""
    given = said.properties
    return [
        said.fact(
            Visit.RecommendationClicked,
            recommendation_id=read.required(given, "recommendation_id"),
            placement=read.text(given, *PLACEMENT),
            product_id=read.required(given, *PRODUCT),
            rank=_rank(given),
        )
    ]


def custom(name: str, said: Said) -> Sequence[Event]:
    """Return what the shop calls by a name of its own, with its properties masked."""
    shown = without_emails(name.strip()[:LONGEST_NAME])
    if not shown:
        raise BadMessage("missing_property", "the event has no name")
    properties = clean_properties(said.properties) if said.properties else {}
    return [said.fact(Visit.CustomTracked, name=shown, properties=properties)]


def products(said: Said) -> list[dict[str, Any]]:
    """Return the products that a message is about: those it lists, else the one it names."""
    return _listed(said.properties) or [said.properties]


def _listed(given: dict[str, Any]) -> list[dict[str, Any]]:
    listed = _list(given, "products") if "products" in given else _list(given, "items")
    if not all(type(item) is dict for item in listed):
        raise BadMessage("invalid_property", "a product is an object")
    return listed


def _list(given: dict[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    if found is None:
        return []
    if type(found) is not list:
        raise BadMessage("invalid_property", f"{name} is no list")
    if len(found) > MOST_PRODUCTS:
        raise BadMessage("too_many_products", f"{name} has more than {MOST_PRODUCTS} products")
    if not all(type(item) in {dict, str} for item in found):
        raise BadMessage("invalid_property", "a product is an object")
    return found


def _basket(said: Said, event_class: type[Visit.Event]) -> Sequence[Event]:
    return [
        said.fact(
            event_class,
            product_id=read.required(given, *PRODUCT),
            quantity=read.quantity(given),
            category=read.text(given, *CATEGORY),
        )
        for given in products(said)
    ]


def _rank(given: dict[str, Any]) -> int:
    for name in RANK:
        if name in given:
            return read.whole(given, name, default=0, most=LARGEST_RANK)
    return 0


def _url(said: Said) -> str:
    return read.url(said.properties.get("url")) or said.page_url
