from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.recommendation.session_neighbourhood import NeighbourhoodSettings, SessionNeighbourhood
from ml.recommendation.sessions import Sessions

PRODUCTS = 8
session = st.lists(st.integers(0, PRODUCTS - 1), min_size=1, max_size=6)


def slowly(
    training: list[list[int]], context: list[int], how: NeighbourhoodSettings
) -> list[float]:
    """Say the definition, a session and a product at a time, with nothing left out."""
    last = max(len(training) - 1, 1)
    seen_in = [sum(product in each for each in training) for product in range(PRODUCTS)]
    rarity = [math.log1p(len(training) / max(count, 1)) for count in seen_in]
    since = {product: len(context) - 1 - place for place, product in enumerate(context)}
    scores = [0.0] * PRODUCTS
    for number, neighbour in enumerate(training):
        shared = sorted(set(context) & set(neighbour), key=lambda product: since[product])
        if not shared:
            continue
        similarity = sum(
            math.exp(-since[product] / how.context_steps) * rarity[product] ** how.rarity
            for product in shared
        )
        age = (len(training) - 1 - number) / last
        similarity *= 2 ** (-age / how.half_life) / len(neighbour) ** how.length_power
        anchor = max(place for place, product in enumerate(neighbour) if product == shared[0])
        for place, product in enumerate(neighbour):
            away = place - anchor
            steps = how.after_steps if away >= 0 else how.before_steps
            scores[product] += similarity * math.exp(-abs(away) / steps)
    return [
        score * how_rare**how.target_rarity for score, how_rare in zip(scores, rarity, strict=True)
    ]


@given(training=st.lists(session, min_size=1, max_size=12), contexts=st.lists(session, max_size=4))
@settings(max_examples=60)
def test_it_answers_what_the_plain_definition_says(
    training: list[list[int]], contexts: list[list[int]]
) -> None:
    how = NeighbourhoodSettings()
    model = SessionNeighbourhood.fit(Sessions.of(training), PRODUCTS, how)
    found = model.predict(Sessions.of(contexts))
    for row, context in zip(found, contexts, strict=True):
        np.testing.assert_allclose(row, slowly(training, context, how), rtol=1e-4, atol=1e-6)


def test_only_the_nearest_neighbours_have_a_say() -> None:
    training = Sessions.of([[0, 1], [0, 2], [0, 3]])
    model = SessionNeighbourhood.fit(training, 4, NeighbourhoodSettings(neighbours=1))
    assert np.flatnonzero(model.predict(Sessions.of([[0]]))[0]).tolist() == [0, 3]  # the newest


def test_only_the_newest_sessions_of_a_product_are_looked_at() -> None:
    training = Sessions.of([[0, 1], [0, 2], [0, 3]])
    model = SessionNeighbourhood.fit(training, 4, NeighbourhoodSettings(sample=2))
    assert np.flatnonzero(model.predict(Sessions.of([[0]]))[0]).tolist() == [0, 2, 3]
