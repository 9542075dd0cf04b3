"""Saved recommenders: tensors as data and what made them, in one safetensors file. No code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ml.blend import Blend
from ml.kinds import KINDS, kind_of
from ml.sessions import Vocabulary
from ml.tensor_files import ArtifactRefused, read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommender import Arrays, Recommender

FORMAT = "footfall-recommender-1"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model, the products its numbers stand for, and what made it.

    ``about`` is whatever the trainer knows: positions of the data, seed, scores.
    """

    model: Recommender
    vocabulary: Vocabulary
    about: dict[str, Any]


class _Header(msgspec.Struct, frozen=True):
    kind: str
    settings: msgspec.Raw
    products: tuple[str, ...]
    about: dict[str, Any]
    digest: str = ""  # SHA-256 of all the rest and the tensors


def save(path: Path, artifact: Artifact) -> None:
    """Write the file, whole or not at all."""
    arrays = artifact.model.arrays()
    kind = "blend" if isinstance(artifact.model, Blend) else kind_of(artifact.model)
    settings = msgspec.Raw(msgspec.json.encode(artifact.model.settings))
    products = artifact.vocabulary.products
    header = _Header(kind, settings, products, artifact.about)
    header = msgspec.structs.replace(header, digest=_digest(header, arrays))
    metadata = {FORMAT: msgspec.json.encode(header).decode()}
    write_tensors(path, arrays, metadata)


def load(path: Path) -> Artifact:
    """Read a saved recommender; anything else raises ArtifactRefused, a missing file OSError."""
    arrays, metadata = read_tensors(path)
    if FORMAT not in metadata:
        raise ArtifactRefused(f"{path} is not a saved recommender ({FORMAT})")
    try:
        header = msgspec.json.decode(metadata[FORMAT], type=_Header)
    except msgspec.DecodeError as error:
        raise ArtifactRefused(f"{path}: its description cannot be read: {error}") from error
    if header.digest != _digest(header, arrays):
        raise ArtifactRefused(f"{path} is damaged: it holds something else than was saved")
    kind: type[Recommender] | None = {**KINDS, "blend": Blend}.get(header.kind)
    if kind is None:
        raise ArtifactRefused(f"{path} holds a {header.kind}, a kind unknown to this version")
    try:
        model = kind.from_parts(bytes(header.settings), arrays)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise ArtifactRefused(f"{path}: not the parts of a {header.kind}: {error}") from error
    return Artifact(model, Vocabulary(header.products), header.about)


def _digest(header: _Header, arrays: Arrays) -> str:
    digest = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(header, digest="")))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.data)
    return digest.hexdigest()
