"""Commands of the demo: a made-up shop with a past, and shoppers that live in it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from footfall.commands.options import data_dir_option, on_the_loop
from footfall.commands.serve import free_port, stop_on_signals, until
from footfall.everything import run_everything
from footfall.installation import servers
from footfall.simulator.history import DAYS, NotADemo, check_is_ours, seed_with_progress
from footfall.simulator.live import live
from footfall.simulator.logins import FILE, SHOPPER, make_logins
from footfall.training_process import train_in_a_process
from footfall.wiring import open_shop
from workers.model_files import RECOMMENDER

if TYPE_CHECKING:
    from footfall.commands.options import CommandLine
    from footfall.settings import Settings

DEMO_DIR: Final = Path(".footfall-demo")
"""Its own, so that a demo never mixes with a real shop."""

TRAIN_AFTER_EVENTS: Final = 5_000
"""Its first model is one that is learnt in seconds; the whole follows within half an hour."""

speed_option = click.option(
    "--speed",
    type=click.FloatRange(0.01, 1000),
    default=1.0,
    show_default=True,
    help="How many shoppers come: 1 gives some five events a second.",
)
seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="Another seed, another shop."
)


@click.command()
@data_dir_option
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one [8080].")
@speed_option
@seed_option
@click.option(
    "--days",
    type=click.FloatRange(0, 365),
    default=DAYS,
    show_default=True,
    help="Days of history that the shop gets.",
)
@click.option("--no-history", is_flag=True, help="Open the shop today, as --days 0.")
@click.pass_context
@on_the_loop
async def demo(
    context: click.Context,
    data_dir: Path | None,
    host: str | None,
    port: int | None,
    speed: float,
    seed: int,
    days: float,
    no_history: bool,  # noqa: FBT001 - click passes options by name
) -> None:
    """Run a made-up shop with simulated shoppers, in DATA_DIR [default: .footfall-demo].

    Prints `ready http://HOST:PORT` and logins when healthy; SIGTERM or Ctrl-C ends it. The shop
    is kept, and goes on when the demo is started again.
    """
    command_line: CommandLine = context.obj
    asked = data_dir or context.find_root().params.get("data_dir")
    settings = command_line.settings(
        "demo", data_dir=asked or DEMO_DIR, host=host, port=port, storefront=True
    )
    settings = msgspec.structs.replace(
        settings,
        port=settings.port or free_port(settings.host),
        train_after_events=min(settings.train_after_events, TRAIN_AFTER_EVENTS),
    )
    stop = stop_on_signals()
    async with servers(settings, brings_up_to_date=True) as running:
        logins: dict[str, str] = {}
        await until(stop, _prepare(running, logins, seed=seed, days=0 if no_history else days))
        if not stop.is_set():
            await run_everything(
                running,
                stop,
                announce=partial(_say_ready, running, logins),
                besides={"simulator": ["simulate", "--speed", str(speed), "--seed", str(seed)]},
            )


@click.command()
@data_dir_option
@speed_option
@seed_option
@click.pass_obj
@on_the_loop
async def simulate(
    command_line: CommandLine, data_dir: Path | None, speed: float, seed: int
) -> None:
    """Let simulated shoppers live in a demo shop until SIGTERM; `footfall demo` runs this."""
    settings = command_line.settings("simulator", data_dir=data_dir)
    stop = stop_on_signals()
    async with servers(settings) as running, open_shop(running) as shop:
        try:
            address = f"http://{running.host}:{running.port}"
            await live(shop, speed=speed, seed=seed, stop=stop, address=address)
        except NotADemo as refusal:
            raise click.ClickException(str(refusal)) from refusal


async def _prepare(settings: Settings, logins: dict[str, str], *, seed: int, days: float) -> None:
    """Give the shop its past and its accounts; ``logins`` gets their passwords."""
    async with open_shop(settings) as shop:
        try:
            await check_is_ours(shop.journal)
        except NotADemo as refusal:
            raise click.ClickException(str(refusal)) from refusal
        is_new = await seed_with_progress(shop.journal, seed=seed, days=days) > 0
        logins.update(await make_logins(shop))
    if is_new and settings.train_after_events:
        click.echo("learning from it what goes together", err=True)
        await train_in_a_process(settings, RECOMMENDER, "--epochs", "0")


def _say_ready(settings: Settings, logins: dict[str, str], address: str) -> None:
    click.echo(f"ready {address}")
    click.echo(f"The shop to try it with: {address}/shop/")
    click.echo(f"Everything here is simulated. Logins, also in {settings.data_dir / FILE}:")
    for username, password in logins.items():
        kind = "shopper" if username == SHOPPER else "staff"
        click.echo(f"  {username:<14}{password}  ({kind})")
