"""Intent: how probable it is that an open visit orders, or leaves its basket. Kept by a worker."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.projection import Connection

NAME = "intent"
"""What a reader waits for."""


class IntentVisits:
    """The scores of visits as others may follow them: the newest state only."""

    name = NAME
    feed = Feed(
        "app.intent_visits",
        ("visitor",),
        (
            "visitor",
            "visit_id",
            "last_event_at",
            "events",
            "outcome",
            "intent",
            "intent_model",
            "intent_pays",
            "intent_factors",
            "abandonment",
            "abandonment_model",
            "abandonment_pays",
            "abandonment_factors",
            "degraded",
            "basket_minor",
        ),
        is_published=False,
    )


INTENT_VISITS = IntentVisits()


class FactorRow(msgspec.Struct, frozen=True):
    """What moved a score: a feature, its value (null: not known), what it added to the log odds."""

    feature: str
    value: float | None
    effect: float
    text: str


class Score(msgspec.Struct, frozen=True):
    """A score and what moved it most. ``model``: its version; "" where a baseline answers.

    ``offer_pays``: whether the score lies above the threshold at which an offer pays.
    """

    score: float
    model: str
    offer_pays: bool
    factors: list[FactorRow]


class IntentRow(msgspec.Struct, frozen=True):
    """What is said of a visit. ``outcome``: empty while it is open."""

    visitor: str
    visit_id: int
    started_at: datetime
    last_event_at: datetime
    events: int
    outcome: str
    intent: Score
    abandonment: Score | None
    degraded: str
    basket_minor: int | None
    digest: str
    position: int
    trail_at: list[datetime]
    trail: list[float]
    """The chance of an order after each of the visit's last events, which were at ``trail_at``."""


async def kept_position(connection: Connection) -> int:
    """Return the log position that the scores know; 0 before the first."""
    position: int | None = await connection.fetchval("SELECT position FROM app.intent")
    return position or 0


async def kept_digests(connection: Connection) -> dict[int, bytes]:
    """Return the digest of each open visit, by its first position."""
    rows = await connection.fetch(
        "SELECT visit_id, digest FROM app.intent_visits WHERE outcome = ''"
    )
    return {row["visit_id"]: bytes.fromhex(row["digest"]) for row in rows}


async def intent_of(connection: Connection, visitors: Sequence[str]) -> dict[str, IntentRow]:
    """Return what is said of the latest visits of visitors, of those that are known."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM app.intent_visits WHERE visitor = ANY ($1)",  # noqa: S608
        list(visitors),
    )
    return {row["visitor"]: _row(row) for row in rows}


_COLUMNS = """visitor, visit_id, started_at, last_event_at, events, outcome, intent, intent_model,
    intent_pays, intent_factors, abandonment, abandonment_model, abandonment_pays,
    abandonment_factors, degraded, basket_minor, digest, position,
    trail_at, trail"""


def _row(row: object) -> IntentRow:
    value = dict(row)  # type: ignore[call-overload]
    abandonment = None if value["abandonment"] is None else _score(value, "abandonment")
    return IntentRow(
        intent=_score(value, "intent"),
        abandonment=abandonment,
        **{
            name: value[name]
            for name in IntentRow.__struct_fields__
            if name not in {"intent", "abandonment"}
        },
    )


def _score(value: dict[str, object], target: str) -> Score:
    factors = msgspec.json.decode(str(value[f"{target}_factors"]), type=list[FactorRow])
    return msgspec.convert(
        {
            "score": value[target],
            "model": value[f"{target}_model"],
            "offer_pays": value[f"{target}_pays"],
            "factors": factors,
        },
        Score,
    )
