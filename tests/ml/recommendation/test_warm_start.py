"""A training that goes on from an earlier model is where that one was, and gets on faster."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.sequence_model import SequenceModel, SequenceSettings
from ml.recommendation.sequence_training import train
from ml.recommendation.sessions import Floats, Sessions, Vocabulary
from ml.recommendation.warm_start import carried_over
from tests.ml.recommendation.shoppers import PRODUCTS, walks

SETTINGS = SequenceSettings(dimensions=16, epochs=6, negatives=64, positions_a_batch=128)
EARLIER, MORE = walks(600), walks(600, seed=5)
LATER = walks(150, seed=1).cases()
KNOWN = Vocabulary(f"product-{n}" for n in range(PRODUCTS))


def content_of(vocabulary: Vocabulary) -> Floats:
    described = [
        ProductContent(text=f"word{n % 7} word{n % 11}", category=f"shelf/{n % 5}")
        for n in (int(product.partition("-")[2]) for product in vocabulary.products)
    ]
    return ContentSimilarity.fit(described).dense


def vectors(model: SequenceModel, vocabulary: Vocabulary) -> dict[str, Floats]:
    return dict(zip(vocabulary.products, model._table.vectors.cpu().numpy(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("has_content", [True, False])
def test_a_known_product_keeps_its_vector_wherever_the_catalogue_puts_it(
    *, has_content: bool
) -> None:
    grown = Vocabulary(f"product-{n}" for n in (75, *reversed(range(PRODUCTS)), 76))
    old_content = content_of(KNOWN) if has_content else None
    content = content_of(grown) if has_content else None
    model, _ = train(EARLIER, PRODUCTS, SETTINGS, content=old_content)

    start = carried_over(model, KNOWN, grown, SETTINGS, content)

    assert start is not None
    again = SequenceModel.from_parts(msgspec.json.encode(SETTINGS), start)
    before, after = vectors(model, KNOWN), vectors(again, grown)
    for product in KNOWN.products:
        np.testing.assert_allclose(after[product], before[product], atol=1e-4)
    assert np.linalg.norm(after["product-76"]) == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_going_on_reaches_the_score_of_a_fresh_training_in_fewer_epochs() -> None:
    model, _ = train(EARLIER, PRODUCTS, SETTINGS)
    both = Sessions.of([each.tolist() for sessions in (EARLIER, MORE) for each in sessions])
    patient = msgspec.structs.replace(SETTINGS, patience=SETTINGS.epochs)
    _, cold = train(both, PRODUCTS, patient, validation=LATER)
    start = carried_over(model, KNOWN, KNOWN, SETTINGS, None)
    short = msgspec.structs.replace(SETTINGS, epochs=SETTINGS.epochs // 2)
    _, warm = train(both, PRODUCTS, short, validation=LATER, start=start)
    assert max(warm.scores) >= max(cold.scores) - 0.005
    assert warm.scores[0] > cold.scores[1]  # first vectors help the cold start, but not so far


def test_a_network_of_another_shape_begins_anew() -> None:
    model, _ = train(EARLIER, PRODUCTS, msgspec.structs.replace(SETTINGS, epochs=1))
    wider = msgspec.structs.replace(SETTINGS, dimensions=32)
    recurrent = msgspec.structs.replace(SETTINGS, body="gru")
    for settings in (wider, recurrent):
        assert carried_over(model, KNOWN, KNOWN, settings, None) is None
    assert carried_over(model, KNOWN, KNOWN, SETTINGS, content_of(KNOWN)) is None
    strangers = Vocabulary(["vase", "desk"])
    assert carried_over(model, KNOWN, strangers, SETTINGS, None) is None
