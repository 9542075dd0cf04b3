"""Commands on the data: schema, rebuild."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from footfall.commands.options import data_dir_option, on_the_loop, opened
from footfall.installation import servers
from footfall.migrations import migrate as apply_migrations
from projections import generations
from projections.registry import PROJECTIONS
from workers import rebuilder

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine


@click.command()
@data_dir_option
@click.pass_obj
@on_the_loop
async def migrate(command_line: CommandLine, data_dir: Path | None) -> None:
    """Bring the database's schema up to date."""
    async with servers(command_line.settings("migrate", data_dir=data_dir)) as settings:
        applied = await apply_migrations(
            settings.database_direct_url or settings.database_url or ""
        )
    click.echo("\n".join(applied) if applied else "up to date")


@click.command()
@click.argument("name", type=click.Choice([projection.name for projection in PROJECTIONS]))
@click.option("--rollback", is_flag=True, help="Go back to the generation before this one.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def rebuild(
    command_line: CommandLine,
    name: str,
    rollback: bool,  # noqa: FBT001 - click passes options by name
    data_dir: Path | None,
) -> None:
    """Build a read model anew beside the one that serves, then switch."""
    [projection] = [p for p in PROJECTIONS if p.name == name]
    async with opened(command_line.settings("rebuild", data_dir=data_dir)) as shop:
        try:
            if rollback:
                generation = await rebuilder.roll_back(shop.journal, shop.pool, projection)
            else:
                with _progress() as progress:
                    task = progress.add_task(name, total=None)
                    generation = await rebuilder.rebuild(
                        shop.journal,
                        shop.pool,
                        projection,
                        progress=lambda at, end: progress.update(task, completed=at, total=end),
                    )
        except (
            generations.RebuildUnderWay,
            generations.NothingToRollBack,
            rebuilder.Cancelled,
        ) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{name}: generation {generation} serves")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
