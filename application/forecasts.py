"""What the forecaster records of its work."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from domain.forecast import Forecast

if TYPE_CHECKING:
    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of a forecast; domain/forecast.py says of each field what it means."""

    until: int
    starts_on: date
    reason: str
    drawn: tuple[str, ...]
    digest: str
    settings: dict[str, Any]
    models: dict[str, dict[str, tuple[str, ...]]]
    errors: dict[str, dict[str, dict[str, float]]]
    about: dict[str, Any]


async def note_forecast(
    journal: Journal, context: Context, forecast_id: str, findings: Findings
) -> Outcome[str]:
    """Record that all forecasts were worked out anew; answers with the id."""

    def decide(loaded: Loaded) -> tuple[str, list[Forecast]]:
        made = Forecast.make(
            forecast_id,
            loaded.get(Forecast, forecast_id),
            now=context.now,
            **msgspec.structs.asdict(findings),
        )
        return forecast_id, [made]

    return await journal.execute(context, decide, writes=[(Forecast, forecast_id)])
