"""Training intent: what wins, what does not, and that whole visits stay on one side of each cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

from domain.visit import Visit
from ml.intent.classifiers import Linear, Scaling
from ml.intent.examples import Examples, examples
from ml.intent.training import IntentSettings, NotEnoughVisits, split_by_time, train_intent
from tests.ml.intent.recording import NOON, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.events import Recorded

pytestmark = pytest.mark.slow
SETTINGS = IntentSettings(fewest_of_each=10)


def shop(visits: int, *, seed: int = 0, reasons: bool = True) -> Iterator[Recorded]:
    """Yield visits that order the more often the longer they stay on a product, if ``reasons``."""
    random = np.random.default_rng(seed)
    position = 0
    for number in range(visits):
        start, name = 4_000.0 * number, f"v{number}"
        interest = random.random()
        steps = int(random.integers(2, 9))
        orders = random.random() < (interest**3 if reasons else 0.25)
        for step in range(steps):
            position += 2
            at = start + 60 * step
            fields = {"visitor": name, "product_id": f"p{step % 3}"}
            yield _at(recorded(Visit.ProductViewed, "visit-v", at, **fields), position - 1)
            seconds = 40 * interest + 5 * random.random()
            dwelled = recorded(
                Visit.Dwelled, "visit-v", at + 30, milliseconds=int(seconds * 1_000), **fields
            )
            yield _at(dwelled, position)
        if orders:
            position += 1
            at = start + 60 * steps
            bought = recorded(Visit.ProductPurchased, "visit-v", at, visitor=name, product_id="p0")
            yield _at(bought, position)


def _at(event: Recorded, position: int) -> Recorded:
    return replace(event, position=position)


@pytest.fixture(scope="module")
def found() -> Examples:
    return examples(shop(1_500))


def test_what_can_be_learnt_beats_the_best_baseline(found: Examples) -> None:
    trained = train_intent(found, SETTINGS)
    assert trained.wins
    assert trained.measures[trained.name].auc > trained.measures[trained.rival].auc + 0.05
    assert trained.measures[trained.name].ece < 0.08
    assert set(trained.early[trained.name]) == {"1", "2", "3", "5", "10", "15"}


def test_a_champion_of_the_same_data_is_not_beaten(found: Examples) -> None:
    champion = train_intent(found, SETTINGS)
    again = train_intent(found, SETTINGS, champion=champion.model.classifier)
    assert (again.rival, again.wins) == ("champion", False)


def test_chance_is_not_beaten() -> None:
    trained = train_intent(examples(shop(800, reasons=False)), SETTINGS)
    assert not trained.wins
    latest = split_by_time(examples(shop(800, reasons=False)), SETTINGS)[2]
    assert trained.model.probabilities(latest.rows).std() < 0.12


def test_to_beat_a_bad_champion_is_not_enough() -> None:
    found = examples(shop(800, reasons=False))
    features = found.rows.shape[1]
    scaling = Scaling(np.zeros(features), np.ones(features))
    always = Linear(scaling, np.zeros(features), 3.0)  # everybody orders
    trained = train_intent(found, SETTINGS, champion=always)
    assert trained.gains["champion"].low > 0
    assert len(trained.gains) == 2
    assert (trained.wins, trained.rival != "champion") == (False, True)


def test_whole_visits_stay_together_and_in_the_order_of_time(found: Examples) -> None:
    parts = split_by_time(found, SETTINGS)
    sets = [set(part.visits.tolist()) for part in parts]
    assert sum(map(len, sets)) == len(set.union(*sets)) == len(set(found.visits.tolist()))
    assert parts[0].at.max() < parts[1].at.min()
    assert parts[1].at.max() < parts[2].at.min()
    assert parts[0].at.min() == NOON.timestamp()


def test_too_few_orders_are_told_and_nothing_is_learnt() -> None:
    with pytest.raises(NotEnoughVisits, match="are needed in each"):
        train_intent(examples(shop(30)), SETTINGS)
    with pytest.raises(NotEnoughVisits, match="0 visits"):
        train_intent(examples([]), SETTINGS)
