"""Finds the translator of a message that was kept, by the door it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.intake import ga4, segment
from application.intake.bad_message import BadMessage

if TYPE_CHECKING:
    from application.intake.bad_rows import BadRow
    from application.intake.said import Arrival, Translated

GA4 = "ga4"
"""The ``call`` of what came through the Measurement Protocol: a request with one event."""


def translate_again(row: BadRow, mended: bytes | None, arrival: Arrival) -> Translated:
    """Return what a row says, or its mended text. Raises BadMessage."""
    raw = row.body if mended is None else mended
    if row.call != GA4:
        return segment.translate(raw, arrival, call=row.call, sent_at=row.sent_at)
    request = ga4.decode_request(raw)
    if len(request.events) != 1:
        raise BadMessage("invalid_message", "a mended request holds one event")
    return ga4.translate(bytes(request.events[0]), request, arrival, 0)
