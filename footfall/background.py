"""The workers: what each is for, how it is run, and who gives way to whom.

A process runs one of them, so what a worker is made of is imported where it begins: all together
take seconds of a core, in each process of an installation. What was imported is then forgotten by
the garbage collector.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from footfall.garbage import forget_the_start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from footfall.settings import Settings
    from footfall.wiring import Shop
    from workers.training_schedule import Ended


CAN_WAIT = 10
"""The niceness of what nobody waits for."""


class Worker(NamedTuple):
    """``niceness``: whoever asks is answered first, with 0; what can wait has ``CAN_WAIT``.

    ``folds``: it holds a connection for each read model, beside those it works on.
    """

    purpose: str
    niceness: int
    run: Callable[[Shop], Awaitable[None]]
    folds: bool = False


async def run_worker(shop: Shop, name: str) -> None:
    """Run a worker until cancelled."""
    worker = WORKERS[name]
    give_way(worker.niceness)
    await worker.run(shop)


def give_way(niceness: int) -> None:
    """Be this nice at least, however often asked: whoever is less nice goes first.

    Linux may share the cores among sessions before it looks into any of them (sched(7),
    "autogroup"): whoever has one for itself must be nice as a session, too.
    """
    niceness = max(os.getpriority(os.PRIO_PROCESS, 0), niceness)
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # not that kind of kernel
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def connections_of(name: str, settings: Settings) -> int:
    """Return how many connections to Postgres a worker may hold."""
    if not WORKERS[name].folds:
        return settings.database_pool_size
    from projections.registry import PROJECTIONS

    return max(settings.database_pool_size, 3 * len(PROJECTIONS))


async def _project(shop: Shop) -> None:
    from projections.registry import PROJECTIONS
    from workers.projector import run_projector

    forget_the_start()
    await run_projector(shop.journal, shop.pool, shop.redis, PROJECTIONS)


async def _rebuild(shop: Shop) -> None:
    from projections.registry import PROJECTIONS
    from workers.rebuilder import run_rebuilder

    forget_the_start()
    await run_rebuilder(shop.journal, shop.pool, {each.name: each for each in PROJECTIONS})


async def _recommend(shop: Shop) -> None:
    from workers.recommender import run_recommender

    forget_the_start()
    await run_recommender(shop.journal, shop.pool, shop.redis, _models(shop))


async def _score_intent(shop: Shop) -> None:
    from workers.intent import run_intent

    forget_the_start()
    abandon_after = shop.settings.abandon_after_seconds
    await run_intent(
        shop.journal, shop.pool, shop.redis, _models(shop), abandon_after_seconds=abandon_after
    )


async def _train_when_due(shop: Shop) -> None:
    from footfall.training_process import train_in_a_process
    from workers.model_files import KINDS
    from workers.training_schedule import run_trainer

    forget_the_start()
    settings = shop.settings
    if settings.train_after_events == 0:
        await asyncio.Event().wait()
    turn = asyncio.Lock()  # one at a time: they share memory and cores with what serves

    async def train(kind: str) -> Ended:
        async with turn:
            return await train_in_a_process(settings, kind)

    async def schedule(place: int, kind: str) -> None:
        await asyncio.sleep(place)  # where all are due, what ranks goes first
        await run_trainer(
            shop.journal,
            partial(train, kind),
            kind=kind,
            after_events=settings.train_after_events,
            after_seconds=settings.train_after_seconds,
        )

    async with asyncio.TaskGroup() as tasks:
        for place, kind in enumerate(KINDS):
            tasks.create_task(schedule(place, kind), name=f"trainer of {kind}")


async def _replay(shop: Shop) -> None:
    from workers.replayer import run_replayer

    forget_the_start()
    await run_replayer(shop.journal, shop.pool, _models(shop))


async def _keep_segments(shop: Shop) -> None:
    from domain.segmentation import Worth
    from workers.segment_fitter import FitSettings, run_fitter
    from workers.segmenter import run_segmenter

    forget_the_start()
    settings = shop.settings
    worth = Worth(
        horizon_days=settings.value_horizon_days,
        yearly_discount=settings.value_yearly_discount,
        margin=settings.margin_share,
    )
    fitting = FitSettings(after_seconds=settings.segments_fit_seconds, worth=worth)
    async with asyncio.TaskGroup() as tasks:
        fitter = run_fitter(shop.journal, shop.pool, _models(shop), fitting)
        tasks.create_task(fitter, name="fitter")
        members = run_segmenter(
            shop.journal, shop.pool, shop.redis, recheck_seconds=settings.segments_recheck_seconds
        )
        tasks.create_task(members, name="segmenter")


async def _forecast_when_due(shop: Shop) -> None:
    from footfall.forecast_process import forecast_in_a_process
    from workers.forecaster import Schedule, run_forecaster

    forget_the_start()
    settings = shop.settings
    await run_forecaster(
        shop.pool,
        partial(forecast_in_a_process, settings),
        Schedule(
            hour=settings.forecast_hour if settings.forecast_hour >= 0 else None,
            jump_factor=settings.forecast_jump_factor,
            pause=timedelta(seconds=settings.forecast_pause_seconds),
        ),
    )


def _models(shop: Shop) -> Path:
    return shop.settings.data_dir / "models"


WORKERS = {
    "projector": Worker("keeps read models current", 2, _project, folds=True),
    "recommender": Worker("keeps a list for each visitor", 5, _recommend),
    "intent": Worker("scores open visits after each event", 4, _score_intent),
    "segmenter": Worker("keeps segments and who is in them", 6, _keep_segments),
    "forecaster": Worker(
        "works out what may be sold, and what to order", CAN_WAIT, _forecast_when_due
    ),
    "trainer": Worker("trains what lists and scores come from", CAN_WAIT, _train_when_due),
    "rebuilder": Worker("builds read models anew beside those that serve", 8, _rebuild, folds=True),
    "replayer": Worker("tries other models on the past", CAN_WAIT, _replay),
}
