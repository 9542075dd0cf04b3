"""Recommendation: a list that was served to a visitor. A fact: nothing is decided."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Any

import msgspec

from domain.events import Aggregate

if TYPE_CHECKING:
    from collections.abc import Callable


class Candidate(msgspec.Struct, frozen=True):
    """A product of a served list. ``propensity``: how probable it was to stand at its place."""

    product_id: str
    score: float
    propensity: float


class Shadow(msgspec.Struct, frozen=True):
    """What a challenger would have had in its place, the best first, before any conditions."""

    model: str
    products: tuple[str, ...]


class Recommendation(Aggregate):
    """The lists served to one visitor, who is its key."""

    CATEGORY = "recommendation"

    class Served(Aggregate.Event):
        """A list was served, its first product first.

        ``model``: the version that ranked it. ``as_of``: the log position that it knew.
        ``degraded``: why it was not what was asked for; empty where it was. The rest is what was
        asked for: the page's product, how many, of which category, and without which.
        ``shadow``: what another model answered unseen, where one did.
        """

        TOPIC = "recommendation.served"
        recommendation_id: str
        visitor: str
        placement: str
        model: str
        as_of: int
        items: tuple[Candidate, ...]
        degraded: str = field(default="", kw_only=True)
        product_id: str = field(default="", kw_only=True)
        count: int = field(default=0, kw_only=True)
        category: str = field(default="", kw_only=True)
        exclude: tuple[str, ...] = field(default=(), kw_only=True)
        shows_seen: bool = field(default=False, kw_only=True)
        shadow: Shadow | None = field(default=None, kw_only=True)


def served(
    recommendation_id: str,
    visitor: str,
    occurred_at: datetime,
    *,
    placement: str,
    model: str,
    as_of: int,
    items: tuple[Candidate, ...],
    **asked: Any,
) -> Recommendation.Served:
    """Return the event of a served list; the log gives it its version."""
    make: Callable[..., Recommendation.Served] = Recommendation.Served
    return make(
        originator_id=Recommendation.stream_id(visitor or "nobody"),
        originator_version=0,
        timestamp=occurred_at,
        recommendation_id=recommendation_id,
        visitor=visitor,
        placement=placement,
        model=model,
        as_of=as_of,
        items=items,
        **asked,
    )
