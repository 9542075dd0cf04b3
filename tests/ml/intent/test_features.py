"""Features of a visit: what they count, and that they know nothing of what comes later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from domain.basket import Basket
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import Product
from domain.visit import Visit
from ml.intent.features import features_of, row_of
from ml.intent.open_visits import PAUSE_SECONDS, OpenVisits
from tests.ml.intent.recording import recorded
from tests.projections.histories import commands, history_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.events import Recorded

EUROS = "EUR"


def added_product(product_id: str, minor: int, category: str = "lamps") -> Recorded:
    return recorded(
        Product.Added,
        f"product-{product_id}",
        name=product_id,
        description="",
        category=category,
        price=Money(minor, EUROS),
        stock=None,
        attributes={},
    )


def viewed(product_id: str, seconds: float, **fields: Any) -> Recorded:
    return recorded(
        Visit.ProductViewed, "visit-v1", seconds, visitor="v1", product_id=product_id, **fields
    )


def put_in(product_id: str, minor: int, seconds: float, owner: str = "visitor:v1") -> Recorded:
    return recorded(
        Basket.ItemAdded,
        f"basket-{owner}",
        seconds,
        visit_id="v1",
        product_id=product_id,
        quantity=2,
        unit_price=Money(minor, EUROS),
    )


def ordered(seconds: float) -> Recorded:
    line = OrderLine("lamp", "", 2, 900)
    return recorded(
        Order.Placed,
        "order-1",
        seconds,
        visit_id="v1",
        shopper_id="7",
        lines=(line,),
        currency=EUROS,
        goods_minor=1_800,
        total_minor=1_800,
    )


def after(*events: Recorded) -> dict[str, float]:
    """Return the features after the last of these events."""
    fold = OpenVisits()
    visits = [visit for event in events if (visit := fold.add(event)) is not None]
    return features_of(visits[-1])


def rows(log: Iterable[Recorded]) -> list[bytes]:
    """Return every row of a log, to the last bit."""
    fold = OpenVisits()
    found = []
    for each in log:
        visit = fold.add(each)
        found.append(b"" if visit is None else row_of(visit).tobytes())
    return found


def test_what_was_looked_at_counts_with_its_price_and_category() -> None:
    found = after(
        added_product("lamp", 900),
        added_product("vase", 300, "vases"),
        viewed("lamp", 0),
        viewed("vase", 20),
        viewed("lamp", 50),
    )
    assert (found["product_views"], found["products"], found["looked_again"]) == (3, 2, 1)
    assert (found["seconds"], found["seconds_since_previous"]) == (50, 30)
    assert found["main_category_share"] == 2 / 3
    assert (found["price_mean_minor"], found["price_lowest_minor"]) == (700, 300)


def test_a_basket_is_worth_what_is_in_it_and_an_order_empties_it() -> None:
    filled = (viewed("lamp", 0), put_in("lamp", 900, 10), put_in("vase", 300, 40))
    found = after(*filled)
    assert (found["basket_products"], found["basket_pieces"], found["basket_minor"]) == (2, 4, 2400)
    assert found["seconds_since_first_add"] == 30
    found = after(*filled, ordered(90))
    assert (found["orders"], found["basket_products"], found["basket_minor"]) == (1, 0, 0)
    assert found["past_revenue_minor"] == 1_800


def test_a_pause_begins_a_visit_that_knows_the_one_before() -> None:
    day = 86_400
    found = after(viewed("lamp", 0, shopper_id="7"), ordered(60), viewed("vase", day + 60))
    assert (found["events"], found["past_visits"]) == (1, 0), "nobody says yet who this is"
    found = after(
        viewed("lamp", 0, shopper_id="7"), ordered(60), viewed("vase", day, shopper_id="7")
    )
    assert (found["past_visits"], found["past_ordering_visits"]) == (1, 1)
    assert found["days_since_visit"] == (day - 60) / day


def test_events_just_within_the_pause_are_one_visit() -> None:
    assert after(viewed("lamp", 0), viewed("vase", PAUSE_SECONDS - 1))["events"] == 2
    assert after(viewed("lamp", 0), viewed("vase", PAUSE_SECONDS))["events"] == 1


def test_a_basket_brought_along_is_known_from_the_first_look() -> None:
    found = after(put_in("lamp", 900, 0), viewed("lamp", PAUSE_SECONDS))
    assert (found["basket_minor"], found["basket_brought_along"]) == (1_800, 1)
    assert math.isnan(found["seconds_since_first_add"])


def test_time_does_not_run_backwards_for_a_late_event() -> None:
    found = after(viewed("lamp", 100), viewed("vase", 40))
    assert (found["seconds"], found["seconds_since_previous"]) == (0, 0)


def test_a_program_moves_nothing_on() -> None:
    assert OpenVisits().add(viewed("lamp", 0, bot="agent")) is None


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(done=commands)
async def test_a_replay_finds_every_row_bit_for_bit(done: Any) -> None:
    history = await history_of(done)
    assert rows(history.lived) == rows(history.replayed)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(done=commands)
async def test_a_poisoned_future_changes_nothing_before_it(done: Any) -> None:
    log = (await history_of(done)).lived
    known = rows(log)
    for cut in (len(log) // 3, len(log) // 2):
        poison = [viewed("lamp", 0), put_in("vase", 1, 9e6), ordered(1e7), added_product("lamp", 1)]
        assert rows([*log[:cut], *poison, *log[cut:]])[:cut] == known[:cut]


def test_rows_are_numbers_of_one_length() -> None:
    fold = OpenVisits()
    visit = fold.add(viewed("lamp", 0))
    assert visit is not None
    row = row_of(visit)
    assert row.dtype == np.float32
    assert len(row) == len(features_of(visit))
