"""Choices: all that is asked before a list is shown, in one question. Over several read models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec

from domain.rule import Terms
from ml.recommendation.shaping import SetRule
from projections.goods import Changes, Seen
from projections.recommendations import list_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.projection import Connection
    from projections.recommendations import ListRow

MOST_CHANGES = 1_000
"""Of goods, beyond which it is cheaper to forget them all."""


class Situation(NamedTuple):
    """What a choice begins with.

    ``own``: the visitor's list; None where nothing is known of their taste. ``position``: up to
    which lists know the log; ``model``: that ranks, empty where none does. ``rules``: all that the
    shop has set, what was said last coming last. ``has_bought``: whether any of the persons did.
    """

    own: ListRow | None
    position: int
    model: str
    rules: list[SetRule]
    has_bought: bool
    changes: Changes


async def situation_of(
    connection: Connection, visitor: str, persons: Sequence[str], seen: Seen
) -> Situation:
    """Return all that is known of who asks, by one snapshot.

    ``persons``: ``shopper:ID`` or ``visitor:ID``, whose purchases count. ``seen``: up to where the
    asker knows the catalogue.
    """
    row = await connection.fetchrow(
        _QUESTION, visitor, list(persons), seen.generation, seen.position, MOST_CHANGES
    )
    if row is None:
        raise LookupError("a question without a table has one row")
    own = list_of(row) if row["list"] is not None else None
    changed = row["changed"]
    is_other = row["generation"] != seen.generation or len(changed) >= MOST_CHANGES
    return Situation(
        own,
        own.position if own else row["known_until"] or 0,
        own.model if own else row["ranks"] or "",
        [SetRule(each.event_id, each.terms) for each in _decode_rules(row["rules"])],
        row["has_bought"],
        Changes(
            Seen(row["generation"] or 0, row["last_change"] or 0),
            None if is_other else changed,
        ),
    )


class _Rule(msgspec.Struct, frozen=True, array_like=True):
    event_id: UUID
    terms: Terms


_decode_rules = msgspec.json.Decoder(list[_Rule]).decode

_QUESTION = """
    SELECT own.model, own.known_until AS position, own.list, own.shadow, own.products,
           state.position AS known_until, state.model AS ranks,
           coalesce((SELECT json_agg(json_build_array(event_id, terms) ORDER BY position)
                     FROM rules WHERE NOT is_removed), '[]') AS rules,
           EXISTS (SELECT FROM purchases WHERE person = ANY ($2))
               OR EXISTS (SELECT FROM purchases WHERE source = ANY ($2)) AS has_bought,
           (SELECT generation FROM app.projection
            WHERE name = 'catalogue' AND status = 'live') AS generation,
           (SELECT max(position) FROM catalogue) AS last_change,
           ARRAY(SELECT product_id FROM catalogue WHERE $3::int > 0 AND position > $4
                 ORDER BY position LIMIT $5) AS changed
    FROM (VALUES (0)) AS one
    LEFT JOIN app.recommender AS state ON true
    LEFT JOIN LATERAL (
        SELECT l.model, l.known_until, l.list, s.model AS shadow, s.products
        FROM app.recommendation_lists l LEFT JOIN app.shadow_lists s
            ON s.visitor = l.visitor AND s.position = l.position
        WHERE l.visitor = $1) AS own ON true"""
