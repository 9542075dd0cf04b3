"""The door to what the shop expects to sell, and to what it should have in stock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.paging import Page, Paged, page_of
from api.problems import Problem, bad_field
from api.roles import MACHINES
from api.route import Reply, Route
from projections.forecasts import (
    ForecastRow,
    ForecastState,
    StockAdviceRow,
    find_forecast,
    forecast_state,
    stock_advice,
    urgency,
)

if TYPE_CHECKING:
    from api.call import Call
    from projections.forecasts import Level

_DAYS = {"day": 1, "week": 7}
_Id = Annotated[str, Meta(max_length=300)]


class ForecastQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Of a product, of a category, or of the whole shop where neither is named.

    ``horizon``: periods to show at most, of the 28 days or 8 weeks that there are.
    """

    product_id: _Id = ""
    category_id: _Id = ""
    by: Literal["day", "week"] = "week"
    horizon: Annotated[int, Meta(ge=1, le=366)] = 366


class PeriodForecast(msgspec.Struct, frozen=True):
    """Pieces that may be ordered from a day to before another.

    ``mean`` adds up: products to their category, categories to the shop. ``quantiles``: so many
    pieces or fewer, with the probability that is the key; those of a sum are no sums.
    """

    start: date
    end: date
    mean: float
    quantiles: dict[str, float]


class ForecastBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected, and what that rests on.

    ``forecast_id``: its event is ``forecast.made``, at ``position``, from the log up to
    ``as_of_position``. ``models``: those listened to, chosen for the class of the series by their
    errors on the past. ``errors``: of such forecasts at moments of the past, by level. ``lacks``:
    what is missing where nothing can be said; empty otherwise.
    """

    level: Literal["product", "category", "total"]
    series_id: str
    by: Literal["day", "week"]
    forecast_id: str = ""
    position: int = 0
    as_of_position: int = 0
    made_at: datetime | None = None
    reason: str = ""
    series_class: str = ""
    models: list[str] = []
    errors: dict[str, dict[str, float]] = {}
    items: list[PeriodForecast] = []
    lacks: str = ""


class StockAdviceQuery(Paged, kw_only=True):
    """``due``: only what is to be ordered now, because its stock is at the reorder point."""

    due: bool = False


async def show_forecast(call: Call[None, ForecastQuery]) -> Reply:
    """Return what is expected of a product, a category or the shop."""
    query = call.query
    if query.product_id and query.category_id:
        raise bad_field("category_id", "ask for a product or for a category")
    level: Level = "total"
    if query.product_id or query.category_id:
        level = "product" if query.product_id else "category"
    series_id = query.product_id or query.category_id
    async with (
        call.services.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        state = await forecast_state(connection)
        row = await find_forecast(connection, period=query.by, level=level, series_id=series_id)
        # Whether there is any of this length at all.
        whole = row or await find_forecast(connection, period=query.by, level="total")
    if row is None and whole is not None:
        raise Problem(404, "forecast_not_found", f"Nothing is expected of this {level}.")
    if row is None or state is None:
        lacks = state.lacks if state else ""
        if state is None:
            lacks = "nothing was worked out yet"
        return Reply(
            ForecastBody(
                level=level, series_id=series_id, by=query.by, lacks=lacks or "no week is over yet"
            )
        )
    return Reply(_body(row, state, query.horizon))


async def show_advice(call: Call[None, StockAdviceQuery]) -> Reply:
    """Return advice by urgency."""
    query = call.query
    after = query.cursor(tuple[float, str], (2.0, ""))
    async with call.services.pool.acquire() as connection:
        rows = await stock_advice(
            connection, after=after, limit=query.limit + 1, only_due=query.due
        )
    return Reply(page_of(rows, query.limit, urgency))


def _body(row: ForecastRow, state: ForecastState, horizon: int) -> ForecastBody:
    step = timedelta(days=_DAYS[row.period])
    items = [
        PeriodForecast(
            row.starts_on + place * step,
            row.starts_on + (place + 1) * step,
            mean,
            {level: pieces[place] for level, pieces in row.quantiles.items()},
        )
        for place, mean in enumerate(row.mean[:horizon])
    ]
    return ForecastBody(
        level=row.level,
        series_id=row.series_id,
        by=row.period,
        forecast_id=state.forecast_id,
        position=row.position,
        as_of_position=state.until,
        made_at=state.made_at,
        reason=state.reason,
        series_class=row.series_class,
        models=row.models,
        errors=state.errors.get(row.period, {}),
        items=items,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/forecasts",
        handler=show_forecast,
        summary="What the shop expects to sell, by day or week, with intervals",
        tag="Insight",
        query=ForecastQuery,
        answer=ForecastBody,
        roles=MACHINES,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/insights/stock-advice",
        handler=show_advice,
        summary="When to order how much of what, the most urgent first",
        tag="Insight",
        query=StockAdviceQuery,
        answer=Page[StockAdviceRow],
        roles=MACHINES,
        reads=("catalogue",),
    ),
)
