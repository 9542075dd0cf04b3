"""The key that wraps every shopper's key."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from footfall.settings import MASTER_KEY_BYTES, decode_master_key

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.settings import Settings


def load_master_key(settings: Settings) -> bytes:
    """Return the 32 bytes that are set, else those of ``master.key``, made with mode 0600.

    Processes that start together get the same key. Raises SettingsError for a broken file.
    """
    if settings.master_key:
        return decode_master_key(settings.master_key)
    path = settings.data_dir / "master.key"
    if not path.exists():
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
    return decode_master_key(path.read_text(encoding="ascii"))


def _create(path: Path) -> None:
    """Write it aside and link it into place: whole or not at all, and only the first wins."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(aside)
    finally:
        aside.unlink()
