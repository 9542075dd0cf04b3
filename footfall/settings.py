"""Everything an operator can set, read once from the environment."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml.forecasts.stock import StockSettings

MASTER_KEY_BYTES = 32

_WITHOUT_PREFIX = {"database_url", "database_direct_url", "redis_url"}
_SECRET = {*_WITHOUT_PREFIX, "master_key"}


class SettingsError(Exception):
    """A setting is wrong or missing; the message names its variable."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator decided. The descriptions are docs/settings.md."""

    environment: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses to start without a master key of its own."),
    ] = "development"
    data_dir: Annotated[
        Path,
        Meta(description="Where the embedded servers, models and the generated master key live."),
    ] = Path(".footfall")
    host: Annotated[
        str, Meta(description="Address the API listens on. The default is this machine only.")
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the API; 0 picks a free one.")
    ] = 8080
    database_url: Annotated[
        str | None,
        Meta(description="Postgres 16 or newer. Unset: an embedded one in the data directory."),
    ] = None
    database_direct_url: Annotated[
        str | None,
        Meta(description="The same database past any pooler, for LISTEN. Unset: `DATABASE_URL`."),
    ] = None
    database_pool_size: Annotated[
        int, Meta(ge=2, le=1000, description="Connections to Postgres, for each process at most.")
    ] = 16
    redis_url: Annotated[
        str | None,
        Meta(description="Redis 7.2, Valkey 8 or newer. Unset: an embedded one."),
    ] = None
    master_key: Annotated[
        str | None,
        Meta(
            description="32 bytes in base64 (`openssl rand -base64 32`) that wrap the shoppers'"
            " keys. Lose it and personal data are lost. Unset: `master.key` in the data directory."
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "pretty"],
        Meta(description="`auto` is pretty on a terminal and JSON elsewhere."),
    ] = "auto"
    storefront: Annotated[
        bool,
        Meta(
            description="Whether `/shop` has the demo storefront, whose pages tell what visitors do"
            " under a write key of its own. `footfall demo` opens it."
        ),
    ] = False
    append_queue_limit: Annotated[
        int,
        Meta(ge=1, description="Commands that may wait for the log; more are answered 503."),
    ] = 10_000
    append_patience_seconds: Annotated[
        float, Meta(gt=0, description="How long a command outlives a lost database before its 503.")
    ] = 10.0
    read_patience_seconds: Annotated[
        float,
        Meta(gt=0, description="How long a read waits for the position in `Footfall-After`."),
    ] = 5.0
    abandon_after_seconds: Annotated[
        int,
        Meta(ge=1, description="A basket with items, idle for longer, counts as abandoned."),
    ] = 1800
    intake_events_per_second: Annotated[
        int,
        Meta(
            ge=1,
            description="Behaviour that one write key may send, with bursts of ten times as much;"
            " more is answered 429 with the time to wait.",
        ),
    ] = 10_000
    explored_share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Of the recommended lists, how many are drawn by chance from the best"
            " candidates, so that what another model would have earned can be told from the past.",
        ),
    ] = 0.05
    train_after_events: Annotated[
        int,
        Meta(
            ge=0,
            description="Models are trained anew when the log has grown by so many events;"
            " 0: only by `footfall train`.",
        ),
    ] = 50_000
    train_after_seconds: Annotated[
        int,
        Meta(
            ge=0,
            description="They are also trained anew when so long has passed since the last time and"
            " anything happened; 0: however long it is.",
        ),
    ] = 24 * 3600
    train_limit_seconds: Annotated[
        int,
        Meta(
            ge=60,
            description="A training in the background that takes longer is ended; the next one"
            " goes on from its checkpoint.",
        ),
    ] = 6 * 3600
    segments_fit_seconds: Annotated[
        int,
        Meta(
            ge=60,
            description="Segments' borders, models and clusters are fitted anew after so long, or"
            " when there are a fifth more customers.",
        ),
    ] = 24 * 3600
    segments_recheck_seconds: Annotated[
        int,
        Meta(
            ge=10,
            description="Segments whose rules count days are asked of everybody so often, for those"
            " who do nothing; who does something is looked at moments after.",
        ),
    ] = 600
    margin_share: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="What the shop earns of a price. What customers are worth, which offer pays"
            " and how much to keep in stock are counted in it; 1: in revenue.",
        ),
    ] = 0.4
    value_horizon_days: Annotated[
        int,
        Meta(ge=1, le=3650, description="A customer's value counts the orders of so many days."),
    ] = 365
    value_yearly_discount: Annotated[
        float,
        Meta(ge=0, le=10, description="By how much money is worth less a year later: 0.1 is 10 %."),
    ] = 0.1
    forecast_hour: Annotated[
        int,
        Meta(
            ge=-1,
            le=23,
            description="Forecasts are worked out anew each day at this hour (UTC); -1: only by"
            " `footfall forecast`.",
        ),
    ] = 2
    forecast_jump_factor: Annotated[
        float,
        Meta(
            ge=0,
            description="They are also worked out when a product is viewed so many times as often"
            " as on a usual day; 0: never for that.",
        ),
    ] = 4.0
    forecast_pause_seconds: Annotated[
        int, Meta(ge=1, description="Jumps of views are heeded this long after the last forecast.")
    ] = 3600
    forecast_limit_seconds: Annotated[
        int, Meta(ge=60, description="Working out forecasts takes this long at most.")
    ] = 2 * 3600
    stock_lead_time_days: Annotated[
        float,
        Meta(gt=0, description="From ordering goods to having them on the shelf, on average."),
    ] = 14.0
    stock_lead_time_spread_days: Annotated[
        float, Meta(ge=0, description="Standard deviation of that.")
    ] = 4.0
    stock_review_days: Annotated[
        float, Meta(gt=0, description="The shop orders goods every so many days.")
    ] = 7.0
    stock_holding_share: Annotated[
        float,
        Meta(ge=0, description="What a year on the shelf costs, as a share of what a piece cost."),
    ] = 0.25
    stock_salvage_share: Annotated[
        float,
        Meta(ge=0, le=1, description="What a piece that lay too long brings, of what it cost."),
    ] = 0.5
    stock_shelf_days: Annotated[
        float, Meta(gt=0, description="How long a piece may lie before it is sold off.")
    ] = 182.0
    offer_cost_share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="What an offer to a visitor costs, as a share of the basket. With the"
            " margin and the two settings below it says from which score on an offer pays: see"
            " ml/intent/offers.py.",
        ),
    ] = 0.05
    offer_cost_minor: Annotated[
        int, Meta(ge=0, description="What it costs besides, in minor units of the currency.")
    ] = 0
    offer_uplift: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="How many more orders an offer makes, or of the baskets that would be left"
            " how many it saves. An assumption: only an experiment tells.",
        ),
    ] = 0.2
    session_ttl_seconds: Annotated[
        int, Meta(ge=60, description="A sign-in lasts this long after its last use.")
    ] = 30 * 24 * 3600
    idempotency_ttl_seconds: Annotated[
        int, Meta(ge=60, description="A repeated `Idempotency-Key` is recognised for this long.")
    ] = 24 * 3600
    feed_length: Annotated[
        int,
        Meta(ge=1000, description="Entries kept in Redis per feed; older ones come from Postgres."),
    ] = 100_000
    request_body_limit_bytes: Annotated[
        int, Meta(ge=1024, description="Larger requests are answered 413.")
    ] = 1_048_576

    def __repr__(self) -> str:
        """Hide what must not reach a log."""
        shown = (
            f"{name}=..." if name in _SECRET and value else f"{name}={value!r}"
            for name, value in msgspec.structs.asdict(self).items()
        )
        return f"Settings({', '.join(shown)})"


