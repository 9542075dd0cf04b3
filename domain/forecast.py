"""Forecast: what the shop expects to sell, as it was worked out at one moment."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003
from typing import Any, Self

from domain.errors import Rejected
from domain.events import Aggregate


class ForecastExists(Rejected):
    """There is a forecast with this id already."""

    code = "forecast_exists"


class Forecast(Aggregate):
    """One working out of all forecasts; its numbers are kept in a read model of the worker's."""

    CATEGORY = "forecast"

    class Made(Aggregate.Created):
        """All forecasts were worked out anew.

        ``until``: the log position up to which was read. ``starts_on``: the first day foreseen.
        ``reason``: ``due``, ``views`` or ``asked``; ``drawn``: the products whose views jumped.
        ``digest``: SHA-256 of the numbers, in hex. ``models``: those listened to, by length of
        period and class of series. ``errors``: at moments of the past, by length of period and
        level. ``about``: facts of what it was made from.
        """

        TOPIC = "forecast.made"
        until: int
        starts_on: date
        reason: str
        drawn: tuple[str, ...]
        digest: str
        settings: dict[str, Any]
        models: dict[str, dict[str, tuple[str, ...]]]
        errors: dict[str, dict[str, dict[str, float]]]
        about: dict[str, Any]

    def __init__(
        self,
        until: int,
        starts_on: date,
        reason: str,
        drawn: tuple[str, ...],
        digest: str,
        settings: dict[str, Any],
        models: dict[str, dict[str, tuple[str, ...]]],
        errors: dict[str, dict[str, dict[str, float]]],
        about: dict[str, Any],
    ) -> None:
        self.until = until
        self.starts_on = starts_on
        self.reason = reason
        self.drawn = drawn
        self.digest = digest
        self.settings = settings
        self.models = models
        self.errors = errors
        self.about = about

    @classmethod
    def make(
        cls,
        forecast_id: str,
        found: Self | None,
        *,
        until: int,
        starts_on: date,
        reason: str,
        drawn: tuple[str, ...],
        digest: str,
        settings: dict[str, Any],
        models: dict[str, dict[str, tuple[str, ...]]],
        errors: dict[str, dict[str, dict[str, float]]],
        about: dict[str, Any],
        now: datetime,
    ) -> Self:
        """Note what was worked out; once."""
        if found is not None:
            raise ForecastExists
        return cls._create(
            cls.Made,
            id=cls.stream_id(forecast_id),
            timestamp=now,
            until=until,
            starts_on=starts_on,
            reason=reason,
            drawn=drawn,
            digest=digest,
            settings=settings,
            models=models,
            errors=errors,
            about=about,
        )
