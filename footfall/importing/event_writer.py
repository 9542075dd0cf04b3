"""Writes imported events to the log, in chunks that let live writers in between."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

import msgspec

from application.context import Context
from domain.events import Event
from domain.product import Product
from footfall.importing.not_taken import NotTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from application.journal import Journal

CHUNK = 2_000
"""Events of one append: it holds the lock on the log for tens of milliseconds."""


class Imported(msgspec.Struct, frozen=True):
    """An event under the id that makes a second import of it add nothing."""

    event_id: UUID
    event: Event


class Report(msgspec.Struct):
    """What became of a file."""

    rows: int = 0
    recorded: int = 0
    known: int = 0
    not_taken: dict[str, int] = {}


async def write_events(
    journal: Journal,
    source: str,
    events: Iterable[Imported | NotTaken],
    *,
    now: datetime,
    rejects: TextIO,
    progress: Callable[[int], None] = lambda _events: None,
) -> Report:
    """Record every event once; list every row not taken in ``rejects``, as ndjson.

    An event that was recorded by an earlier run is counted as known.
    """
    report = Report()
    context = Context(actor=f"import:{source}", now=now)
    reasons: Counter[str] = Counter()
    chunk: list[Imported] = []
    for item in events:
        if isinstance(item, NotTaken):
            reasons[item.reason] += 1
            rejects.write(msgspec.json.encode(item, enc_hook=str).decode() + "\n")
            continue
        chunk.append(item)
        if len(chunk) >= CHUNK:
            await _write(journal, context, chunk, report)
            progress(report.recorded + report.known)
            chunk = []
    await _write(journal, context, chunk, report)
    progress(report.recorded + report.known)
    report.not_taken = dict(reasons.most_common())
    return report


async def _write(journal: Journal, context: Context, chunk: list[Imported], report: Report) -> None:
    unique = {item.event_id: item.event for item in chunk}
    for event_id, event in list(unique.items()):
        if isinstance(event, Product.Added) and await _is_anothers(journal, event_id, event):
            del unique[event_id]
    if not unique:
        return
    appended = await journal.record(context, list(unique.values()), event_ids=list(unique))
    recorded = 0 if appended.is_duplicate else appended.last_position - appended.first_position + 1
    report.recorded += recorded
    report.known += len(chunk) - recorded


async def _is_anothers(journal: Journal, event_id: UUID, event: Event) -> bool:
    """Whether the shop has a product of this id that did not come from this import."""
    first = await journal.store.read_stream(event.originator_id, limit=1)
    return bool(first) and first[0].event_id != event_id
