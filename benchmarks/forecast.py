"""Demand of the weeks to come, and what stock ordered by it costs, on UCI's Online Retail.

    footfall bench forecast FILE

Weekly, from nine Mondays of the last quarter, four weeks ahead; each forecast is made by the code
that serves, of what was known on that Monday, its models chosen by Mondays before it. The 500
products ordered most before the first of these Mondays, in groups by the words of their names,
and the total of these 500. The file is one year, so a season of 52 weeks is not in it: "seasonal
naive" repeats the latest four weeks, "last value" the latest one, and the keys compare with the
better of the two. A week's demand is what was ordered less what of it came back in that week:
what came back later was not known by then. Both naive rules and AutoETS see the same series as we,
in which closed days are filled in; "AutoETS as sold" sees the bare ones, with ratios of its own.
What categories and the total listen to, and how their intervals are made, was chosen by Mondays
before the tested ones. The figures of the tested weeks were on our screens while this was built:
read them with that in mind. The total is one series, whose 36 forecasts twelve weeks decide: one
of them more or less is 3 % of coverage (docs/decisions/0013).
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from benchmarks.report import Report
from benchmarks.stock_policies import StockOutcome, try_policies
from benchmarks.weekly_sales import FIRST_ORIGIN, WEEKS, read
from ml.forecasts.backtest import Backtest
from ml.forecasts.classical import last_value, seasonal_naive
from ml.forecasts.forecaster import forecast_at
from ml.forecasts.intervals import LEVELS
from ml.forecasts.measures import Answer, ForecastMeasures, measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ml.forecasts.forecaster import Forecast
    from ml.forecasts.panel import Floats, Panel

HORIZON = 4
LEAST_FOR_ETS = 12
OURS, ETS, ETS_AS_SOLD = "ours", "AutoETS", "AutoETS as sold"
SEASONAL, LAST = "seasonal naive", "last value"
MODELS = (OURS, ETS, ETS_AS_SOLD, SEASONAL, LAST)


class ForecastReport(Report, kw_only=True):
    """Tables by level and model, and what stock cost by policy."""

    levels: dict[str, dict[str, ForecastMeasures]]
    stock: dict[str, StockOutcome]

    def as_table(self) -> str:
        """Return a table for each level, one of policies, and the keys."""
        names = ForecastMeasures.__struct_fields__
        lines = []
        for level, rows in self.levels.items():
            lines += ["", f"{level:<20}" + "".join(f"{name:>13}" for name in names)]
            for name, found in rows.items():
                numbers = "".join(f"{value:>13.3f}" for value in msgspec.structs.astuple(found))
                lines.append(f"{name:<20}{numbers}")
        titles = StockOutcome.__struct_fields__
        lines += ["", f"{'stock':<32}" + "".join(f"{title:>16}" for title in titles)]
        for name, outcome in self.stock.items():
            numbers = "".join(f"{value:>16,.3f}" for value in msgspec.structs.astuple(outcome))
            lines.append(f"{name:<32}{numbers}")
        return "\n".join([*lines, super().as_table()])


def run(path: Path) -> ForecastReport:
    """Forecast from each Monday, and let the stock of each week follow the advice."""
    started = time.monotonic()
    panel = read(path)
    _say(f"read {len(panel.products)} products in {time.monotonic() - started:.0f} s")
    backtest = Backtest(panel, horizon=HORIZON)
    actual = panel.tree.added_up(panel.sold)
    answers: dict[str, list[dict[str, Answer]]] = {name: [] for name in MODELS}
    forecasts: list[Forecast] = []
    for origin in range(FIRST_ORIGIN, WEEKS):
        found = forecast_at(backtest, origin)
        forecasts.append(found)
        if origin + HORIZON <= WEEKS:
            history = backtest.actual[:, :origin]
            came = actual[:, origin : origin + HORIZON]
            said = {
                OURS: Answer(found.median, found.mean, found.quantiles, came, history),
                ETS: _ets(history, came, history),
                ETS_AS_SOLD: _ets(actual[:, :origin], came, history),
                SEASONAL: _naive(seasonal_naive(history, HORIZON, 4), history, came, 4),
                LAST: _naive(last_value(history, HORIZON, 1), history, came, 1),
            }
            for name, answer in said.items():
                answers[name].append(_by_level(panel, answer))
        _say(f"week {origin}: {time.monotonic() - started:.0f} s")
    levels = {
        level: {name: measure([each[level] for each in said]) for name, said in answers.items()}
        for level in panel.tree.levels
    }
    stock = try_policies(panel, forecasts)
    return ForecastReport(
        name="forecast",
        metrics={**_metrics(levels), "seconds": time.monotonic() - started},
        ratios=_ratios(levels, stock),
        levels=levels,
        stock=stock,
    )


def _ets(told: Floats, came: Floats, history: Floats) -> Answer:
    """Return what statsforecast's AutoETS says of each row told, with its own intervals."""
    from statsforecast.models import AutoETS  # noqa: PLC0415 - takes two seconds

    wanted = [98, 95, 90, 80, 50]
    quantiles = np.zeros((*came.shape, len(LEVELS)))
    for row, series in enumerate(told):
        begun = series[~np.isnan(series)]
        if len(begun) < LEAST_FOR_ETS:  # it refuses; with the weeks before as zeros it does not
            begun = np.nan_to_num(series)
        said = AutoETS(season_length=1).forecast(y=begun, h=HORIZON, level=wanted)
        sides = [said[f"lo-{level}"] for level in (95, 90, 80, 50)]
        sides += [said["mean"], *(said[f"hi-{level}"] for level in (50, 80, 90, 95, 98))]
        quantiles[row] = np.stack(sides, axis=1)
    quantiles = np.maximum(np.nan_to_num(quantiles), 0.0)
    middle = quantiles[..., LEVELS.index(0.5)]
    return Answer(middle, middle, quantiles, came, history)


