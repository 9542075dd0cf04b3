"""What the doors need from the rest of the program, under typed keys of the web application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from ml.recommendation.chance import EXPLORED_SHARE

if TYPE_CHECKING:
    import asyncpg
    from redis.asyncio import Redis

    from api.hub import Hub
    from api.intake.daily_salt import DailySalt
    from api.intake.rate_limit import RateLimit
    from api.intake.write_keys import WriteKeys
    from api.known_callers import KnownCallers
    from api.known_goods import KnownGoods
    from api.popular_products import PopularProducts
    from api.recent_writes import RecentWrites
    from api.served_lists import ServedLists
    from application.intake.bots import Pace
    from application.journal import Journal
    from projections.position_waiter import PositionWaiter


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the doors, as values; footfall/settings.py says what they mean."""

    read_patience_seconds: float = 5.0
    session_ttl_seconds: int = 30 * 24 * 3600
    request_body_limit_bytes: int = 1_048_576
    heartbeat_seconds: float = 15.0
    live_clients_limit: int = 2_000
    feed_buffer_events: int = 5_000
    drain_seconds: float = 10.0
    abandon_after_seconds: int = 1_800
    intake_events_per_second: int = 10_000
    ready_lag_seconds: float = 30.0
    """A projection further behind than this makes /health/ready answer 503."""
    logs_requests: bool = False
    storefront: bool = False
    explored_share: float = EXPLORED_SHARE
    """Of the recommended lists, how many are drawn by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Opened and closed by whoever builds the application."""

    journal: Journal
    pool: asyncpg.Pool[Any]
    """Its connections see the live read models (search_path ``read``)."""
    redis: Redis
    waiter: PositionWaiter
    settings: ApiSettings = field(default_factory=ApiSettings)


SERVICES = web.AppKey("services", Services)
HUB: web.AppKey[Hub] = web.AppKey("hub")
CALLERS: web.AppKey[KnownCallers] = web.AppKey("callers")
RECENT_WRITES: web.AppKey[RecentWrites] = web.AppKey("recent_writes")
KNOWN_GOODS: web.AppKey[KnownGoods] = web.AppKey("known_goods")
POPULAR: web.AppKey[PopularProducts] = web.AppKey("popular_products")
SERVED_LISTS: web.AppKey[ServedLists] = web.AppKey("served_lists")
WRITE_KEYS: web.AppKey[WriteKeys] = web.AppKey("write_keys")
DAILY_SALT: web.AppKey[DailySalt] = web.AppKey("daily_salt")
RATE_LIMIT: web.AppKey[RateLimit] = web.AppKey("rate_limit")
PACE: web.AppKey[Pace] = web.AppKey("pace")
