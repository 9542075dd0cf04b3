"""Segment conditions: each kind of rule holds for whom it should, asked of one and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.order import Order
from domain.review import Review
from domain.segment_rule import parse
from domain.segmentation import Segmentation
from domain.shopper import Shopper
from domain.visit import Visit
from projections.segment_conditions import Condition
from projections.segment_evaluation import changes_among, changes_among_all, preview
from tests.projections.folding import at, line
from tests.projections.histories import a_fit

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

DAY = 24 * 60
NOW = at(10 * DAY)
ANN, BOB, EVE = "shopper:ann", "shopper:bob", "visitor:eve"
EVERYBODY = [ANN, BOB, EVE]
RULES: list[tuple[dict[str, Any], list[str]]] = [
    ({"number": "orders", "at_least": 1}, [ANN, BOB]),
    ({"number": "orders", "at_least": 2}, [ANN]),
    ({"number": "orders", "at_most": 0}, [EVE]),
    ({"number": "revenue_minor", "at_least": 1_500, "at_most": 2_500}, [ANN]),
    ({"number": "mean_order_minor", "at_most": 900}, [BOB]),
    ({"number": "days_since_order", "at_most": 6}, [ANN]),
    ({"not": {"number": "days_since_order", "at_most": 6}}, [BOB, EVE]),
    ({"number": "days_since_seen", "at_least": 9}, [BOB]),
    ({"number": "days_known", "at_least": 0}, EVERYBODY),
    ({"number": "product_views", "at_least": 3}, [EVE]),
    ({"number": "basket_adds", "at_least": 1}, [EVE]),
    ({"number": "mean_rating", "at_least": 4}, [ANN]),
    ({"number": "discount_share", "at_most": 0}, [ANN, BOB]),
    ({"number": "recency_score", "at_least": 1}, [ANN, BOB]),
    ({"number": "frequency_score", "at_least": 5}, []),
    ({"number": "monetary_score", "at_least": 1}, [ANN, BOB]),
    ({"number": "cluster", "at_least": 0}, [ANN, BOB]),
    ({"number": "value_minor", "at_least": 1}, [ANN, BOB]),
    ({"number": "chance_alive", "at_most": 1}, [ANN, BOB]),
    ({"number": "expected_orders", "at_least": 0}, [ANN, BOB]),
    ({"segment": "window shopper"}, [EVE]),
    ({"consent": "marketing"}, [ANN]),
    ({"consent": "analytics"}, []),
    ({"known": True}, [ANN, BOB]),
    ({"known": False}, [EVE]),
    ({"did": "viewed", "product_id": "lamp"}, [EVE]),
    ({"did": "viewed", "product_id": "lamp", "at_least": 3}, []),
    ({"did": "viewed", "category": "vases", "within_days": 2}, [EVE]),
    ({"did": "viewed", "product_id": "lamp", "within_days": 2}, []),
    ({"did": "added", "at_least": 1}, [EVE]),
    ({"did": "bought", "product_id": "lamp", "within_days": 6}, [ANN]),
    ({"did": "bought", "product_id": "lamp"}, [ANN, BOB]),
    ({"did": "bought", "category": "lamps"}, []),
    ({"all": [{"known": True}, {"not": {"consent": "marketing"}}]}, [BOB]),
    ({"any": [{"segment": "window shopper"}, {"consent": "marketing"}]}, [ANN, EVE]),
]


async def a_past(log: Log) -> None:
    for order_id, shopper_id, days, minor in (
        ("a", "ann", 1, 1_000),
        ("b", "ann", 5, 1_000),
        ("c", "bob", 0, 800),
    ):
        log.add(
            Order.Placed,
            f"order-{order_id}",
            days * DAY,
            shopper_id=shopper_id,
            visitor="",
            lines=(line("lamp", 1, minor),),
            currency="EUR",
            goods_minor=minor,
            total_minor=minor,
        )
    for days, product_id, category in ((5, "lamp", ""), (5, "lamp", ""), (9, "vase", "vases")):
        viewed = {"visitor": "eve", "product_id": product_id, "category": category}
        log.add(Visit.ProductViewed, "visit-eve", days * DAY, **viewed)
    log.add(Visit.ProductCarted, "visit-eve", 9 * DAY + 1, visitor="eve", product_id="vase")
    log.add(Shopper.ConsentChanged, "shopper-ann", 5 * DAY, purposes={"marketing": True})
    log.add(Shopper.ConsentChanged, "shopper-bob", 0, purposes={"marketing": False})
    log.add(
        Review.Submitted,
        "review-ann:lamp",
        5 * DAY,
        shopper_id="ann",
        product_id="lamp",
        rating=5,
        comment="",
    )
    log.add(Segmentation.Fitted, "segmentation-customers", 9 * DAY, fit=a_fit(at(9 * DAY), 3))
    await log.fold()


async def test_each_rule_holds_for_whom_it_should(log: Log, reader: Connection) -> None:
    await a_past(log)
    for said, expected in RULES:
        rule = parse(said)
        found = await preview(reader, rule, NOW)
        assert (found.sample, found.size, found.of) == (expected, len(expected), 3), said
        among, total = await changes_among_all(reader, "s", rule, NOW, limit=100)
        assert [change.person for change in among] == expected, said
        assert total == len(expected)
        assert all(change.enters and change.change == 1 for change in among)
        asked = await changes_among(reader, "s", rule, NOW, [*EVERYBODY, "visitor:nobody"])
        assert asked == among, said
        opposite = await preview(reader, parse({"not": said}), NOW)
        assert opposite.size == 3 - found.size, said


async def test_a_rule_says_what_it_looks_at_and_whether_time_decides() -> None:
    def condition(said: object) -> Condition:
        return Condition(parse(said), NOW, arguments=[])

    assert condition({"segment": "loyal"}).reads == {"segments", "segment_members"}
    assert condition({"did": "viewed"}).reads >= {"visits", "catalogue"}
    assert condition({"did": "bought"}).reads >= {"purchases"}
    assert condition({"number": "mean_rating", "at_least": 1}).reads >= {"interactions"}
    assert not condition({"did": "viewed"}).moves_with_time
    assert condition({"did": "viewed", "within_days": 1}).moves_with_time
    assert condition({"not": {"number": "days_known", "at_least": 1}}).moves_with_time
