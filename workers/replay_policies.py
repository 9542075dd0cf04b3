"""What can be replayed: a saved recommender, what is popular, and what served itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from application.replays import LOGGED, POPULARITY
from ml.recommendation.ranked_lists import rank
from workers.serving_model import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ml.recommendation.behaviour import Touch
    from ml.recommendation.descriptions import ProductContent

Ranked = list[tuple[str, float]]
"""(product, score), the best first."""


class RankingPolicy(Protocol):
    """Whatever ranks products for a history; what fills its lists up comes from elsewhere."""

    until: int
    """What is said of products after this position of the log is new to it."""

    def describe(self, described: Mapping[str, ProductContent]) -> None: ...

    def rank(self, histories: Sequence[Sequence[Touch]]) -> list[Ranked]: ...


class Baseline:
    """Ranks nothing, so that all is filled up with what others like."""

    until = 0

    def describe(self, described: Mapping[str, ProductContent]) -> None:
        pass

    def rank(self, histories: Sequence[Sequence[Touch]]) -> list[Ranked]:
        return [[] for _ in histories]


class Saved:
    """A recommender as the recommender worker ranks with it."""

    def __init__(self, directory: Path, version: str) -> None:
        """Read the artifact; ArtifactRefused or OSError where that is no recommender."""
        self._serving = load(directory, version)
        self.until = self._serving.until

    def describe(self, described: Mapping[str, ProductContent]) -> None:
        """Give what came after the training a place beside what the model knows."""
        self._serving.known.describe(described)

    def rank(self, histories: Sequence[Sequence[Touch]]) -> list[Ranked]:
        serving = self._serving
        lists = rank(serving.model, serving.known, serving.goes_with.alike, histories)
        return [list(zip(each.products, each.scores, strict=True)) for each in lists]


def open_policy(directory: Path, name: str) -> RankingPolicy | None:
    """Return a policy by name, or None for what served itself; as Saved where it is a model."""
    if name == LOGGED:
        return None
    if name == POPULARITY:
        return Baseline()
    return Saved(directory, name)
