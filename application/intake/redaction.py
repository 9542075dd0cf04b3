"""Takes personal data out of a message that is kept as it came."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from application.intake.agents import class_of
from application.intake.bad_message import BadMessage
from application.intake.privacy import clean_properties, without_addresses, without_emails

_AGENT = re.compile(r"Mozilla/[^\"\\]*")
_ABOUT_MACHINES = ("ip", "userAgent", "userAgentData", "ip_override", "user_agent")
_ABOUT_PEOPLE = ("traits", "user_properties", "user_data")


def for_keeping(raw: bytes) -> bytes:
    """Return the message without e-mail-like values, traits, IP addresses and user agents.

    What stands for a user agent is its class of devices, so that a repair counts it right.
    """
    kept = raw
    try:
        message = msgspec.json.decode(raw)
        if isinstance(message, dict):
            kept = msgspec.json.encode(clean_properties(_reduced(message)))
    except (ValueError, RecursionError, BadMessage):
        pass
    text = kept.decode("utf-8", "replace")
    return _AGENT.sub("(agent)", without_addresses(without_emails(text))).encode()


def _reduced(message: dict[str, Any]) -> dict[str, Any]:
    kept = _without(message)
    context = message.get("context")
    if isinstance(context, dict):
        kept["context"] = _without(context)
        agent = context.get("userAgent")
        if isinstance(agent, str):
            device, bot = class_of(agent)
            kept["context"]["device"] = {"type": device}
            if bot:
                kept["context"]["webdriver"] = True
    return kept


def _without(message: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in message.items()
        if name not in _ABOUT_MACHINES and name not in _ABOUT_PEOPLE
    }
