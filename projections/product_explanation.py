"""Product explanation: from what a product did on a day back to the events that make it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from domain.visit import Visit
from projections.kpi_explanation import Explanation, Part
from projections.product_sales import (
    BASKET_ADDS,
    ORDERS,
    REFUND,
    RETURNED_UNITS,
    REVENUE,
    UNITS,
    VIEWS,
    ProductSales,
    fold_sales,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from domain.events import Recorded
    from projections.projection import Connection

EXPLAINS: dict[str, int] = {
    "orders": ORDERS,
    "units": UNITS,
    "revenue_minor": REVENUE,
    "units_returned": RETURNED_UNITS,
    "refund_minor": REFUND,
    "product_views": VIEWS,
    "items_added": BASKET_ADDS,
}
"""The numbers of a product, under the names that the shop's have, and their places in a row."""

_TOPICS = tuple(event.TOPIC for event in ProductSales.events)


async def explain_product(
    connection: Connection, metric: str, *, product_id: str, day: date
) -> Explanation:
    """Say where the events stand that make a number of a product on a day (UTC).

    What came back counts on the day of its sale, so it may stand far behind the day's events.
    KeyError for a metric that is not in EXPLAINS.
    """
    if metric not in EXPLAINS:
        raise KeyError(metric)
    start = datetime.combine(day, time(), UTC)
    row = await connection.fetchrow(
        """SELECT coalesce((SELECT min(first_position) FROM live_kpis
                            WHERE bucket = 'day' AND bucket_start = $3), 1),
                  coalesce((SELECT max(position) FROM product_sales
                            WHERE product_id = $1 AND day = $2), 0)""",
        product_id,
        day,
        start,
    )
    first, last = row or (0, 0)
    return Explanation(
        metric=metric,
        topics=_TOPICS,
        start=start,
        end=start + timedelta(days=1),
        first_position=first if last else 0,
        last_position=last,
    )


def made_by_product(
    explanation: Explanation, product_id: str, events: Iterable[Recorded]
) -> list[Part]:
    """Return what each event adds to the number, without those that add nothing."""
    place, day = EXPLAINS[explanation.metric], explanation.start.date()
    parts = []
    for event in events:
        if isinstance(event.event, Visit.Event) and event.event.bot:
            continue
        rows: dict[tuple[str, date, str], list[int]] = {}
        fold_sales(rows, event)
        parts += [
            Part(event, currency, row[place])
            for (product, sold_on, currency), row in rows.items()
            if product == product_id and sold_on == day and row[place]
        ]
    return parts
