"""Tells when something happened, though the client's clock may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from application.intake.bad_message import BadMessage

TOLERANCE = timedelta(seconds=1)
"""A smaller difference is the way through the network, not a wrong clock."""
OLDEST = timedelta(days=3653)
_LARGEST_MICROSECONDS = 10**16


def true_time(
    timestamp: datetime | None, sent_at: datetime | None, received_at: datetime
) -> datetime:
    """Return when it happened, by our clock: never after it was received.

    ``sent_at`` is the client's clock as the message left, so its distance from ``received_at`` is
    how wrong that clock is. Raises BadMessage for a time more than ten years ago.
    """
    if timestamp is None:
        return received_at
    try:
        happened = _in_utc(timestamp)
        if sent_at is not None:
            offset = received_at - _in_utc(sent_at)
            if not -TOLERANCE < offset < TOLERANCE:
                happened += offset
    except OverflowError as error:
        raise BadMessage("invalid_time", "the time lies beyond all calendars") from error
    if happened > received_at:
        return received_at
    if happened < received_at - OLDEST:
        raise BadMessage("too_old", "it is said to have happened more than ten years ago")
    return happened


def of_microseconds(value: object) -> datetime | None:
    """Return a moment given in microseconds since 1970, a number or text of one; None for none."""
    if value is None:
        return None
    try:
        microseconds = int(value)  # type: ignore[call-overload]  # what is no number raises
    except (TypeError, ValueError, OverflowError) as error:
        raise BadMessage("invalid_time", "timestamp_micros is no number") from error
    if not 0 <= microseconds < _LARGEST_MICROSECONDS:
        raise BadMessage("invalid_time", "timestamp_micros lies beyond all calendars")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
