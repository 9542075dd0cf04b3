"""Tells under which circumstances something happened: on what device, and whether by a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from application.intake.agents import class_of

if TYPE_CHECKING:
    from datetime import datetime

    from application.intake.said import Arrival


def circumstances_of(
    arrival: Arrival, *, visitor: str, shopper_id: str, agent: str, device: str = ""
) -> dict[str, Any]:
    """Return what goes into each fact of a message; what is empty is left out.

    ``device`` counts where there is no agent to tell it from.
    """
    seen, bot = class_of(agent or arrival.agent)
    found: dict[str, Any] = {"visitor": visitor}
    if shopper_id:
        found["shopper_id"] = shopper_id
    if seen or device:
        found["device"] = seen or device
    if bot:
        found["bot"] = bot
    return found


def mark_pace(
    circumstances: dict[str, Any], arrival: Arrival, message_id: str, at: datetime
) -> None:
    """Mark a view that comes at a pace nobody reads at."""
    if arrival.pace.is_too_fast(circumstances["visitor"], message_id, at):
        circumstances.setdefault("bot", "pace")
