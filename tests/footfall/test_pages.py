"""The generated pages tell what the code does now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from application.intake import ga4, segment
from application.intake.bots import Pace
from application.intake.said import Arrival
from footfall.events_page import events_page
from footfall.routes_page import routes_page
from footfall.settings_page import settings_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.intake.said import Translated

DOCS = Path(__file__).parents[2] / "docs"
PRODUCT = {"product_id": "lamp", "price": 40, "quantity": 1}
EVERYTHING: dict[str, Any] = {
    **PRODUCT,
    "products": [PRODUCT],
    "order_id": "o-1",
    "currency": "EUR",
    "query": "lamp",
    "rating": 5,
    "milliseconds": 1_000,
    "engagement_time_msec": 1_000,
    "percent": 50,
    "purposes": {"analytics": True},
    "recommendation_id": "r-1",
}
"""Properties with which every name that is known says something."""


@pytest.mark.parametrize(
    "name, page", [("settings", settings_page), ("events", events_page), ("routes", routes_page)]
)
def test_a_generated_page_is_not_stale(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page(), "run make docs"


@pytest.mark.parametrize("name", segment.E_COMMERCE | segment.OF_TRACKER)
def test_a_name_of_segment_becomes_what_the_page_says(name: str) -> None:
    word = (segment.E_COMMERCE | segment.OF_TRACKER)[name]

    said = spoken({"type": "track", "event": name, "properties": EVERYTHING})

    assert kinds(said) == word.becomes


@pytest.mark.parametrize("call", segment.CALLS)
def test_a_call_becomes_what_the_page_says(call: str) -> None:
    said = spoken({"type": call, "event": "Wished", "groupId": "g", "previousId": "v-0"})

    assert kinds(said) == segment.CALLS[call].becomes


@pytest.mark.parametrize("name", ga4.EVENTS)
def test_a_name_of_ga4_becomes_what_the_page_says(name: str) -> None:
    event = msgspec.json.encode({"name": name, "params": EVERYTHING})
    request = ga4.decode_request(b'{"client_id": "v-1", "events": []}')

    assert kinds(ga4.translate(event, request, arrival(), 0)) == ga4.EVENTS[name].becomes


def spoken(message: dict[str, Any]) -> Translated:
    who = {"anonymousId": "v-1", "userId": "s-1"}
    return segment.translate(msgspec.json.encode(message | who), arrival())


def kinds(said: Translated) -> tuple[type, ...]:
    return tuple({type(event): None for event in said.facts})


def arrival() -> Arrival:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    return Arrival("key", now, "", lambda *_: "", lambda _: "", Pace())
