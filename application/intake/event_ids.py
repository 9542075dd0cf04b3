"""Ids that a repeated message gets again, so that the log skips it, for ever."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

_VERSION_8 = 0x8 << 76
_VARIANT = 0x2 << 62
_OTHER_BITS = ~(0xF << 76 | 0x3 << 62)


def event_id(key_id: str, message_id: str, index: int = 0) -> UUID:
    """Return the id of the fact number ``index`` of a message."""
    text = f"{key_id}\0{message_id}\0{index}".encode("utf-8", "surrogatepass")
    digest = blake2b(text, digest_size=16).digest()
    return UUID(int=int.from_bytes(digest, "big") & _OTHER_BITS | _VERSION_8 | _VARIANT)


def content_id(content: bytes, *more: object) -> str:
    """Return a message id for a message that has none: the same for the same content."""
    digest = blake2b(content, digest_size=16)
    for part in more:
        digest.update(b"\0" + str(part).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
