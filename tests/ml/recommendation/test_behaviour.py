"""What a recommender sees of the log, cut into sessions and contexts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from domain.basket import Basket
from domain.money import Money
from domain.order import Order, OrderLine
from domain.visit import Visit
from ml.recommendation.behaviour import Histories, Touch, contexts_of, touches
from ml.recommendation.past_touches import PastTouches
from ml.recommendation.sessions import EventKind, Vocabulary
from tests.ml.intent.recording import recorded

if TYPE_CHECKING:
    from domain.events import Recorded


def looked(product_id: str, seconds: float = 0, visitor: str = "v1", **fields: Any) -> Recorded:
    return recorded(
        Visit.ProductViewed, "visit-v1", seconds, visitor=visitor, product_id=product_id, **fields
    )


def stayed(product_id: str, seconds: float, milliseconds: int) -> Recorded:
    fields: dict[str, Any] = {"product_id": product_id, "milliseconds": milliseconds}
    return recorded(Visit.Dwelled, "visit-v1", seconds, visitor="v1", **fields)


def told(*events: Recorded) -> list[Touch]:
    return [touch for event in events for touch in touches(event)]


def past_of(*events: Recorded) -> PastTouches:
    past = PastTouches()
    for touch in told(*events):
        past.add(touch)
    return past


def test_a_program_has_no_taste() -> None:
    assert told(looked("lamp", bot="pace")) == []


def test_a_basket_of_our_own_is_its_visitors_and_so_is_the_order() -> None:
    added = recorded(
        Basket.ItemAdded,
        "basket-visitor:v1",
        product_id="lamp",
        quantity=1,
        unit_price=Money(100, "EUR"),
    )
    lines = tuple(OrderLine(p, "", 1, 100) for p in ("lamp", "bulb", "lamp"))
    order = recorded(
        Order.Placed,
        "order-1",
        visit_id="v1",
        shopper_id="s",
        lines=lines,
        currency="EUR",
        goods_minor=300,
        total_minor=300,
    )
    assert [(t.visitor, t.product_id, t.kind) for t in told(added, order)] == [
        ("v1", "lamp", EventKind.ADDED),
        ("v1", "lamp", EventKind.PURCHASED),
        ("v1", "bulb", EventKind.PURCHASED),
    ]


def test_sessions_end_with_a_pause_and_come_in_the_order_of_their_ends() -> None:
    past = past_of(
        looked("lamp", 0),
        looked("vase", 10, "v2"),
        stayed("lamp", 60, 4_000),
        stayed("lamp", 70, 2_000),
        looked("bulb", 100),
        looked("desk", 100 + 1_800),
    )
    sessions, vocabulary = past.sessions()
    assert [[vocabulary.products[n] for n in session] for session in sessions] == [
        ["vase"],
        ["lamp", "bulb"],
        ["desk"],
    ]
    assert sessions.dwell_seconds is not None
    assert sessions.dwell_seconds[1] == 6
    assert math.isnan(sessions.dwell_seconds[2])


def test_histories_keep_the_latest_of_those_seen_last() -> None:
    histories = Histories(visitors=2)
    for touch in told(looked("lamp", 0, "v1"), looked("bulb", 1, "v2"), looked("desk", 2, "v1")):
        histories.add(touch)
    for touch in told(looked("vase", 3, "v3")):
        histories.add(touch)
    assert [t.product_id for t in histories.of("v1")] == ["lamp", "desk"]
    assert histories.of("v2") == []


def test_serving_and_training_see_the_same_context() -> None:
    events = (looked("lamp", 0), stayed("lamp", 5, 3_000), looked("new", 7), looked("bulb", 9))
    trained, vocabulary = past_of(*events).sessions()
    assert vocabulary == Vocabulary(["lamp", "new", "bulb"])
    histories = Histories()
    for touch in told(*events):
        histories.add(touch)
    served = contexts_of([histories.of("v1")], vocabulary)
    assert served.items.tolist() == trained.items.tolist() == [0, 1, 2]
    for one, other in (
        (served.dwell_seconds, trained.dwell_seconds),
        (served.times, trained.times),
        (served.kinds, trained.kinds),
    ):
        assert one is not None
        assert other is not None
        assert one.tobytes() == other.tobytes()


def test_products_that_a_model_does_not_know_are_left_out_of_its_contexts() -> None:
    contexts = contexts_of([told(looked("lamp"), looked("new"))], Vocabulary(["bulb", "lamp"]))
    assert contexts.items.tolist() == [1]
