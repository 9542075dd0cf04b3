"""Says why a message became no fact."""

from __future__ import annotations


class BadMessage(Exception):
    """This message cannot be understood; it is kept as a bad row."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
