"""``footfall train``: learn from what the log knows by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from footfall.commands.options import data_dir_option, on_the_loop, opened

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from ml.recommender import Progress as Learning
    from workers.trainer import Outcome


@click.command()
@click.argument("kind", type=click.Choice(["recommender"]), default="recommender")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--epochs",
    type=click.IntRange(0),
    default=6,
    show_default=True,
    help="Of the neural model at most; 0 leaves it out.",
)
@click.option("--promote/--no-promote", "promotes", default=True, help="Let it serve if it wins.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def train(
    command_line: CommandLine,
    kind: str,
    seed: int,
    epochs: int,
    promotes: bool,  # noqa: FBT001 - click passes options by name
    data_dir: Path | None,
) -> None:
    """Train a model from the log, measure it on the latest sessions, promote it if it wins."""
    from ml.training import NotEnoughData, TrainingSettings  # noqa: PLC0415 - torch takes its time
    from workers.trainer import train_recommender  # noqa: PLC0415 - as above

    settings = command_line.settings("train", data_dir=data_dir)
    async with opened(settings) as shop:
        with _progress() as progress:
            read = progress.add_task("reading the log", total=None)
            learn = progress.add_task("learning", total=None, start=False)

            def learnt(name: str, told: Learning) -> None:
                progress.start_task(learn)
                progress.update(learn, description=name, completed=told.done, total=told.of)

            try:
                outcome = await train_recommender(
                    shop.journal,
                    settings.data_dir / "models",
                    TrainingSettings(seed=seed, epochs=epochs),
                    reading=lambda at, head: progress.update(read, completed=at, total=head),
                    tell=learnt,
                    promotes=promotes,
                )
            except NotEnoughData as error:
                raise click.ClickException(f"not enough data: {error}") from error
    Console().print(_table(outcome))
    trained, gain = outcome.trained, outcome.trained.gain
    click.echo(
        f"{kind} {outcome.version}: MRR@20 {gain.value:+.4f} over {trained.rival}"
        f" (95 % interval {gain.low:+.4f} to {gain.high:+.4f});"
        f" {'it serves' if outcome.is_promoted else 'not promoted'}"
    )


def _table(outcome: Outcome) -> Table:
    scores = outcome.trained.scores
    measures = list(next(iter(scores.values())))
    table = Table("on the latest sessions", *measures, box=None)
    for name, found in sorted(scores.items(), key=lambda pair: pair[1][measures[-1]]):
        table.add_row(name, *(f"{found[measure]:.4f}" for measure in measures))
    return table


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
