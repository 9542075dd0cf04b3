"""A data key for each shopper, wrapped by the master key; keyed hashes for looking people up."""

from __future__ import annotations

import hmac
import os
import time
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Iterable

    import asyncpg

MASTER_KEY_BYTES = 32
_NONCE_BYTES = 12


class Keyring(Protocol):
    """The keys of the shoppers. ``None`` stands for a key that was destroyed."""

    async def obtain(self, subject: str) -> AESGCM | None:
        """Return the subject's key, made now where there is none yet."""
        ...

    async def find(self, subjects: Iterable[str]) -> dict[str, AESGCM | None]:
        """Return the keys of the subjects; one never seen has none."""
        ...

    async def destroy(self, subject: str) -> None:
        """Destroy the subject's key for ever: what it encrypted is unreadable from now on."""
        ...


class KeyedHash:
    """Hashes that find an e-mail or a username again, useless without the master key."""

    def __init__(self, master_key: bytes) -> None:
        self._key = _derive(master_key, b"footfall keyed hash")

    def email(self, email: str) -> str:
        """Return the hash of an e-mail address, the same for any letter case."""
        return self._hash("email", email.strip().casefold())

    def username(self, username: str) -> str:
        """Return the hash of a username, the same for any letter case."""
        return self._hash("username", username.strip().casefold())

    def write_key(self, name: str) -> str:
        """Return a write key, the same in every process: keys are kept as hashes only."""
        return f"ff_write_{self._hash('write key', name)[:40]}"

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self._key, f"{kind}:{value}".encode(), sha256).hexdigest()


class MemoryKeyring(Keyring):
    """Keys that live as long as the process; goes with the event store in memory."""

    def __init__(self) -> None:
        self._keys: dict[str, AESGCM | None] = {}

    async def obtain(self, subject: str) -> AESGCM | None:
        """Return the subject's key, made now where there is none yet."""
        if subject not in self._keys:
            self._keys[subject] = AESGCM(AESGCM.generate_key(256))
        return self._keys[subject]

    async def find(self, subjects: Iterable[str]) -> dict[str, AESGCM | None]:
        """Return the keys of the subjects; one never seen has none."""
        return {subject: self._keys.get(subject) for subject in subjects}

    async def destroy(self, subject: str) -> None:
        """Destroy the subject's key for ever."""
        self._keys[subject] = None


class PostgresKeyring(Keyring):
    """Wrapped keys in ``app.subject_keys``; unwrapped ones are remembered for half a minute.

    So another process may read an erased shopper's fields for that long after the erasure.
    """

    REMEMBER_SECONDS = 30.0
    REMEMBER_KEYS = 20_000

    def __init__(self, pool: asyncpg.Pool[Any], master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            message = f"the master key has {MASTER_KEY_BYTES} bytes, not {len(master_key)}"
            raise ValueError(message)
        self._pool = pool
        self._wrapping = AESGCM(_derive(master_key, b"footfall key wrapping"))
        self._remembered: OrderedDict[str, tuple[float, AESGCM | None]] = OrderedDict()

    async def obtain(self, subject: str) -> AESGCM | None:
        """Return the subject's key, made now where there is none yet."""
        found = await self.find((subject,))
        if subject in found:
            return found[subject]
        wrapped = self._wrap(subject, AESGCM.generate_key(256))
        await self._pool.execute(
            """INSERT INTO app.subject_keys (subject_id, wrapped_key) VALUES ($1, $2)
               ON CONFLICT DO NOTHING""",
            subject,
            wrapped,
        )
        return (await self.find((subject,)))[subject]

    async def find(self, subjects: Iterable[str]) -> dict[str, AESGCM | None]:
        """Return the keys of the subjects; one never seen is left out."""
        oldest = time.monotonic() - self.REMEMBER_SECONDS
        found: dict[str, AESGCM | None] = {}
        missing: list[str] = []
        for subject in subjects:
            made, key = self._remembered.get(subject, (0.0, None))
            if made > oldest:
                found[subject] = key
            else:
                missing.append(subject)
        if missing:
            rows = await self._pool.fetch(
                "SELECT subject_id, wrapped_key FROM app.subject_keys WHERE subject_id = ANY ($1)",
                missing,
            )
            for subject, wrapped in rows:
                found[subject] = self._remember(subject, wrapped)
        return found

    async def destroy(self, subject: str) -> None:
        """Destroy the subject's key for ever: what it encrypted is unreadable from now on."""
        await self._pool.execute(
            """INSERT INTO app.subject_keys (subject_id, erased_at) VALUES ($1, now())
               ON CONFLICT (subject_id)
               DO UPDATE SET wrapped_key = NULL,
                             erased_at = coalesce(subject_keys.erased_at, now())""",
            subject,
        )
        self._remember(subject, None)

    def _remember(self, subject: str, wrapped: bytes | None) -> AESGCM | None:
        key = AESGCM(self._unwrap(subject, wrapped)) if wrapped is not None else None
        self._remembered[subject] = (time.monotonic(), key)
        self._remembered.move_to_end(subject)
        if len(self._remembered) > self.REMEMBER_KEYS:
            self._remembered.popitem(last=False)
        return key

    def _wrap(self, subject: str, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, subject.encode())

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        return self._wrapping.decrypt(nonce, ciphertext, subject.encode())


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(master_key)
