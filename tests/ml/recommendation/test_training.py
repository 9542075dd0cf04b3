"""Training of a shop's recommender: what it goes on from, and what it is measured with."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ml.recommendation.sessions import Sessions, Vocabulary
from ml.recommendation.training import Champion, NotEnoughData, TrainingSettings, train_on
from ml.recommendation.training_slices import slices_after, slices_of
from tests.ml.recommendation.shoppers import PRODUCTS, walks

SETTINGS = TrainingSettings(epochs=1, warm_epochs=1)
MINUTE = 60.0
VOCABULARY = Vocabulary(f"product-{n}" for n in range(PRODUCTS))


def timed(count: int) -> Sessions:
    """Return sessions that begin a minute after another, with touches a second apart."""
    sessions = walks(count)
    starts = MINUTE * np.arange(count)
    within = np.arange(len(sessions.items)) - sessions.offsets[:-1][sessions.owners]
    times = starts[sessions.owners] + within
    kinds = np.zeros(len(sessions.items), np.int8)
    return Sessions(sessions.items, sessions.offsets, kinds, None, times)


EVERYTHING = timed(600)
BEFORE = EVERYTHING.between(0, 400)


@pytest.mark.slow
def test_a_training_goes_on_from_the_champion_and_is_measured_on_what_is_new_to_both() -> None:
    first = train_on(BEFORE, VOCABULARY, {}, SETTINGS)
    assert first.warm_started_from == ""
    champion = Champion(first.model, first.vocabulary, first.facts["last_at"], "first")
    second = train_on(EVERYTHING, VOCABULARY, {}, SETTINGS, champion=champion)
    assert (second.warm_started_from, second.rival) == ("first", "champion")
    assert second.facts["sessions_of_the_measured_model"] >= len(BEFORE)
    for found in second.scores.values():
        assert found["mrr_20_low"] <= found["mrr_20"] <= found["mrr_20_high"]


@pytest.mark.slow
def test_with_little_that_is_new_a_training_starts_from_scratch_or_not_at_all() -> None:
    first = train_on(BEFORE, VOCABULARY, {}, SETTINGS)
    some = msgspec.structs.replace(SETTINGS, fewest_cases=40)
    grown = EVERYTHING.between(0, 425)
    champion = Champion(first.model, first.vocabulary, first.facts["last_at"], "first")
    assert train_on(grown, VOCABULARY, {}, some, champion=champion).warm_started_from == ""
    with pytest.raises(NotEnoughData, match="after the serving model had learnt"):
        train_on(EVERYTHING.between(0, 402), VOCABULARY, {}, some, champion=champion)


def test_slices_for_going_on_hold_nothing_that_the_champion_knew() -> None:
    learnt_until = MINUTE * 500 + 3
    slices = slices_after(EVERYTHING, SETTINGS, learnt_until)
    for cases in (slices.weighing, slices.measuring):
        assert cases.contexts.times is not None
        assert cases.contexts.times.min() > learnt_until
    fresh = slices_of(EVERYTHING, SETTINGS, learnt_until)
    assert fresh.weighing.contexts.times is not None
    assert fresh.weighing.contexts.times.min() < learnt_until
    assert len(fresh.past) == 480
