"""Reduces a user agent to a class of devices."""

from __future__ import annotations

import re
from functools import lru_cache

from application.intake.bots import is_bot_agent

_TABLET = re.compile(r"ipad|tablet|kindle|silk/|playbook|android(?!.*mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod|android|windows phone", re.IGNORECASE)
CLASSES = frozenset({"desktop", "mobile", "tablet", "server"})


@lru_cache(maxsize=4_096)
def class_of(user_agent: str) -> tuple[str, str]:
    """Return the class of the device, and ``agent`` where the agent says that it is a bot."""
    bot = "agent" if is_bot_agent(user_agent) else ""
    if not user_agent:
        return "", bot
    if _TABLET.search(user_agent):
        return "tablet", bot
    return ("mobile" if _MOBILE.search(user_agent) else "desktop"), bot
