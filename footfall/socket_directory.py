"""Where the embedded servers' Unix sockets live: a directory only their owner can enter."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from footfall.child_process import EmbeddedServerError

_LONGEST_SOCKET_PATH = 103
"""Bytes. The kernel's limit for a socket address is 104 to 108 with the closing zero."""

_LONGEST_NAME = len("/.s.PGSQL.5432")


def socket_directory(data_dir: Path) -> Path:
    """Return ``DATA_DIR/run``, or where that path is too long a short one in the temporary files.

    Every process with the same data directory gets the same answer. The directory has mode 0700
    and is ours: that is what lets the servers inside trust whoever reaches them.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = data_dir.resolve() / "run"
    # Postgres takes a list of directories, separated by commas.
    if len(os.fsencode(directory)) + _LONGEST_NAME > _LONGEST_SOCKET_PATH or "," in str(directory):
        digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
        directory = Path(tempfile.gettempdir()) / f"footfall-{os.geteuid()}-{digest}"
    directory.mkdir(mode=0o700, exist_ok=True)
    _check_private(directory)
    return directory


def _check_private(directory: Path) -> None:
    """Refuse a directory that another user laid out for us, as anyone can in /tmp."""
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or (os.geteuid() != 0 and found.st_uid != os.geteuid()):
        raise EmbeddedServerError(f"{directory} belongs to somebody else; please remove it.")
    if stat.S_IMODE(found.st_mode) != 0o700:  # noqa: PLR2004 - a mode reads best in octal
        directory.chmod(0o700)
