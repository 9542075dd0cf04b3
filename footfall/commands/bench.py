"""``footfall bench``: every published number, measured here and now."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from footfall.commands.options import data_dir_option, on_the_loop, opened

if TYPE_CHECKING:
    from footfall.commands.options import CommandLine

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = ("append", "projections", "live", "dashboards", "intake", "recommend", "intent-serving")
OF_FILES = {
    "sessions": 2,
    "eshop": 1,
    "freshness": 1,
    "baskets": 1,
    "training": 0,
    "intent": 1,
    "segments": 1,
    "forecast": 1,
    "early-intent": 0,
}
"""Measure models without a shop, on so many files of the caller."""
MAY_TAKE_ONE = {"early-intent"}


@click.command()
@click.argument("name", type=click.Choice([*NAMES, *OF_FILES, "all"]))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each benchmark.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.1),
    help="What sessions and eshop may take, and dashboards watches a tab.",
)
@click.option("--sample", type=click.IntRange(min=100), help="Take so many sessions only.")
@click.option("--seeds", type=click.IntRange(min=1), help="Train the neural model so often anew.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def bench(
    command_line: CommandLine,
    name: str,
    files: tuple[Path, ...],
    as_json: bool,  # noqa: FBT001 - click passes options by name
    minutes: float | None,
    sample: int | None,
    seeds: int | None,
    data_dir: Path | None,
) -> None:
    r"""Measure, beside a peer or a physical limit in the same run. Uses databases of its own.

    \b
    sessions TRAIN TEST: a session a line, and `prefix > next product` a line.
    eshop ZIP: the same of UCI's clothing shop; freshness FILE, baskets FILE: Online Retail.
    training: what learning from 300,000 sessions takes.
    intent FILE: UCI's online shoppers, who buys and who does not.
    segments FILE: Online Retail, who orders again, and how stable clusters are.
    forecast FILE: demand and stock of the weeks to come, Online Retail.
    early-intent [FILE]: how early it shows, in the demo's history or a behaviour log.
    intent-serving: how soon a score follows an event.
    dashboards: five hundred of them on one API process, and one in a browser.
    """
    if not (CHECKOUT / "benchmarks").is_dir():
        raise click.ClickException("benchmarks/ is there in a checkout only")
    sys.path.insert(0, str(CHECKOUT))
    wanted = OF_FILES.get(name, 0)
    if len(files) != wanted and not (name in MAY_TAKE_ONE and len(files) == 1):
        raise click.UsageError(f"{name} takes {wanted or 'no'} file{'s' if wanted > 1 else ''}")
    if name in OF_FILES:
        options = {"minutes": minutes, "sample": sample, "seeds": seeds}
        measure = importlib.import_module(_module_of(name)).run
        taken = inspect.signature(measure).parameters
        given = {option: value for option, value in options.items() if value is not None}
        if unknown := given.keys() - taken:
            raise click.UsageError(f"{name} takes no --{' or --'.join(sorted(unknown))}")
        report = measure(*files, **given)
        click.echo(msgspec.json.encode(report) if as_json else report.as_table())
        return
    settings = command_line.settings("bench", data_dir=data_dir)
    async with opened(settings) as shop:
        for each in NAMES if name == "all" else (name,):
            measure = importlib.import_module(_module_of(each)).run
            takes_minutes = (
                minutes is not None and "minutes" in inspect.signature(measure).parameters
            )
            report = await (measure(shop, minutes=minutes) if takes_minutes else measure(shop))
            click.echo(msgspec.json.encode(report) if as_json else report.as_table())


def _module_of(name: str) -> str:
    return f"benchmarks.{name.replace('-', '_')}"
