"""UUID version 7 (RFC 9562): ids that sort by the time they were made."""

from __future__ import annotations

import os
import time
from io import BytesIO
from uuid import UUID

_BYTES = 10
_DRAWN = 512 * _BYTES
"""Random bytes fetched at once: a call to the system for each id would cost more than the id."""


def uuid7() -> UUID:
    """Return a new id: 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(_random.read(_BYTES) or _refilled().read(_BYTES), "big")
    bits = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=bits)


def _refilled() -> BytesIO:
    global _random  # noqa: PLW0603 - this module's own stock
    _random = BytesIO(os.urandom(_DRAWN))
    return _random


_random = BytesIO()
os.register_at_fork(after_in_child=_refilled)  # no two processes draw the same
