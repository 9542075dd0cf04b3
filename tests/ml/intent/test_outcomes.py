"""Outcomes: when a visit is over, and whether its basket counts as abandoned."""

from __future__ import annotations

from msgspec.structs import replace

from domain.basket import Basket
from domain.visit import Visit
from ml.intent.open_visits import PAUSE_SECONDS, OpenVisits
from ml.intent.outcomes import Outcomes
from tests.ml.intent.recording import NOON, recorded
from tests.ml.intent.test_features import ordered, put_in, viewed

MINUTE = 60


def told(*events: object, abandon_after: float = PAUSE_SECONDS) -> list[tuple[bool, bool]]:
    """Return (ordered, abandoned) of each visit, as soon as it is certain."""
    fold, outcomes = OpenVisits(), Outcomes(abandon_after)
    found = []
    for event in events:
        fold.add(event)  # type: ignore[arg-type]
        found += [(each.ordered, each.abandoned) for each in outcomes.settle(fold)]
    return found


def somebody_else(seconds: float) -> object:
    return recorded(Visit.PageViewed, "visit-w", seconds, visitor="w", url="/")


def test_a_basket_left_behind_is_abandoned_once_the_visit_is_over() -> None:
    assert told(viewed("lamp", 0), put_in("lamp", 900, 10), somebody_else(29 * MINUTE)) == []
    left = told(viewed("lamp", 0), put_in("lamp", 900, 10), somebody_else(31 * MINUTE))
    assert left == [(False, True)]


def test_an_order_and_an_emptied_basket_are_not_abandoned() -> None:
    assert told(put_in("lamp", 900, 0), ordered(60), somebody_else(60 * MINUTE)) == [(True, False)]
    removed = recorded(
        Basket.ItemRemoved, "basket-visitor:v1", 60, visit_id="v1", product_id="lamp", quantity=2
    )
    assert told(put_in("lamp", 900, 0), removed, somebody_else(60 * MINUTE)) == [(False, False)]
    assert told(viewed("lamp", 0), somebody_else(60 * MINUTE)) == [(False, False)]


def test_a_shop_that_waits_longer_hears_of_an_order_in_between() -> None:
    begun = (put_in("lamp", 900, 0), somebody_else(60 * MINUTE))
    waits = 90 * MINUTE
    assert told(*begun, abandon_after=waits) == []
    abandoned = told(*begun, somebody_else(91 * MINUTE), abandon_after=waits)
    assert abandoned[0] == (False, True)
    checked_out = recorded(Basket.CheckedOut, "basket-visitor:v1", 70 * MINUTE, order_id="1")
    bought = told(*begun, checked_out, somebody_else(91 * MINUTE), abandon_after=waits)
    assert bought[0] == (False, False)


def test_a_browser_whose_clock_is_ahead_ends_nobodys_visit() -> None:
    fold = OpenVisits()
    fold.add(viewed("lamp", 0))
    ahead = replace(somebody_else(9_000), recorded_at=NOON)  # type: ignore[type-var]
    fold.add(ahead)  # type: ignore[arg-type]
    assert fold.over == []
    visit = fold.add(viewed("vase", 60))
    assert visit is not None
    assert visit.counts.total() == 2


def test_no_more_visits_are_open_than_there_is_room_for() -> None:
    fold = OpenVisits(remembered=10)
    over = 0
    for n in range(100):
        fold.add(recorded(Visit.PageViewed, f"visit-{n}", n, visitor=f"v{n}", url="/"))
        over += len(fold.over)
        assert len(fold) <= 10
    assert over >= 90
