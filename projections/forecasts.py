"""Forecasts and stock advice: what the shop expects to sell. Kept by the forecaster."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from projections.projection import Feed

if TYPE_CHECKING:
    from projections.projection import Connection

NAME = "forecasts"

Period = Literal["day", "week"]
Level = Literal["product", "category", "total"]


class Forecasts:
    """The forecasts as others may follow them: all of them change with each new working out."""

    name = NAME
    feed = Feed(
        "app.forecasts",
        ("period", "level", "series_id"),
        (
            "period",
            "level",
            "series_id",
            "class",
            "models",
            "starts_on",
            "mean",
            "quantiles",
        ),
        is_published=False,
    )


FORECASTS = Forecasts()


class ForecastState(msgspec.Struct, frozen=True):
    """The forecast that serves. ``lacks``: what is missing where there is not enough data."""

    forecast_id: str
    until: int
    position: int
    reason: str
    lacks: str
    made_at: datetime
    errors: dict[str, dict[str, dict[str, float]]]


class ForecastRow(msgspec.Struct, frozen=True):
    """What is expected of a series. ``mean`` and each of ``quantiles``: pieces, by period."""

    period: Period
    level: Level
    series_id: str
    series_class: str
    models: list[str]
    starts_on: date
    mean: list[float]
    quantiles: dict[str, list[float]]
    position: int


class StockAdviceRow(msgspec.Struct, frozen=True):
    """What to have of a product, in pieces; see ml/forecasts/stock.py."""

    product_id: str
    name: str
    category: str
    stock: int | None
    reorder_point: int
    order_up_to: int
    order_quantity: int | None
    lead_demand: float
    days_left: float | None
    shortage: float | None
    position: int


async def forecast_state(connection: Connection) -> ForecastState | None:
    """Return the forecast that serves; None before the forecaster first looked."""
    row = await connection.fetchrow(
        """SELECT forecast_id, until, position, reason, lacks, made_at, errors
           FROM app.forecast_state"""
    )
    if row is None:
        return None
    errors = msgspec.json.decode(row["errors"], type=dict[str, dict[str, dict[str, float]]])
    return ForecastState(**(dict(row) | {"errors": errors}))


async def find_forecast(
    connection: Connection, *, period: Period, level: Level, series_id: str = ""
) -> ForecastRow | None:
    """Return what is expected of a product, a category or the whole shop."""
    row = await connection.fetchrow(
        """SELECT period, level, series_id, class, models, starts_on, mean, quantiles, position
           FROM app.forecasts WHERE period = $1 AND level = $2 AND series_id = $3""",
        period,
        level,
        series_id,
    )
    if row is None:
        return None
    values = list(row)
    values[7] = msgspec.json.decode(row["quantiles"], type=dict[str, list[float]])
    return ForecastRow(*values)


async def stock_advice(
    connection: Connection,
    *,
    after: tuple[float, str] | None = None,
    limit: int,
    only_due: bool = False,
) -> list[StockAdviceRow]:
    """Return advice by urgency: what runs out most likely before an order could arrive, first.

    Products whose stock is not counted come last. ``after``: the urgency and product to go on
    from, as ``urgency`` gives them. ``only_due``: those whose stock is at the reorder point.
    """
    rows = await connection.fetch(
        f"""{_ADVICE}
           WHERE ($1::float8 IS NULL OR (-coalesce(a.shortage, -1), a.product_id) > (-$1, $2))
               AND (NOT $3 OR a.stock <= a.reorder_point)
           ORDER BY -coalesce(a.shortage, -1), a.product_id LIMIT $4""",
        after[0] if after else None,
        after[1] if after else "",
        only_due,
        limit,
    )
    return [StockAdviceRow(*row) for row in rows]


async def advice_of(connection: Connection, product_id: str) -> StockAdviceRow | None:
    """Return what to have of a product; None where nothing is advised."""
    row = await connection.fetchrow(f"{_ADVICE} WHERE a.product_id = $1", product_id)
    return StockAdviceRow(*row) if row else None


def urgency(row: StockAdviceRow) -> tuple[float, str]:
    """Return the place of a row in the order of urgency."""
    return (-1.0 if row.shortage is None else row.shortage), row.product_id


_ADVICE = """SELECT a.product_id, coalesce(c.name, ''), coalesce(c.category, ''), a.stock,
        a.reorder_point, a.order_up_to, a.order_quantity, a.lead_demand, a.days_left, a.shortage,
        a.position
    FROM app.stock_advice a LEFT JOIN catalogue c ON c.product_id = a.product_id"""
