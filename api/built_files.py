"""Files that were built for browsers, kept in memory, also as they travel."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from stat import S_ISREG
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

PACKED_BYTES = 1_000
"""Of what is smaller, packing saves nothing."""
_REMEMBERED = 512
_TEXTS = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


class BuiltFile(msgspec.Struct, frozen=True):
    """A file: ``packed`` by gzip, empty where that does not pay; ``tag`` changes with it."""

    body: bytes
    packed: bytes
    media: str
    charset: str | None
    tag: str


def built_file(path: Path) -> BuiltFile | None:
    """Return the file as it is now; None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _read(path, found.st_mtime_ns) if S_ISREG(found.st_mode) else None


@lru_cache(maxsize=_REMEMBERED)
def _read(path: Path, built_at: int) -> BuiltFile:
    del built_at  # a file built anew is another one
    body = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = media.startswith(_TEXTS)
    packed = b""
    if is_text and len(body) >= PACKED_BYTES:
        packed = gzip.compress(body, compresslevel=9, mtime=0)
    tag = hashlib.sha256(body).hexdigest()[:20]
    return BuiltFile(body, packed, media, "utf-8" if is_text else None, tag)