def read_settings(environ: Mapping[str, str], **overrides: object) -> Settings:
    """Return the settings of ``environ``, under ``overrides`` (the command line's; None is none).

    An empty variable counts as unset. Raises SettingsError.
    """
    values: dict[str, object] = {
        name: environ[variable]
        for name in Settings.__struct_fields__
        if environ.get(variable := variable_of(name))
    }
    values.update((name, value) for name, value in overrides.items() if value is not None)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_to_path)
    except msgspec.ValidationError as error:
        raise SettingsError(_in_terms_of_variables(str(error))) from None
    _check_master_key(settings)
    return settings


def stock_settings(settings: Settings) -> StockSettings:
    """Return what stock costs and how it comes, as ml takes it."""
    from ml.forecasts.stock import StockSettings  # noqa: PLC0415 - most processes need no numbers

    return StockSettings(
        margin_share=settings.margin_share,
        **{
            name: getattr(settings, f"stock_{name}")
            for name in StockSettings.__struct_fields__
            if name != "margin_share"
        },
    )


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return name.upper() if name in _WITHOUT_PREFIX else f"FOOTFALL_{name.upper()}"


def decode_master_key(text: str) -> bytes:
    """Return the 32 bytes of a master key in base64; raise SettingsError for anything else."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise SettingsError("FOOTFALL_MASTER_KEY must be 32 bytes in base64.")
    return key


def _check_master_key(settings: Settings) -> None:
    if settings.master_key:
        decode_master_key(settings.master_key)
    elif settings.environment == "production":
        raise SettingsError("FOOTFALL_MASTER_KEY must be set in production.")


def _to_path(wanted: type, value: object) -> Path:
    if wanted is not Path:
        raise NotImplementedError(wanted)
    return Path(str(value))


def _in_terms_of_variables(message: str) -> str:
    """``Expected `int` - at `$.port``` becomes ``FOOTFALL_PORT: Expected `int```."""
    problem, _, place = message.partition(" - at `$.")
    return f"{variable_of(place.rstrip('`'))}: {problem}" if place else message
