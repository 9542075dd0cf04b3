"""Who is calling: the answer to every question about permission."""

from __future__ import annotations

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """Somebody with a session or a key, or an anonymous visitor.

    ``actor``: as it is recorded with events; empty for an anonymous caller without a visitor id.
    ``by_cookie``: the browser attached the proof by itself, so another site may have asked it to.
    """

    actor: str = ""
    roles: frozenset[str] = frozenset()
    shopper_id: str = ""
    token_hash: bytes = b""
    by_cookie: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the caller proved who they are."""
        return bool(self.token_hash)


ANONYMOUS = Caller()
