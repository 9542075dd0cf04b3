"""Commands that serve: everything at once, or one process of it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import click
import msgspec

from api.server import serve
from api.services import ApiSettings, Services
from footfall.commands.options import data_dir_option, on_the_loop
from footfall.installation import servers
from footfall.supervisor import supervise
from footfall.training_process import train_in_a_process
from footfall.wiring import open_shop
from projections.position_waiter import PositionWaiter
from projections.registry import PROJECTIONS
from workers.intent import run_intent
from workers.model_files import KINDS
from workers.projector import run_projector
from workers.rebuilder import run_rebuilder
from workers.recommender import run_recommender
from workers.replayer import run_replayer
from workers.training_schedule import Ended, run_trainer

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.settings import Settings
    from footfall.wiring import Shop

WORKERS = ("projector", "rebuilder", "recommender", "intent", "trainer", "replayer")


@click.command()
@data_dir_option
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one [8080].")
@click.pass_obj
@on_the_loop
async def up(
    command_line: CommandLine, data_dir: Path | None, host: str | None, port: int | None
) -> None:
    """Run everything until SIGTERM or Ctrl-C; print `ready http://HOST:PORT` when healthy."""
    settings = command_line.settings("up", data_dir=data_dir, host=host, port=port)
    stop = stop_on_signals()
    async with servers(settings, brings_up_to_date=True) as running:
        await run_everything(running, stop)


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one.")
@click.pass_obj
@on_the_loop
async def api(command_line: CommandLine, host: str | None, port: int | None) -> None:
    """Run the HTTP API alone."""
    settings = command_line.settings("api", host=host, port=port)
    stop = stop_on_signals()
    async with servers(settings) as running, open_shop(running) as shop:
        await serve_api(shop, stop)


@click.command()
@click.argument("name", type=click.Choice(WORKERS))
@click.pass_obj
@on_the_loop
async def worker(command_line: CommandLine, name: str) -> None:
    """Run one worker alone.

    The projector keeps read models current, the rebuilder builds them anew, the recommender keeps
    a list for each visitor, intent scores open visits, the trainer learns what both go by, the
    replayer tries other models on the past.
    """
    settings = command_line.settings(name)
    # A projector holds one connection for each read model beside those it works on.
    settings = msgspec.structs.replace(
        settings, database_pool_size=max(settings.database_pool_size, 3 * len(PROJECTIONS))
    )
    stop = stop_on_signals()
    async with servers(settings) as running, open_shop(running) as shop:
        await until(stop, run_worker(shop, name))


async def run_everything(
    settings: Settings, stop: asyncio.Event, *, says_ready: bool = True
) -> None:
    """Run API and workers as processes of their own until ``stop``."""
    if settings.port == 0:
        settings = msgspec.structs.replace(settings, port=free_port(settings.host))
    address = f"http://{settings.host}:{settings.port}"
    commands = {"api": ["api"], **{name: ["worker", name] for name in WORKERS}}
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervise(commands, settings, stop))
        await wait_until_healthy(address, stop)
        if says_ready and not stop.is_set():
            click.echo(f"ready {address}")


async def run_worker(shop: Shop, name: str) -> None:
    """Run a worker until cancelled."""
    _forget_the_start()
    if name == "projector":
        await run_projector(shop.journal, shop.pool, shop.redis, PROJECTIONS)
    elif name == "recommender":
        models = shop.settings.data_dir / "models"
        await run_recommender(shop.journal, shop.pool, shop.redis, models)
    elif name == "intent":
        await run_intent(
            shop.journal,
            shop.pool,
            shop.redis,
            shop.settings.data_dir / "models",
            abandon_after_seconds=shop.settings.abandon_after_seconds,
        )
    elif name == "trainer":
        await _train_when_due(shop)
    elif name == "replayer":
        os.nice(10)  # what serves goes first
        await run_replayer(shop.journal, shop.pool, shop.settings.data_dir / "models")
    else:
        by_name = {projection.name: projection for projection in PROJECTIONS}
        await run_rebuilder(shop.journal, shop.pool, by_name)


async def _train_when_due(shop: Shop) -> None:
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


async def serve_api(shop: Shop, stop: asyncio.Event) -> None:
    """Serve HTTP until ``stop``, then let requests under way finish."""
    settings = shop.settings
    own = {name for name in ApiSettings.__struct_fields__ if name in settings.__struct_fields__}
    api_settings = ApiSettings(**{name: getattr(settings, name) for name in own})
    async with PositionWaiter(shop.pool, shop.redis) as waiter:
        services = Services(
            journal=shop.journal,
            pool=shop.pool,
            redis=shop.redis,
            waiter=waiter,
            settings=api_settings,
        )
        async with serve(services, host=settings.host, port=settings.port):
            _forget_the_start()
            await stop.wait()


def _forget_the_start() -> None:
    """Let no garbage collection look at what lives as long as the process, nor look all the time.

    By default it looks after every 700 objects: a tenth of the time that requests take.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def wait_until_healthy(
    address: str, stop: asyncio.Event, *, seconds: float = 60, probe: str = "ready"
) -> None:
    """Return once the API says that it is ready, or ``live``; TimeoutError where it does not."""
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as client:
        while not stop.is_set():
            with suppress(aiohttp.ClientError):
                async with client.get(f"{address}/health/{probe}") as answer:
                    if answer.status == 200:  # noqa: PLR2004
                        return
            await asyncio.sleep(0.1)


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def until(stop: asyncio.Event, work: object) -> None:
    """Run a coroutine until it ends or ``stop`` is set; what it raises rises."""
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    else:
        await task


def free_port(host: str) -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
