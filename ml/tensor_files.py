"""Tensors with a description in one safetensors file: written whole or not at all, read as data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as encode_tensors

if TYPE_CHECKING:
    from pathlib import Path

Arrays = dict[str, NDArray[Any]]
"""Tensors by name."""


class ArtifactRefused(ValueError):
    """The file is damaged, or is not one that this version of Footfall wrote."""


def write_tensors(path: Path, arrays: Arrays, metadata: dict[str, str]) -> None:
    """Write tensors to a file that is there whole or not at all, whatever is killed when."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(encode_tensors(contiguous, metadata))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Return the arrays and the metadata of a safetensors file, or raise ArtifactRefused."""
    with path.open("rb"):
        pass  # a missing file is the caller's OSError, not a refusal
    try:
        with safe_open(path, framework="numpy") as file:
            names = file.keys()  # not a mapping
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (SafetensorError, ValueError) as error:
        raise ArtifactRefused(f"{path} cannot be read as tensors: {error}") from error
