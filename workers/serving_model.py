"""A model as the recommender serves it: loaded, with what it answers to each product alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ml.recommendation.ranked_lists import Neighbours
from ml.recommendation.stand_ins import StandIns
from workers.model_files import COMPLEMENTS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.recommender import Recommender

NEIGHBOURS = 60


class ServingModel(NamedTuple):
    """A model, ready to rank. ``until``: the log position up to which it has learnt."""

    version: str
    until: int
    model: Recommender
    known: StandIns
    neighbours: Neighbours
    complements: Neighbours | None


def load(directory: Path, version: str) -> ServingModel:
    """Read a model and what lies beside it. Raises ArtifactRefused or OSError."""
    import torch  # noqa: PLC0415 - takes its time and 200 MB, and without a model nobody needs it

    from ml.recommendation import artifacts  # noqa: PLC0415
    from ml.recommendation.blend import Blend  # noqa: PLC0415
    from ml.recommendation.content import ContentSimilarity  # noqa: PLC0415
    from ml.recommendation.sequence_model import SequenceModel  # noqa: PLC0415

    torch.set_num_threads(1)  # the other cores are for whoever asks
    loaded = artifacts.load(artifact_path(directory, RECOMMENDER, version))
    products = len(loaded.vocabulary)
    naming = loaded.model
    parts: tuple[Recommender, ...] = (loaded.model,)
    if isinstance(loaded.model, Blend):
        # What goes with one product is a question to what names few: a tenth of the time.
        naming, parts = loaded.model.without(SequenceModel), loaded.model.components
    content = next((part for part in parts if isinstance(part, ContentSimilarity)), None)
    complements = None
    beside = artifact_path(directory, COMPLEMENTS, version)
    if beside.exists():
        complements = Neighbours(artifacts.load(beside).model, products, NEIGHBOURS)
    return ServingModel(
        version,
        loaded.about.get("until", 0),
        loaded.model,
        StandIns(loaded.vocabulary, content),
        Neighbours(naming, products, NEIGHBOURS),
        complements,
    )
