"""What every fit says where a history tells too little."""

from __future__ import annotations


class CannotFit(Exception):
    """Too few customers, or nothing that tells them apart; the message says which."""
