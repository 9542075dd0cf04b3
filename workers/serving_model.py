"""A model as the recommender serves it: loaded, with what goes with each product."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ml.recommendation.neighbours import GoesWith
from ml.recommendation.stand_ins import StandIns
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.recommender import Recommender


class ServingModel(NamedTuple):
    """A model, ready to rank. ``until``: the log position up to which it has learnt."""

    version: str
    until: int
    model: Recommender
    known: StandIns
    goes_with: GoesWith


def load(directory: Path, version: str) -> ServingModel:
    """Read a model and what lies beside it. Raises ArtifactRefused or OSError."""
    import torch  # noqa: PLC0415 - takes its time and 200 MB, and without a model nobody needs it

    from ml.recommendation import artifacts  # noqa: PLC0415
    from ml.recommendation.blend import Blend  # noqa: PLC0415
    from ml.recommendation.content import ContentSimilarity  # noqa: PLC0415

    torch.set_num_threads(1)  # the other cores are for whoever asks
    loaded = artifacts.load(artifact_path(directory, RECOMMENDER, version))
    goes_with = GoesWith.load(artifact_path(directory, NEIGHBOURS, version), loaded.vocabulary)
    parts: tuple[Recommender, ...] = (loaded.model,)
    if isinstance(loaded.model, Blend):
        parts = loaded.model.components
    content = next((part for part in parts if isinstance(part, ContentSimilarity)), None)
    return ServingModel(
        version,
        loaded.about.get("until", 0),
        loaded.model,
        StandIns(loaded.vocabulary, content),
        goes_with,
    )
