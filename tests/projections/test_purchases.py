"""Purchases: who bought what when, and after how long it is bought again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.identity import Identity
from domain.order import Order
from domain.visit import Visit
from projections.purchases import bought_by, usual_intervals
from tests.projections.folding import at, line

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

DAY = 24 * 60


def buys(log: Log, minutes: float, *products: str, **who: str) -> None:
    told: dict[str, Any] = {"shopper_id": "", "visitor": "", **who}
    log.add(
        Order.Placed,
        f"order-{len(log.events)}",
        minutes,
        lines=tuple(line(product_id, 1, 500) for product_id in products),
        currency="EUR",
        goods_minor=500,
        total_minor=500,
        **told,
    )


def tells(log: Log, minutes: float, product_id: str, visitor: str, **fields: Any) -> None:
    log.add(
        Visit.ProductPurchased,
        f"visit-{visitor}",
        minutes,
        visitor=visitor,
        product_id=product_id,
        **fields,
    )


async def test_the_last_purchase_counts_from_orders_and_from_trackers(
    log: Log, reader: Connection
) -> None:
    buys(log, 0, "soap", "lamp", shopper_id="1")
    buys(log, 5 * DAY, "soap", shopper_id="1")
    buys(log, 3 * DAY, "soap", shopper_id="1")  # told late
    tells(log, 7, "lamp", "v1")
    tells(log, 7, "soap", "v2", bot="pace")
    buys(log, 0, "lamp")  # nobody's
    await log.fold()
    asked = ["soap", "lamp"]
    assert await bought_by(reader, ["shopper:1"], asked) == {"soap": at(5 * DAY), "lamp": at(0)}
    assert await bought_by(reader, ["visitor:v1"], asked) == {"lamp": at(7)}
    assert await bought_by(reader, ["visitor:v2"], asked) == {}
    assert await bought_by(reader, ["shopper:1"], ["bulb"]) == {}


async def test_what_a_visitor_bought_belongs_to_the_shopper_it_turns_out_to_be(
    log: Log, reader: Connection
) -> None:
    tells(log, 7, "lamp", "v1")
    log.add(Identity.Joined, "identity-v1", visitor="v1", shopper_id="1")
    tells(log, 9, "soap", "v1")
    await log.fold()
    both = {"lamp": at(7), "soap": at(9)}
    assert await bought_by(reader, ["shopper:1"], ["lamp", "soap"]) == both
    assert await bought_by(reader, ["visitor:v1"], ["lamp", "soap"]) == both
    buys(log, 10, "vase", shopper_id="1")
    await log.fold()
    assert await bought_by(reader, ["visitor:v1"], ["vase"]) == {}


async def test_the_usual_interval_is_the_median_over_those_who_bought_again(
    log: Log, reader: Connection
) -> None:
    for shopper, days in enumerate((10, 20, 30, 40)):
        buys(log, 0, "soap", shopper_id=str(shopper))
        tells(log, 60, "soap", f"v{shopper}")
        tells(log, 90, "soap", f"v{shopper}")  # the same purchase
        buys(log, days * DAY, "soap", shopper_id=str(shopper))
    await log.fold()
    assert await usual_intervals(reader, ["soap"]) == {}
    buys(log, 0, "soap", shopper_id="keen")
    for times in range(1, 4):
        buys(log, times * 7 * DAY, "soap", shopper_id="keen")
    await log.fold()
    assert await usual_intervals(reader, ["soap", "lamp"]) == {"soap": 20}
