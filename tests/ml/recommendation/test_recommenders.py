"""What every recommender promises, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from ml.recommendation.artifacts import Artifact, load, save
from ml.recommendation.blend import Blend
from ml.recommendation.content import ContentSettings, ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.ease import CatalogueTooLarge, Ease, EaseSettings
from ml.recommendation.item_neighbours import ItemNeighbours, ItemNeighboursSettings
from ml.recommendation.kinds import KINDS, kind_of
from ml.recommendation.popularity import Popularity
from ml.recommendation.random_walk import RandomWalk, RandomWalkSettings
from ml.recommendation.ranking_metrics import hit_rate, ranks
from ml.recommendation.revisits import Revisits
from ml.recommendation.sequence_model import SequenceSettings
from ml.recommendation.sequence_training import train
from ml.recommendation.sequential_rules import SequentialRules
from ml.recommendation.session_neighbourhood import SessionNeighbourhood
from ml.recommendation.sessions import EventKind, Sessions, Vocabulary
from ml.tensor_files import ArtifactRefused, write_tensors
from tests.ml.recommendation.shoppers import PRODUCTS, walks

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.recommender import Recommender

EARLIER, LATER = walks(1_200), walks(150, seed=1)
CONTEXTS, FOLLOWED = LATER.cases()
VOCABULARY = Vocabulary(f"product-{n}" for n in range(PRODUCTS))
SMALL = SequenceSettings(
    dimensions=16, epochs=5, negatives=64, positions_a_batch=128, learning_rate=1e-2
)


def described(number: int) -> ProductContent:
    """Neighbours on the ring share words."""
    return ProductContent(
        text=f"word{number} word{(number + 1) % PRODUCTS} word{(number + 2) % PRODUCTS}",
        category=f"shelf/{number // 10}",
        attributes={"colour": ("red", "blue")[number % 2]},
        price_minor=1_000,
    )


def content() -> ContentSimilarity:
    return ContentSimilarity.fit([described(n) for n in range(PRODUCTS)])


def fitted() -> dict[str, Recommender]:
    plain: dict[str, Recommender] = {
        "popularity": Popularity.fit(EARLIER, PRODUCTS),
        "revisits": Revisits.fit(EARLIER, PRODUCTS),
        "sequential_rules": SequentialRules.fit(EARLIER, PRODUCTS),
        "item_neighbours": ItemNeighbours.fit(EARLIER, PRODUCTS),
        "random_walk": RandomWalk.fit(EARLIER, PRODUCTS),
        "session_neighbourhood": SessionNeighbourhood.fit(EARLIER, PRODUCTS),
        "ease": Ease.fit(EARLIER, PRODUCTS),
    }
    attention, _ = train(EARLIER, PRODUCTS, SMALL, content=content().dense)
    recurrent, _ = train(EARLIER, PRODUCTS, msgspec.structs.replace(SMALL, body="gru"))
    neighbourhood = plain["session_neighbourhood"]
    blend = Blend.fit([plain["ease"], neighbourhood, attention], *LATER.cases())
    return {
        **plain,
        "content_similarity": content(),
        "sequence_model": attention,
        "sequence_model, gru": recurrent,
        "blend": blend,
    }


MODELS = fitted()
every_model = pytest.mark.parametrize("name", MODELS)


def hits(model: Recommender) -> float:
    return hit_rate(ranks(model.predict(CONTEXTS), FOLLOWED), 5)


def test_every_kind_is_tested_here() -> None:
    assert {kind_of(model) for name, model in MODELS.items() if name != "blend"} == set(KINDS)


@every_model
def test_a_model_beats_popularity_where_there_is_something_to_learn(name: str) -> None:
    if name != "popularity":
        assert hits(MODELS[name]) > hits(MODELS["popularity"]) + 0.1


@every_model
def test_many_contexts_get_the_scores_that_each_gets_alone(name: str) -> None:
    together = MODELS[name].predict(CONTEXTS.between(0, 40))
    assert together.shape == (40, PRODUCTS)
    assert together.dtype == np.float32
    for number in range(40):
        alone = MODELS[name].predict(CONTEXTS.between(number, number + 1))
        np.testing.assert_allclose(together[number], alone[0], rtol=1e-4, atol=1e-5)


@every_model
def test_an_empty_context_and_no_context_at_all_are_answered(name: str) -> None:
    empty = MODELS[name].predict(Sessions.of([[], [3]]))
    assert np.isfinite(empty).all()
    assert MODELS[name].predict(Sessions.of([])).shape == (0, PRODUCTS)


@every_model
def test_a_saved_model_answers_bit_for_bit_the_same(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save(path, Artifact(MODELS[name], VOCABULARY, {"seed": 1, "positions": [0, 900]}))
    loaded = load(path)
    assert loaded.vocabulary == VOCABULARY
    assert loaded.about == {"seed": 1, "positions": [0, 900]}
    assert loaded.model.settings == MODELS[name].settings
    scores = MODELS[name].predict(CONTEXTS)
    assert loaded.model.predict(CONTEXTS).tobytes() == scores.tobytes()


@pytest.mark.parametrize("where", [0.02, 0.5, 0.99])
def test_a_damaged_artifact_is_refused(where: float, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save(path, Artifact(MODELS["sequence_model"], VOCABULARY, {}))
    damaged = bytearray(path.read_bytes())
    damaged[int(len(damaged) * where)] ^= 0b100
    path.write_bytes(damaged)
    with pytest.raises(ArtifactRefused, match=r"model\.safetensors"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"\x80\x04N.", b"PK\x03\x04 a zip", b"\xff" * 64])
def test_a_foreign_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(ArtifactRefused, match="foreign"):
        load(path)


def test_tensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    write_tensors(path, {"weights": np.zeros(3)}, {"format": "pt"})
    with pytest.raises(ArtifactRefused, match="not a saved model of this kind"):
        load(path)


def test_a_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")


def test_a_blend_goes_over_to_components_trained_anew_but_of_the_same_kinds() -> None:
    blend = MODELS["blend"]
    assert isinstance(blend, Blend)
    again = blend.of(blend.components)
    assert again.weights == blend.weights
    with pytest.raises(ValueError, match="other kinds"):
        blend.of(blend.components[::-1])


def test_what_tells_no_product_apart_weighs_nothing() -> None:
    silent = ContentSimilarity.fit([ProductContent()] * PRODUCTS)
    blend = Blend.fit([silent, MODELS["ease"]], CONTEXTS, FOLLOWED)
    assert blend.weights[0] == 0
    assert hits(blend) >= hits(MODELS["ease"])


def test_ease_says_when_a_catalogue_is_too_large() -> None:
    with pytest.raises(CatalogueTooLarge, match="60 products"):
        Ease.fit(EARLIER, PRODUCTS, EaseSettings(largest_catalogue=50))


def test_bought_together_learns_from_purchases_only() -> None:
    kinds = np.array([EventKind.PURCHASED, EventKind.PURCHASED, EventKind.VIEWED], np.int8)
    sessions = Sessions(np.array([0, 1, 2]), np.array([0, 3]), kinds=kinds)
    model = ItemNeighbours.fit(sessions, 3, ItemNeighboursSettings(bought=True))
    scores = model.predict(Sessions.of([[0]]))[0]
    assert scores[1] > 0
    assert scores[2] == 0


def test_a_product_added_a_minute_ago_is_found_by_its_content() -> None:
    like_seven = msgspec.structs.replace(described(7), text=described(7).text + " new")
    similar = content().with_products([like_seven])
    neural = MODELS["sequence_model"].with_products(similar.dense[PRODUCTS:])  # type: ignore[attr-defined]
    seen = Sessions.of([[5, 6]])
    for model in (similar, neural):
        places = ranks(model.predict(seen), np.array([PRODUCTS]))
        assert places[0] <= 10
        old = model.predict(seen)[:, :PRODUCTS]
        kind = "content_similarity" if model is similar else "sequence_model"
        np.testing.assert_allclose(old, MODELS[kind].predict(seen), rtol=1e-5, atol=1e-5)


def test_a_walk_reaches_what_no_session_holds_together() -> None:
    sessions = Sessions.of([[0, 1], [1, 2], [3, 4]])
    near = RandomWalk.fit(sessions, 5, RandomWalkSettings(hops=1)).predict(Sessions.of([[0]]))[0]
    far = RandomWalk.fit(sessions, 5, RandomWalkSettings(hops=2)).predict(Sessions.of([[0]]))[0]
    assert np.flatnonzero(near).tolist() == [1]
    assert np.flatnonzero(far).tolist() == [0, 1, 2]
    kept = RandomWalk.fit(sessions, 5, RandomWalkSettings(hops=2, ends=1))
    assert len(kept.weights) == 5


def test_content_settings_hold_for_small_catalogues() -> None:
    model = ContentSimilarity.fit([described(1), described(2)], ContentSettings(dimensions=64))
    assert model.dense.shape == (2, 2)
