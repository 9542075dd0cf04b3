"""Works out all forecasts and the stock advice, records that, and keeps the numbers."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from application.context import Context
from application.forecasts import Findings, note_forecast
from application.uuid7 import uuid7
from ml.forecasts.forecaster import LEAST_ORIGINS, forecast
from ml.forecasts.intervals import LEVELS
from ml.forecasts.panel import WEEK_DAYS, NotEnoughData
from ml.forecasts.stock import StockSettings, advise
from projections.fold import write_rows
from projections.forecasts import forecast_state
from workers.demand import REST, read_demand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import asyncpg

    from application.journal import Journal
    from ml.forecasts.forecaster import Forecast
    from ml.forecasts.panel import Panel
    from ml.forecasts.stock import Advice
    from workers.demand import Demand

ACTOR = "forecaster"
DAYS_AHEAD = 28
WEEKS_AHEAD = 8
PAST_ORIGINS = {"day": 6, "week": 8}
FIRST_ORIGINS = {"day": LEAST_ORIGINS, "week": LEAST_ORIGINS}
"""A shop's first forecast comes in half the time; the next night asks at all moments."""
STEPS = {"day": WEEK_DAYS, "week": 1}
"""Periods from one moment of the past that is asked to the next."""
DECIMALS = 3

Row = tuple[object, ...]


class Made(NamedTuple):
    """What came of it. ``lacks``: what is missing where nothing could be said."""

    forecast_id: str
    products: int
    errors: dict[str, dict[str, dict[str, float]]]
    lacks: str = ""


async def make_forecasts(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    settings: StockSettings,
    *,
    now: datetime,
    reason: str,
    drawn: Sequence[str] = (),
    reading: Callable[[int, int], None] = lambda _position, _head: None,
    tell: Callable[[str, int], None] = lambda _period, _origin: None,
) -> Made:
    """Work everything out by what is known at ``now``, and let it serve in one transaction.

    ``reason`` and ``drawn`` as in domain/forecast.py. ``tell`` is given the length of period, and
    each moment of the past from which models were asked.
    """
    try:
        demand = await read_demand(journal, pool, now, reading=reading)
        async with pool.acquire() as connection:
            is_first = await forecast_state(connection) is None
        origins = FIRST_ORIGINS if is_first else PAST_ORIGINS
        worked_out = await asyncio.to_thread(_work_out, demand, settings, origins, tell)
    except NotEnoughData as error:
        await _keep_nothing(pool, await journal.head(), reason, str(error), now)
        return Made("", 0, {}, str(error))
    forecast_id = str(uuid7())
    outcome = await note_forecast(
        journal,
        Context(ACTOR, now),
        forecast_id,
        Findings(
            until=demand.until,
            starts_on=demand.first_day,
            reason=reason,
            drawn=tuple(drawn),
            digest=worked_out.digest,
            settings=msgspec.to_builtins(settings),
            models=worked_out.models,
            errors=worked_out.errors,
            about=worked_out.about,
        ),
    )
    async with pool.acquire() as connection, connection.transaction():
        # One forecast at a time: a slower one that began earlier must not stand over a newer.
        before = await connection.fetchval(_LOCK)
        if before is not None and before > outcome.position:
            return Made(forecast_id, worked_out.about["products"], worked_out.errors)
        await connection.execute("DELETE FROM app.forecasts")
        await connection.execute("DELETE FROM app.stock_advice")
        await write_rows(connection, _WRITE, ((*r, outcome.position) for r in worked_out.rows))
        await write_rows(connection, _ADVISE, ((*r, outcome.position) for r in worked_out.advice))
        await connection.execute(
            _SERVE,
            forecast_id,
            demand.until,
            outcome.position,
            reason,
            "",
            datetime.now(UTC),
            msgspec.json.encode(worked_out.errors).decode(),
        )
    return Made(forecast_id, worked_out.about["products"], worked_out.errors)


class _WorkedOut(NamedTuple):
    rows: list[Row]
    advice: list[Row]
    digest: str
    models: dict[str, dict[str, tuple[str, ...]]]
    errors: dict[str, dict[str, dict[str, float]]]
    about: dict[str, Any]


