"""Commands that import history."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from footfall.commands.options import data_dir_option, on_the_loop, opened
from footfall.importing.behaviour_files import UnknownFormat, events_of
from footfall.importing.event_writer import Report, write_events
from footfall.importing.online_retail import SOURCE, OnlineRetail
from footfall.importing.online_retail_lines import MissingColumn, find_time_form, read_lines
from footfall.importing.rows import count_rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from footfall.commands.options import CommandLine
    from footfall.importing.event_writer import Imported
    from footfall.importing.not_taken import NotTaken

T = TypeVar("T")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_rejects_option = click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rows not taken are listed [default: FILE's name.rejected.ndjson, in DATA_DIR].",
)


@click.group("import")
def import_() -> None:
    """Import history at its true time; importing a file twice adds nothing."""


@import_.command("online-retail")
@click.argument("file", type=_FILE)
@_rejects_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def online_retail(
    command_line: CommandLine, file: Path, rejects: Path | None, data_dir: Path | None
) -> None:
    """Import invoices of UCI's Online Retail (I or II), as parquet, csv or xlsx."""
    counted = _Counted(rows_of(file))
    time_form = find_time_form(rows_of(file)) if file.name.endswith((".csv", ".csv.gz")) else ""
    items = OnlineRetail().events(read_lines(counted, time_form))
    await _import(command_line, SOURCE, file, items, counted, rejects, data_dir)


@import_.command("events")
@click.argument("file", type=_FILE)
@_rejects_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def events(
    command_line: CommandLine, file: Path, rejects: Path | None, data_dir: Path | None
) -> None:
    """Import behaviour: Retailrocket's events.csv, REES46's csv, or our own ndjson."""
    try:
        source, items = events_of(file)
    except UnknownFormat as error:
        raise click.ClickException(str(error)) from error
    counted = _Counted(items)
    await _import(command_line, source, file, counted, counted, rejects, data_dir)


class _Counted(Generic[T]):
    """An iterable that knows how many of its items were taken."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self.taken = 0

    def __iter__(self) -> Iterator[T]:
        for item in self._items:
            self.taken += 1
            yield item


async def _import(
    command_line: CommandLine,
    source: str,
    file: Path,
    items: Iterable[Imported | NotTaken],
    counted: _Counted[Any],
    rejects: Path | None,
    data_dir: Path | None,
) -> None:
    settings = command_line.settings("import", data_dir=data_dir)
    rejects = rejects or settings.data_dir / f"{file.name}.rejected.ndjson"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with rejects.open("w", encoding="utf-8") as listed, _progress() as progress:
        task = progress.add_task(file.name, total=count_rows(file), events=0)
        async with opened(settings) as shop:
            try:
                report = await write_events(
                    shop.journal,
                    source,
                    items,
                    now=datetime.now(UTC),
                    rejects=listed,
                    progress=lambda n: progress.update(task, completed=counted.taken, events=n),
                )
            except MissingColumn as error:
                raise click.ClickException(str(error)) from error
    report.rows = counted.taken
    _tell(report, rejects, time.perf_counter() - started)


def _tell(report: Report, rejects: Path, seconds: float) -> None:
    click.echo(
        f"{report.rows:,} rows: {report.recorded:,} events recorded, "
        f"{report.known:,} known already, in {seconds:.1f} s"
    )
    refused = sum(report.not_taken.values())
    if refused:
        click.echo(f"{refused:,} rows not taken, listed in {rejects}:")
        for reason, rows in report.not_taken.items():
            click.echo(f"  {reason:<16}{rows:>9,}")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows, {task.fields[events]:,} events"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
