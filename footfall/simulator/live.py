"""Lets simulated shoppers live, now."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from application.errors import Conflict, Overloaded
from domain.shopper import Profile, Shopper
from footfall.simulator.advice import advice_of
from footfall.simulator.arrivals import LIVE_FLOOR
from footfall.simulator.catalogue import make_catalogue
from footfall.simulator.history import (
    VISITS_PER_SECOND,
    check_is_ours,
    is_seeded,
    put_up_for_sale,
)
from footfall.simulator.performing import ACTOR, Performer
from footfall.simulator.shoppers import MAIL_DOMAIN, Crowd

if TYPE_CHECKING:
    from application.journal import Journal
    from footfall.simulator import actions as act
    from footfall.simulator.advice import Advice
    from footfall.wiring import Shop

logger = structlog.get_logger(__name__)

WARM_UP: Final = timedelta(minutes=10)
"""Visits that began so long ago are under way at the start: else it takes as long to get busy."""
MOST_AT_ONCE: Final = 2_000
"""Visits under way; more arrivals than that are turned away, lest a slow log fill the memory."""
OLD_FRIENDS: Final = 1_000


async def live(
    shop: Shop, *, speed: float, seed: int, stop: asyncio.Event, address: str = ""
) -> None:
    """Let shoppers come, look and buy until ``stop``, ``speed`` times as many as usual.

    The same seed lets the same people come only if it starts at the same moment: ids that were
    used before must not come again. ``address``: of the API that recommends; without it nobody is
    recommended anything.
    """
    journal = shop.journal
    now = datetime.now(UTC)
    catalogue = make_catalogue(seed)
    await check_is_ours(journal)
    if not await is_seeded(journal):
        await put_up_for_sale(journal, catalogue, now)
    crowd = Crowd(catalogue, f"{seed} {now.isoformat()}")
    await _welcome_known(journal, crowd)
    start = now - WARM_UP / max(1.0, speed)
    visits = crowd.visits(start, per_second=VISITS_PER_SECOND * speed, floor=LIVE_FLOOR)
    async with AsyncExitStack() as opened:
        advice = None
        if address:
            asks = advice_of(address, catalogue, f"{seed} {now.isoformat()}")
            advice = await opened.enter_async_context(asks)
        tasks = await opened.enter_async_context(asyncio.TaskGroup())
        under_way: set[asyncio.Task[None]] = set()
        for visit in visits:
            if await _stopped_before(visit.start, stop):
                return
            if len(under_way) < MOST_AT_ONCE:
                task = tasks.create_task(_live_through(journal, visit, now, stop, advice))
                under_way.add(task)
                task.add_done_callback(under_way.discard)


async def _welcome_known(journal: Journal, crowd: Crowd) -> None:
    """Let shoppers of the past come back."""
    topics = {Shopper.Registered.TOPIC}
    latest = await journal.read(0, OLD_FRIENDS, topics=topics, backwards=True)
    for recorded in reversed(latest):
        event = recorded.event
        if not isinstance(event, Shopper.Registered) or recorded.actor != ACTOR:
            continue
        if event.email.endswith(f"@{MAIL_DOMAIN}"):
            shopper_id = event.originator_id.removeprefix("shopper-")
            crowd.welcome(shopper_id, Profile(event.name, event.email, event.username))


async def _live_through(
    journal: Journal,
    visit: act.Visit,
    since: datetime,
    stop: asyncio.Event,
    advice: Advice | None,
) -> None:
    """Do each action at its time; a log that is too busy or away costs the visit that action."""
    performer = Performer(journal, visit)
    for action in visit.actions:
        if action.at < since:
            continue
        if await _stopped_before(action.at, stop):
            return
        try:
            await performer.perform(action)
            for reaction in await advice.after(visit, action) if advice else ():
                await performer.perform(reaction)
        except Overloaded as overload:
            logger.warning("simulated_action_not_taken", reason=str(overload))
        except Conflict as conflict:
            logger.info("simulated_action_lost_a_race", reason=str(conflict))


async def _stopped_before(moment: datetime, stop: asyncio.Event) -> bool:
    """Wait until ``moment``; return at once, and True, when ``stop`` is set."""
    seconds = (moment - datetime.now(UTC)).total_seconds()
    if seconds > 0:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
    return stop.is_set()
