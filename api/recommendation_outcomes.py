"""The door to what came of recommendations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.moments import moment, span
from api.roles import MACHINES
from api.route import Reply, Route
from domain.money import Money
from projections.recommendation_outcomes import OutcomeRow, outcomes_by_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call


class OutcomesQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Lists served from a time to before another, in whole days (UTC); else the last 30 days."""

    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    placement: Literal["", "home", "product", "basket", "email"] = ""
    model: Annotated[str, Meta(max_length=300)] = ""


class Outcomes(msgspec.Struct, kw_only=True):
    """What came of some lists. All but ``clicked_lists`` count products of lists, each once.

    ``views`` within 30 minutes, ``basket_adds`` and ``orders`` within 24 hours, however the visitor
    came to them; ``clicks`` in the list itself. ``click_rate``: clicked lists of all lists.
    """

    model: str
    placement: str
    lists: int = 0
    products: int = 0
    clicked_lists: int = 0
    click_rate: float | None = None
    clicks: int = 0
    views: int = 0
    basket_adds: int = 0
    orders: int = 0
    revenue: list[Money] = []


class DayOutcomes(Outcomes, kw_only=True):
    """As Outcomes, of the lists served on one day."""

    day: date


class OutcomesBody(msgspec.Struct, kw_only=True):
    """By day, model and placement, and by model and placement over the whole time."""

    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="to")
    items: list[DayOutcomes]
    totals: list[Outcomes]


async def show_outcomes(call: Call[None, OutcomesQuery]) -> Reply:
    """Return what was clicked and bought of served lists."""
    query, now = call.query, datetime.now(UTC)
    begin, finish = span(
        moment(query.start, "from"),
        moment(query.end, "to"),
        default_start=now - timedelta(days=30),
        default_end=now + timedelta(days=1),
    )
    start, end = begin.date(), (finish + timedelta(days=1) - timedelta.resolution).date()
    async with call.services.pool.acquire() as connection:
        rows = await outcomes_by_day(
            connection, start=start, end=end, placement=query.placement, model=query.model
        )
    days: dict[tuple[date, str, str], DayOutcomes] = {}
    totals: dict[tuple[str, str], Outcomes] = {}
    for row in rows:
        key = row.model, row.placement
        if (row.day, *key) not in days:
            days[row.day, *key] = DayOutcomes(
                day=row.day, model=row.model, placement=row.placement, revenue=[]
            )
        if key not in totals:
            totals[key] = Outcomes(model=row.model, placement=row.placement, revenue=[])
        _add(days[row.day, *key], row)
        _add(totals[key], row)
    _rate([*days.values(), *totals.values()])
    return Reply(
        OutcomesBody(start=start, end=end, items=[*days.values()], totals=[*totals.values()])
    )


def _add(sums: Outcomes, row: OutcomeRow) -> None:
    for name in ("lists", "products", "clicked_lists", "clicks", "views", "basket_adds", "orders"):
        setattr(sums, name, getattr(sums, name) + getattr(row, name))
    if not row.currency:
        return
    known = {money.currency: money.amount for money in sums.revenue}
    known[row.currency] = known.get(row.currency, 0) + row.revenue_minor
    sums.revenue = [Money(minor, currency) for currency, minor in sorted(known.items())]


def _rate(found: Iterable[Outcomes]) -> None:
    for each in found:
        each.click_rate = each.clicked_lists / each.lists if each.lists else None


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/recommendations",
        handler=show_outcomes,
        summary="What came of served recommendations, by day, model and placement",
        tag="Insight",
        query=OutcomesQuery,
        answer=OutcomesBody,
        roles=MACHINES,
        reads=("recommendation_outcomes",),
    ),
)
