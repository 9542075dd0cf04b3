"""Saved models: their tensors as data and what made them, in one safetensors file. No code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ml.tensor_files import ArtifactRefused, read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    from ml.tensor_files import Arrays


@dataclass(frozen=True, slots=True)
class SavedModel:
    """The parts of a model, as a file keeps them.

    ``columns``: what its numbers stand for, in their order: the products of a recommender, the
    features of a classifier. ``settings``: JSON. ``about`` is whatever the trainer knows:
    positions of the data, seed, scores.
    """

    kind: str
    settings: bytes
    columns: tuple[str, ...]
    arrays: Arrays
    about: dict[str, Any]


class _Header(msgspec.Struct, frozen=True):
    kind: str
    settings: msgspec.Raw
    columns: tuple[str, ...]
    about: dict[str, Any]
    digest: str = ""  # SHA-256 of all the rest and the tensors


def write_model(path: Path, file_format: str, saved: SavedModel) -> None:
    """Write the file, whole or not at all. The format names the job and its version."""
    header = _Header(saved.kind, msgspec.Raw(saved.settings), saved.columns, saved.about)
    header = msgspec.structs.replace(header, digest=_digest(header, saved.arrays))
    write_tensors(path, saved.arrays, {file_format: msgspec.json.encode(header).decode()})


def read_model(path: Path, file_format: str) -> SavedModel:
    """Read what was saved; anything else raises ArtifactRefused, a missing file OSError."""
    arrays, metadata = read_tensors(path)
    if file_format not in metadata:
        raise ArtifactRefused(f"{path} is not a saved model of this kind ({file_format})")
    try:
        header = msgspec.json.decode(metadata[file_format], type=_Header)
    except msgspec.DecodeError as error:
        raise ArtifactRefused(f"{path}: its description cannot be read: {error}") from error
    if header.digest != _digest(header, arrays):
        raise ArtifactRefused(f"{path} is damaged: it holds something else than was saved")
    return SavedModel(header.kind, bytes(header.settings), header.columns, arrays, header.about)


def _digest(header: _Header, arrays: Arrays) -> str:
    digest = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(header, digest="")))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.data)
    return digest.hexdigest()
