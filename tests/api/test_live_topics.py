"""What a client of the live stream sees first: the rows that changed last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.live_topics import STATE_TOPICS, newest_rows
from domain.order import Order, OrderLine
from tests.shops import THEN, caught_up, context, projecting

if TYPE_CHECKING:
    from domain.events import Event
    from footfall.wiring import Shop


@pytest.mark.parametrize(
    "limit, expected",
    [(1, ["d", "e", "f"]), (3, ["d", "e", "f"]), (4, list("bcdef")), (6, list("abcdef"))],
)
async def test_rows_of_one_event_are_shown_together(
    shop: Shop, limit: int, expected: list[str]
) -> None:
    orders = [an_order(number, bought) for number, bought in enumerate(["a", "bc", "def"])]
    await shop.journal.record(context(), orders)
    async with projecting(shop):
        await caught_up(shop)
    async with shop.pool.acquire() as connection:
        rows = await newest_rows(connection, STATE_TOPICS["products"], limit)
    assert sorted(row.key.partition(":")[0] for row in rows) == expected
    assert [row.position for row in rows] == sorted(row.position for row in rows)


async def test_where_nothing_happened_nothing_is_shown(shop: Shop) -> None:
    async with projecting(shop):
        await caught_up(shop)
    async with shop.pool.acquire() as connection:
        assert await newest_rows(connection, STATE_TOPICS["products"], 10) == []


def an_order(number: int, bought: str) -> Event:
    make: Any = Order.Placed
    placed: Event = make(
        originator_id=Order.stream_id(f"o{number}"),
        originator_version=0,
        timestamp=THEN,
        originator_topic="",
        shopper_id="",
        visitor=f"v{number}",
        lines=tuple(OrderLine(product_id, product_id, 1, 1_000) for product_id in bought),
        currency="EUR",
        goods_minor=1_000 * len(bought),
        total_minor=1_000 * len(bought),
    )
    return placed
