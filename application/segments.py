"""What marketers do with segments of their own: to define, change and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import msgspec

from application.context import Context
from domain.segment import Segment, SegmentNotFound, membership_fact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from application.context import Outcome
    from application.journal import Journal, Loaded

NAMESPACE = UUID("0f6b1f0e-6d3f-5a53-8f0e-5a8f3c2f7d10")
"""Event ids of comings and goings are made in it, so that none is recorded twice."""


class SegmentAnswer(msgspec.Struct, frozen=True):
    """A segment as it is after a command; when removed, as it was."""

    segment_id: str
    name: str
    description: str
    rule: dict[str, Any]


class Coming(msgspec.Struct, frozen=True):
    """Someone enters a segment, or leaves it; ``change`` counts this person's changes there."""

    segment_id: str
    person: str
    enters: bool
    change: int
    definition: int


async def define_segment(
    journal: Journal,
    context: Context,
    segment_id: str,
    *,
    name: str,
    rule: dict[str, Any],
    description: str = "",
) -> Outcome[SegmentAnswer]:
    """Tell some shoppers apart; a segment that was removed may be defined again."""

    def decide(loaded: Loaded) -> tuple[SegmentAnswer, list[Segment]]:
        segment = Segment.define(
            segment_id,
            loaded.get(Segment, segment_id),
            name=name,
            rule=rule,
            description=description,
            now=context.now,
        )
        return _answer(segment_id, segment), [segment]

    return await journal.execute(context, decide, writes=[(Segment, segment_id)])


async def change_segment(
    journal: Journal,
    context: Context,
    segment_id: str,
    changes: dict[str, Any],
    *,
    if_match: int | None = None,
) -> Outcome[SegmentAnswer]:
    """Mean others; ``changes`` by the name of a field."""
    return await _change(
        journal, context, segment_id, lambda segment: segment.change(changes, context.now), if_match
    )


async def remove_segment(
    journal: Journal, context: Context, segment_id: str, *, if_match: int | None = None
) -> Outcome[SegmentAnswer]:
    """Take a segment back."""
    return await _change(
        journal, context, segment_id, lambda segment: segment.remove(context.now), if_match
    )


async def note_comings(
    journal: Journal, actor: str, comings: Sequence[Coming], now: datetime
) -> int:
    """Record who enters and who leaves, each once however often it is told; return the position."""
    events: list[Segment.Entered | Segment.Left] = []
    for each in comings:
        fields = {
            "segment_id": each.segment_id,
            "person": each.person,
            "change": each.change,
            "definition": each.definition,
        }
        if each.enters:
            events.append(membership_fact(Segment.Entered, now, **fields))
        else:
            events.append(membership_fact(Segment.Left, now, **fields))
    ids = [uuid5(NAMESPACE, f"{c.segment_id}/{c.person}/{c.change}") for c in comings]
    appended = await journal.record(Context(actor=actor, now=now), events, event_ids=ids)
    return appended.last_position


async def _change(
    journal: Journal,
    context: Context,
    segment_id: str,
    change: Callable[[Segment], None],
    if_match: int | None,
) -> Outcome[SegmentAnswer]:
    def decide(loaded: Loaded) -> tuple[SegmentAnswer, list[Segment]]:
        segment = loaded.get(Segment, segment_id)
        if segment is None:
            raise SegmentNotFound
        change(segment)
        return _answer(segment_id, segment), [segment]

    return await journal.execute(
        context,
        decide,
        writes=[(Segment, segment_id)],
        if_match={(Segment, segment_id): if_match} if if_match is not None else None,
    )


def _answer(segment_id: str, segment: Segment) -> SegmentAnswer:
    return SegmentAnswer(segment_id, segment.name, segment.description, segment.rule)
