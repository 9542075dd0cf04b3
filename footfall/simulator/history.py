"""Gives the made-up shop a past: its catalogue, and some weeks of visits."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import gt
from random import Random
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from application import categories, products
from application.context import Context
from application.errors import Overloaded
from domain.category import Category
from domain.product import Product
from footfall.simulator import actions as act
from footfall.simulator.arrivals import HISTORY_FLOOR, LIVE_FLOOR, arrivals
from footfall.simulator.catalogue import CATEGORIES, category_id, make_catalogue, product_id
from footfall.simulator.performing import ACTOR, Performer
from footfall.simulator.shoppers import Crowd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from application.journal import Journal
    from footfall.simulator.catalogue import SimulatedProduct

DAYS: Final = 28
VISITS_PER_DAY: Final = 250
VISITS_PER_SECOND: Final = 0.4
"""While somebody looks, at speed 1: several events a second, so that things move."""
WEEK: Final = timedelta(days=7)
RUSHES: Final = (
    (WEEK + timedelta(minutes=10), WEEK - timedelta(minutes=40)),
    (timedelta(minutes=15), timedelta(0)),
)
"""From and to how long ago the shop was as busy as that before: numbers of now stand beside those
of the same time last week.
"""
DAY_SECONDS: Final = 86_400
AT_ONCE: Final = 48
"""Visits that are written at once; their appends share commits."""


class NotADemo(Exception):
    """Simulated shoppers stay out of a real shop."""


async def seed_shop(
    journal: Journal,
    *,
    seed: int,
    until: datetime,
    days: float = DAYS,
    visits_per_day: float = VISITS_PER_DAY,
    rushes: Sequence[tuple[timedelta, timedelta]] = (),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Record the catalogue, and ``days`` of visits before ``until``; return how many visits.

    Does nothing in a shop that was seeded before; raises NotADemo in a real one.
    ``rushes``: see RUSHES. ``progress`` is told visits done, and of all.
    """
    await check_is_ours(journal)
    if await is_seeded(journal):
        return 0
    start = until - timedelta(days=days)
    catalogue = make_catalogue(seed)
    await put_up_for_sale(journal, catalogue, start)
    moments = _moments(seed, start, until, visits_per_day, rushes)
    visits = Crowd(catalogue, seed).visits_at(moments)
    past = list(itertools.takewhile(lambda visit: visit.start < until, visits))
    await _perform_all(journal, past, until, progress)
    return len(past)


def _moments(
    seed: int,
    start: datetime,
    until: datetime,
    visits_per_day: float,
    rushes: Iterable[tuple[timedelta, timedelta]],
) -> Iterator[datetime]:
    """Yield when visits begin, for ever."""
    random = Random(f"arrivals {seed}")  # noqa: S311 - the same seed, the same shop
    usual = arrivals(random, start, per_second=visits_per_day / DAY_SECONDS, floor=HISTORY_FLOOR)
    busy = (
        itertools.takewhile(
            partial(gt, until - end),
            arrivals(random, until - begin, per_second=VISITS_PER_SECOND, floor=LIVE_FLOOR),
        )
        for begin, end in rushes
        if until - begin >= start
    )
    return heapq.merge(usual, *busy)


async def check_is_ours(journal: Journal) -> None:
    """Raise NotADemo in a shop whose life began with anything but the simulator."""
    first = await journal.read(0, 1)
    if first and first[0].actor != ACTOR:
        raise NotADemo("this is a real shop's log; simulated shoppers stay out of it")


async def is_seeded(journal: Journal) -> bool:
    """Whether the shop has the simulated catalogue."""
    return await journal.load(Product, product_id(0)) is not None


async def put_up_for_sale(
    journal: Journal, catalogue: Sequence[SimulatedProduct], now: datetime
) -> None:
    """Open the categories and add the products."""
    context = Context(actor=ACTOR, now=now)
    for name, (title, _) in CATEGORIES.items():
        if await journal.load(Category, category_id(name)) is None:
            await categories.create_category(journal, context, category_id(name), title)
    async with asyncio.TaskGroup() as tasks:
        for product in catalogue:
            tasks.create_task(_add(journal, context, product), name=f"add {product.product_id}")


def shown_progress() -> Progress:
    """Return the progress bar of a history, on stderr."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} visits"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


async def seed_with_progress(journal: Journal, *, seed: int, days: float) -> int:
    """Seed the shop up to now, showing how far it is; a shop that was seeded is left alone."""
    if await is_seeded(journal):
        return 0
    with shown_progress() as bar:
        task = bar.add_task("simulated history", total=days * VISITS_PER_DAY)
        return await seed_shop(
            journal,
            seed=seed,
            until=datetime.now(UTC),
            days=days,
            rushes=RUSHES,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


async def _add(journal: Journal, context: Context, product: SimulatedProduct) -> None:
    await products.add_product(
        journal,
        context,
        product.product_id,
        product.details,
        price=product.price,
        stock=product.stock,
    )


async def _perform_all(
    journal: Journal,
    visits: Sequence[act.Visit],
    until: datetime,
    progress: Callable[[int, int], None],
) -> None:
    """Perform many visits at once, those of one person one after the other."""
    places = asyncio.Semaphore(AT_ONCE)
    turns: dict[str, asyncio.Lock] = {}
    done = 0

    async def perform(visit: act.Visit, turn: asyncio.Lock) -> None:
        nonlocal done
        try:
            async with turn:
                await _perform(journal, visit, until)
        finally:
            places.release()
        done += 1
        progress(done, len(visits))

    async with asyncio.TaskGroup() as tasks:
        for visit in visits:
            await places.acquire()
            turn = turns.setdefault(visit.person.visitor, asyncio.Lock())
            tasks.create_task(perform(visit, turn))


async def _perform(journal: Journal, visit: act.Visit, until: datetime) -> None:
    """Perform a visit: what was looked at in one append, then the commands in their order."""
    performer = Performer(journal, visit)
    past = [action for action in visit.actions if action.at < until]
    looks = [action for action in past if isinstance(action, act.Look)]
    commands = [action for action in past if not isinstance(action, act.Look)]
    if commands and isinstance(commands[0], act.SignIn) and commands[0].at <= past[0].at:
        await _patiently(performer, commands.pop(0))
    await performer.look(looks)
    for action in commands:
        await _patiently(performer, action)


async def _patiently(performer: Performer, action: act.Action) -> None:
    while True:
        try:
            await performer.perform(action)
        except Overloaded as overload:
            await asyncio.sleep(overload.retry_after_seconds)
        else:
            return
