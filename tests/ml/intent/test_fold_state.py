"""The state of a scorer as bytes: who goes on with it says what who never stopped says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from domain.basket import Basket
from ml.intent.features import row_of
from ml.intent.fold_state import StateRefused, encode, restore
from ml.intent.outcomes import INTENT
from ml.intent.scoring import Scorer
from tests.ml.intent.recording import recorded
from tests.ml.intent.test_features import added_product, ordered, put_in, viewed
from tests.projections.histories import commands, history_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Recorded


def told(scorer: Scorer, log: Sequence[Recorded]) -> list[tuple[bytes, float]]:
    return [(asked.row.tobytes(), asked.probabilities[INTENT]) for asked in scorer.take(log).asked]


def again(scorer: Scorer) -> Scorer:
    """Return another scorer brought to the same state."""
    other = Scorer(5_400)
    restore(other, encode(scorer))
    return other


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(done=commands)
async def test_a_scorer_goes_on_from_its_state_as_if_it_had_never_stopped(done: Any) -> None:
    log = (await history_of(done)).lived
    scorer = Scorer(5_400)
    for cut in range(0, len(log), max(1, len(log) // 4)):
        part = log[cut : cut + max(1, len(log) // 4)]
        other = again(scorer)
        assert told(other, part) == told(scorer, part)
        assert encode(other) == encode(scorer)


def test_a_basket_that_two_share_is_shared_again() -> None:
    scorer = Scorer(1_800)
    for each in (added_product("lamp", 900), viewed("lamp", 0), put_in("lamp", 900, 10)):
        scorer.warm(each)
    other = again(scorer)
    cleared = recorded(Basket.Cleared, "basket-visitor:v1", 20)
    for one in (scorer, other):
        one.warm(cleared)
    [visit] = other.fold.visits.as_dict().values()
    assert visit.basket == {}
    assert row_of(visit).tobytes() == row_of(scorer.fold.visits.as_dict()["v1"]).tobytes()


def test_what_waits_for_its_outcome_waits_on() -> None:
    scorer = Scorer(5_400)
    for each in (put_in("lamp", 900, 0), viewed("lamp", 3_600)):
        scorer.warm(each)
    assert len(scorer.outcomes.waiting) == 1
    other = again(scorer)
    later = ordered(9_000)
    assert [each.outcome.abandoned for each in other.take([later]).over] == [
        each.outcome.abandoned for each in scorer.take([later]).over
    ]


def test_other_bytes_and_other_versions_are_refused() -> None:
    for wrong in (b"", b"\x80\x04N.", encode(Scorer(0))[:-3]):
        with pytest.raises(StateRefused):
            restore(Scorer(0), wrong)
    state = msgspec.msgpack.decode(encode(Scorer(0)))
    older = msgspec.msgpack.encode(state | {"version": "0"})
    with pytest.raises(StateRefused, match="version 0"):
        restore(Scorer(0), older)
