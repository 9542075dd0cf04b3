"""The kinds of recommenders, by the names that artifacts carry. A name is never reused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.recommendation.content import ContentSimilarity
from ml.recommendation.ease import Ease
from ml.recommendation.item_neighbours import ItemNeighbours
from ml.recommendation.popularity import Popularity
from ml.recommendation.random_walk import RandomWalk
from ml.recommendation.revisits import Revisits
from ml.recommendation.sequence_model import SequenceModel
from ml.recommendation.sequential_rules import SequentialRules
from ml.recommendation.session_neighbourhood import SessionNeighbourhood

if TYPE_CHECKING:
    from ml.recommendation.recommender import Recommender

KINDS: dict[str, type[Recommender]] = {
    "popularity": Popularity,
    "revisits": Revisits,
    "sequential_rules": SequentialRules,
    "item_neighbours": ItemNeighbours,
    "random_walk": RandomWalk,
    "session_neighbourhood": SessionNeighbourhood,
    "content_similarity": ContentSimilarity,
    "ease": Ease,
    "sequence_model": SequenceModel,
}


def kind_of(model: Recommender) -> str:
    """Return the name of the model's kind."""
    return next(kind for kind, each in KINDS.items() if isinstance(model, each))