def _work_out(
    demand: Demand,
    settings: StockSettings,
    origins: Mapping[str, int],
    tell: Callable[[str, int], None],
) -> _WorkedOut:
    panels = {"day": (demand.by_day, DAYS_AHEAD)}
    if demand.by_week is not None:
        panels["week"] = (demand.by_week, WEEKS_AHEAD)
    rows: list[Row] = []
    advice: list[Row] = []
    models: dict[str, dict[str, tuple[str, ...]]] = {}
    errors: dict[str, dict[str, dict[str, float]]] = {}
    for period, (panel, horizon) in panels.items():
        found = forecast(
            panel,
            horizon=horizon,
            past_origins=origins[period],
            step=STEPS[period],
            tell=lambda origin, period=period: tell(period, origin),  # type: ignore[misc]
        )
        rows += _rows(period, panel, found, demand)
        models[period] = {each.value: names for each, names in found.choice.for_median.items()}
        errors[period] = found.errors
        advice = _advice(panel, found, demand, settings)  # of weeks, where there are any
    about = {
        "products": sum(product_id != REST for product_id in demand.by_day.products),
        "days": demand.by_day.periods,
        "weeks": demand.by_week.periods if demand.by_week is not None else 0,
    }
    digest = hashlib.sha256(msgspec.json.encode([rows, advice])).hexdigest()
    return _WorkedOut(rows, advice, digest, models, errors, about)


def _rows(period: str, panel: Panel, found: Forecast, demand: Demand) -> list[Row]:
    tree = panel.tree
    names = [
        *(("product", product_id) for product_id in panel.products),
        *(("category", name) for name in tree.names),
        ("total", ""),
    ]
    rows: list[Row] = []
    mean = found.mean.round(DECIMALS)
    quantiles = found.quantiles.round(DECIMALS)
    for row, (level, series_id) in enumerate(names):
        if (level, series_id) == ("product", REST):
            continue
        each = found.classes[row]
        rows.append(
            (
                period,
                level,
                series_id,
                each.value,
                found.choice.for_median[each],
                demand.first_day,
                mean[row].tolist(),
                {
                    str(quantile): quantiles[row, :, place].tolist()
                    for place, quantile in enumerate(LEVELS)
                },
            )
        )
    return rows


def _advice(panel: Panel, found: Forecast, demand: Demand, settings: StockSettings) -> list[Row]:
    stocks = [demand.stocks.get(product_id) for product_id in panel.products]
    rows = panel.tree.products
    advice = advise(
        found.quantiles[rows],
        found.mean[rows],
        days=panel.days,
        stock=np.array([np.nan if stock is None else float(stock) for stock in stocks]),
        togetherness=found.togetherness,
        settings=settings,
    )
    return [
        _advice_row(product_id, stocks[row], advice, row)
        for row, product_id in enumerate(panel.products)
        if product_id != REST
    ]


def _advice_row(product_id: str, stock: int | None, advice: Advice, row: int) -> Row:
    up_to = int(advice.order_up_to[row])
    at = int(advice.reorder_point[row])
    quantity = None if stock is None else max(0, up_to - stock)
    left, shortage = float(advice.days_left[row]), float(advice.shortage[row])
    return (
        product_id,
        stock,
        at,
        up_to,
        quantity,
        round(float(advice.lead_demand[row]), DECIMALS),
        round(left, DECIMALS) if np.isfinite(left) else None,
        round(shortage, DECIMALS) if np.isfinite(shortage) else None,
    )


async def _keep_nothing(
    pool: asyncpg.Pool[Any], until: int, reason: str, lacks: str, now: datetime
) -> None:
    """Say that there is not enough data; what an earlier forecast said stays."""
    async with pool.acquire() as connection:
        await connection.execute(_SERVE_NOTHING, until, reason, lacks, now)


_LOCK = "SELECT position FROM app.forecast_state FOR UPDATE"
_SERVE = """
    INSERT INTO app.forecast_state
        (forecast_id, until, position, reason, lacks, made_at, errors)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (only_row) DO UPDATE SET
        forecast_id = excluded.forecast_id, until = excluded.until, position = excluded.position,
        reason = excluded.reason, lacks = excluded.lacks, made_at = excluded.made_at,
        errors = excluded.errors"""
_SERVE_NOTHING = """
    INSERT INTO app.forecast_state
        (forecast_id, until, position, reason, lacks, made_at, errors)
    VALUES ('', $1, 0, $2, $3, $4, '{}')
    ON CONFLICT (only_row) DO UPDATE SET
        until = excluded.until, lacks = excluded.lacks, made_at = excluded.made_at"""
_WRITE = """
    INSERT INTO app.forecasts
        (period, level, series_id, class, models, starts_on, mean, quantiles, position)
    SELECT * FROM json_to_recordset($1) AS n (
        period text, level text, series_id text, class text, models text[], starts_on date,
        mean float8[], quantiles json, position bigint)"""
_ADVISE = """
    INSERT INTO app.stock_advice
        (product_id, stock, reorder_point, order_up_to, order_quantity, lead_demand, days_left,
         shortage, position)
    SELECT * FROM json_to_recordset($1) AS n (
        product_id text, stock int, reorder_point bigint, order_up_to bigint,
        order_quantity bigint, lead_demand float8, days_left float8, shortage float8,
        position bigint)"""
