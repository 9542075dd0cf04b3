"""Saved recommenders: what a file keeps of them, and which kind reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ml.recommendation.blend import Blend
from ml.recommendation.kinds import KINDS, kind_of
from ml.recommendation.sessions import Vocabulary
from ml.saved_models import SavedModel, read_model, write_model
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.recommender import Recommender

FORMAT = "footfall-recommender-2"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model, the products its numbers stand for, and what made it.

    ``about`` is whatever the trainer knows: positions of the data, seed, scores.
    """

    model: Recommender
    vocabulary: Vocabulary
    about: dict[str, Any]


def save(path: Path, artifact: Artifact) -> None:
    """Write the file, whole or not at all."""
    model = artifact.model
    saved = SavedModel(
        kind="blend" if isinstance(model, Blend) else kind_of(model),
        settings=msgspec.json.encode(model.settings),
        columns=artifact.vocabulary.products,
        arrays=model.arrays(),
        about=artifact.about,
    )
    write_model(path, FORMAT, saved)


def load(path: Path) -> Artifact:
    """Read a saved recommender; anything else raises ArtifactRefused, a missing file OSError."""
    saved = read_model(path, FORMAT)
    kind: type[Recommender] | None = {**KINDS, "blend": Blend}.get(saved.kind)
    if kind is None:
        raise ArtifactRefused(f"{path} holds a {saved.kind}, a kind unknown to this version")
    try:
        model = kind.from_parts(saved.settings, saved.arrays)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise ArtifactRefused(f"{path}: not the parts of a {saved.kind}: {error}") from error
    return Artifact(model, Vocabulary(saved.columns), saved.about)
