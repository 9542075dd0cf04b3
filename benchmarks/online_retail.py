"""The orders of an Online Retail file, read by the code that imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain.events import Recorded
from domain.order import Order
from domain.product import Product
from footfall.importing.not_taken import NotTaken
from footfall.importing.online_retail import OnlineRetail
from footfall.importing.online_retail_lines import find_time_form, read_lines
from footfall.importing.rows import rows_of
from ml.recommendation.behaviour import touches
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.past_touches import PastTouches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from domain.events import Event
    from footfall.importing.event_writer import Imported
    from ml.recommendation.behaviour import Touch
    from ml.recommendation.sessions import Sessions, Vocabulary


class Orders(NamedTuple):
    """Orders of known customers as sessions, the earliest first; products by first appearance."""

    sessions: Sessions
    vocabulary: Vocabulary
    described: list[ProductContent]


def orders_of(path: Path) -> Orders:
    past = PastTouches()
    names: dict[str, str] = {}
    for touch in touches_of(path, names):
        past.add(touch)
    sessions, vocabulary = past.sessions()
    return Orders(
        sessions, vocabulary, [ProductContent(text=names[p]) for p in vocabulary.products]
    )


def events_of(path: Path) -> Iterator[Event]:
    """Yield what the import would record, in the order of the file."""
    is_text = path.name.endswith((".csv", ".csv.gz"))
    form = find_time_form(rows_of(path)) if is_text else ""
    for item in OnlineRetail().events(read_lines(rows_of(path), form)):
        if not isinstance(item, NotTaken):
            yield item.event


def touches_of(path: Path, names: dict[str, str]) -> list[Touch]:
    """Return what customers bought, by time; products' names go to ``names``."""
    is_text = path.name.endswith((".csv", ".csv.gz"))
    form = find_time_form(rows_of(path)) if is_text else ""
    found: list[Touch] = []
    for item in OnlineRetail().events(read_lines(rows_of(path), form)):
        if isinstance(item, NotTaken):
            continue
        if isinstance(item.event, Product.Added):
            names[item.event.originator_id.partition("-")[2]] = item.event.name
        if isinstance(item.event, Order.Placed):
            found += touches(_recorded(item))
    return sorted(found, key=lambda touch: touch.at)


def _recorded(item: Imported) -> Recorded:
    event = item.event
    return Recorded(
        position=0,
        event_id=UUID(int=0),
        stream_id=event.originator_id,
        version=1,
        topic=event.TOPIC,
        schema_version=event.SCHEMA_VERSION,
        occurred_at=event.timestamp,
        recorded_at=event.timestamp,
        actor="bench",
        visit_id="",
        correlation_id=None,
        causation_id=None,
        event=event,
    )
