"""``footfall bench``: every published number, measured here and now."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from footfall.commands.options import data_dir_option, on_the_loop, opened

if TYPE_CHECKING:
    from footfall.commands.options import CommandLine

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = ("append", "projections", "live", "intake")


@click.command()
@click.argument("name", type=click.Choice([*NAMES, "all"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each benchmark.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def bench(
    command_line: CommandLine,
    name: str,
    as_json: bool,  # noqa: FBT001 - click passes options by name
    data_dir: Path | None,
) -> None:
    """Measure, beside a peer or a physical limit in the same run. Uses databases of its own."""
    if not (CHECKOUT / "benchmarks").is_dir():
        raise click.ClickException("benchmarks/ is there in a checkout only")
    sys.path.insert(0, str(CHECKOUT))
    settings = command_line.settings("bench", data_dir=data_dir)
    async with opened(settings) as shop:
        for each in NAMES if name == "all" else (name,):
            report = await importlib.import_module(f"benchmarks.{each}").run(shop)
            click.echo(msgspec.json.encode(report) if as_json else report.as_table())
