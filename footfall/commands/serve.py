"""Commands that serve: everything at once, or one process of it."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import msgspec

from footfall.background import WORKERS, connections_of, run_worker
from footfall.commands.options import data_dir_option, on_the_loop
from footfall.everything import run_everything
from footfall.installation import servers
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine


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
    if settings.port == 0:
        settings = msgspec.structs.replace(settings, port=free_port(settings.host))
    async with servers(settings, brings_up_to_date=True) as running:
        await run_everything(running, stop, announce=lambda at: click.echo(f"ready {at}"))


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one.")
@click.pass_obj
@on_the_loop
async def api(command_line: CommandLine, host: str | None, port: int | None) -> None:
    """Run the HTTP API alone."""
    from footfall.api_process import serve_api  # noqa: PLC0415 - workers have no use for it

    settings = command_line.settings("api", host=host, port=port)
    stop = stop_on_signals()
    async with servers(settings) as running, open_shop(running) as shop:
        await serve_api(shop, stop)


_PURPOSES = "\n".join(f"{name:12}{each.purpose}" for name, each in WORKERS.items())


@click.command(help=f"Run one worker alone.\n\n\b\n{_PURPOSES}")
@click.argument("name", type=click.Choice(list(WORKERS)))
@click.pass_obj
@on_the_loop
async def worker(command_line: CommandLine, name: str) -> None:
    """Run one worker alone."""
    settings = command_line.settings(name)
    settings = msgspec.structs.replace(settings, database_pool_size=connections_of(name, settings))
    stop = stop_on_signals()
    async with servers(settings) as running, open_shop(running) as shop:
        await until(stop, run_worker(shop, name))


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
