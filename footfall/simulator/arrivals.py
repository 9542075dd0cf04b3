"""When visits begin: a Poisson process whose rate follows the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from footfall.simulator.shapes import ORDERS_BY_HOUR, ORDERS_BY_WEEKDAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

HISTORY_FLOOR: Final = 0.2
LIVE_FLOOR: Final = 0.7
"""Ours, not fitted: the share of visits that ignores the clock.

The shop that was measured sold to shops by day and rested on Saturday. A demo that is looked at
on a Saturday night shall move.
"""


def intensity(moment: datetime, floor: float) -> float:
    """Return the rate of arrivals at a moment, to the mean rate of a week."""
    hour = floor + (1 - floor) * 24 * ORDERS_BY_HOUR[moment.hour]
    weekday = floor + (1 - floor) * 7 * ORDERS_BY_WEEKDAY[moment.weekday()]
    return hour * weekday


def arrivals(
    random: Random, start: datetime, *, per_second: float, floor: float
) -> Iterator[datetime]:
    """Yield moments after ``start`` for ever, at a mean of ``per_second`` over a week.

    Thinning (Lewis and Shedler 1979): arrivals at the highest rate, each kept with the share that
    the rate of its moment has of it.
    """
    highest = (floor + (1 - floor) * 24 * max(ORDERS_BY_HOUR)) * (
        floor + (1 - floor) * 7 * max(ORDERS_BY_WEEKDAY)
    )
    moment = start
    while True:
        moment += timedelta(seconds=random.expovariate(highest * per_second))
        if random.random() * highest < intensity(moment, floor):
            yield moment
