"""Where the artifacts of models lie: one file for each kind and version, in the data directory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ml.intent.outcomes import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

RECOMMENDER = "recommender"
KINDS = (RECOMMENDER, *TARGETS)
"""The lines of models that are trained: what ranks, and what foresees (ml/intent/outcomes.py)."""
NEIGHBOURS = "neighbours"
"""What goes with each product, found by a recommender of the same version."""


def artifact_path(directory: Path, kind: str, version: str) -> Path:
    """Return the path of an artifact, whether or not it is there."""
    return directory / kind / f"{version}.safetensors"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
