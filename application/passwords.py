"""Password hashing: argon2id, off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # RFC 9106, low-memory profile
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """Return the hash to keep."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def is_password(kept_hash: str, password: str) -> bool:
    """Whether the password is the one that was hashed.

    Takes as long for an account that does not exist: pass an empty hash.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, kept_hash, password)


def _verify(kept_hash: str, password: str) -> bool:
    try:
        _hasher.verify(kept_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept_hash)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody's password")
