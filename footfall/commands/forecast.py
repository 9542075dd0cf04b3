"""``footfall forecast``: work out what the shop may sell from what the log knows by now."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import structlog
import uvloop
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from footfall.background import CAN_WAIT, give_way
from footfall.commands.options import data_dir_option, opened
from footfall.forecast_process import NOT_ENOUGH_DATA
from footfall.settings import stock_settings

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.settings import Settings
    from workers.forecasting import Made

logger = structlog.get_logger(__name__)


@click.command()
@click.option(
    "--scheduled",
    "reason",
    type=click.Choice(["due", "views"]),
    help="In the background, for this reason: what serves goes first, and the log tells of it.",
)
@click.option("--drawn", multiple=True, help="A product whose views jumped; may be given again.")
@data_dir_option
@click.pass_obj
def forecast(
    command_line: CommandLine, reason: str | None, drawn: tuple[str, ...], data_dir: Path | None
) -> None:
    """Work out the demand of the days and weeks to come, and what to have in stock."""
    if reason:
        give_way(CAN_WAIT)
    settings = command_line.settings("forecast", data_dir=data_dir)
    started = time.monotonic()
    made = uvloop.run(_make(settings, reason or "asked", drawn, is_shown=reason is None))
    seconds = time.monotonic() - started
    if made.lacks:
        if reason:
            logger.info("not_forecast", reason=made.lacks)
            sys.exit(NOT_ENOUGH_DATA)
        raise click.ClickException(f"not enough data: {made.lacks}")
    if reason:
        logger.info(
            "forecast_made",
            forecast_id=made.forecast_id,
            products=made.products,
            seconds=round(seconds, 1),
            errors=made.errors,
        )
        return
    Console().print(_table(made))
    click.echo(f"forecast {made.forecast_id}: {made.products} products in {seconds:.0f} s")


async def _make(settings: Settings, reason: str, drawn: tuple[str, ...], *, is_shown: bool) -> Made:
    from workers.forecasting import make_forecasts  # noqa: PLC0415 - numbers take their time

    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not is_shown,
    )
    async with opened(settings) as shop:
        with bars:
            task = bars.add_task("reading the log", total=None)
            return await make_forecasts(
                shop.journal,
                shop.pool,
                stock_settings(settings),
                now=datetime.now(UTC),
                reason=reason,
                drawn=drawn,
                reading=lambda position, head: bars.update(
                    task, description=f"reading the log, {position:,} of {head:,}"
                ),
                tell=lambda period, origin: bars.update(
                    task, description=f"trying models by {period}, as of {period} {origin}"
                ),
            )


def _table(made: Made) -> Table:
    table = Table("at moments of the past", "level", "WAPE", "bias", box=None)
    for period, levels in made.errors.items():
        for level, found in levels.items():
            table.add_row(f"by {period}", level, f"{found['wape']:.3f}", f"{found['bias']:+.3f}")
    return table
