"""Where the artifacts of models lie: one file for each kind and version, in the data directory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RECOMMENDER = "recommender"
NEIGHBOURS = "neighbours"
"""What goes with each product, found by a recommender of the same version."""


def artifact_path(directory: Path, kind: str, version: str) -> Path:
    """Return the path of an artifact, whether or not it is there."""
    return directory / kind / f"{version}.safetensors"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
