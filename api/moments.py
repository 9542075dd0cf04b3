"""Moments in an address: RFC 3339, or a day alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from api.problems import bad_field


def moment(text: str, name: str) -> datetime | None:
    """Return the moment; None for an empty text. A day means its beginning, in UTC."""
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        # In an address a plus sign that was not escaped arrives as a blank.
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise bad_field(name, "a time is RFC 3339, as in 2026-01-31T12:00:00Z") from None
    if found.tzinfo is None:
        raise bad_field(name, "a time needs its offset from UTC, as in 2026-01-31T12:00:00Z")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise bad_field(name, "no such time in UTC") from None


def span(
    start: datetime | None, end: datetime | None, *, default_start: datetime, default_end: datetime
) -> tuple[datetime, datetime]:
    """Return both ends of a time, with defaults; 400 where the end comes first."""
    begin, finish = start or default_start, end or default_end
    if finish < begin:
        raise bad_field("to", "the end lies before the beginning")
    return begin, finish