def _naive(points: Floats, history: Floats, came: Floats, season: int) -> Answer:
    """Return a naive rule, normally distributed by its errors so far."""
    from scipy import stats  # noqa: PLC0415 - beside its one use

    wrong = history[:, season:] - history[:, :-season]
    deviation = np.sqrt(np.nanmean(wrong**2, axis=1))[:, None]
    further = np.sqrt(np.arange(1, HORIZON + 1) if season == 1 else np.ones(HORIZON))
    steps = stats.norm.ppf(LEVELS)
    points = np.nan_to_num(points)
    quantiles = points[..., None] + (deviation * further)[..., None] * steps
    return Answer(points, points, np.maximum(quantiles, 0.0), came, history)


def _by_level(panel: Panel, answer: Answer) -> dict[str, Answer]:
    return {
        level: Answer(*(part[rows] for part in msgspec.structs.astuple(answer)))
        for level, rows in panel.tree.levels.items()
    }


def _metrics(levels: Mapping[str, Mapping[str, ForecastMeasures]]) -> dict[str, float]:
    return {
        f"{level}_{name}": value
        for level, rows in levels.items()
        for name, value in msgspec.structs.asdict(rows[OURS]).items()
    }


def _ratios(
    levels: Mapping[str, Mapping[str, ForecastMeasures]], stock: Mapping[str, StockOutcome]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for level, rows in levels.items():
        for name in ("wape", "mase", "rmsse", "pinball"):
            of = {model: getattr(answer, name) for model, answer in rows.items()}
            found[f"{level}_{name}_vs_seasonal_naive"] = of[OURS] / min(of[SEASONAL], of[LAST])
            found[f"{level}_{name}_vs_autoets"] = of[OURS] / of[ETS]
            found[f"{level}_{name}_vs_autoets_as_sold"] = of[OURS] / of[ETS_AS_SOLD]
    for rival in ("seasonal_naive", "autoets", "autoets_as_sold"):
        found[f"wape_vs_{rival}"] = max(found[f"{level}_wape_vs_{rival}"] for level in levels)
    found["coverage_80"] = levels["product"][OURS].coverage_80
    ours, *_ = stock.values()
    naive = {name: each for name, each in stock.items() if name.startswith("four weeks")}
    found["stock_cost_vs_naive"] = ours.cost / min(each.cost for each in naive.values())
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
