"""``footfall train``: learn from what the log knows by now."""

from __future__ import annotations

import os
import resource
import sys
from typing import TYPE_CHECKING

import click
import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from footfall.commands.options import data_dir_option, opened
from footfall.training_process import NOT_ENOUGH_DATA
from footfall.training_progress import LoggedProgress, ShownProgress

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.settings import Settings
    from footfall.training_progress import TrainingProgress
    from workers.trainer import Outcome

logger = structlog.get_logger(__name__)


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
@click.option(
    "--scheduled",
    "is_scheduled",
    is_flag=True,
    help="In the background: what serves goes first, and progress goes to the log.",
)
@data_dir_option
@click.pass_obj
def train(
    command_line: CommandLine,
    kind: str,
    seed: int,
    epochs: int,
    promotes: bool,  # noqa: FBT001 - click passes options by name
    is_scheduled: bool,  # noqa: FBT001 - as above
    data_dir: Path | None,
) -> None:
    """Train a model from the log, measure it on the latest sessions, promote it if it wins.

    One that was killed goes on from its checkpoint.
    """
    if is_scheduled:
        os.nice(10)
    settings = command_line.settings("train", data_dir=data_dir)
    shown = LoggedProgress() if is_scheduled else ShownProgress()
    outcome = uvloop.run(_train(settings, seed, epochs, shown, promotes=promotes))
    if isinstance(outcome, str):
        if is_scheduled:
            logger.info("not_trained", reason=outcome)
            sys.exit(NOT_ENOUGH_DATA)
        raise click.ClickException(f"not enough data: {outcome}")
    trained, gain = outcome.trained, outcome.trained.gain
    if is_scheduled:
        logger.info(
            "trained",
            version=outcome.version,
            is_promoted=outcome.is_promoted,
            warm_started_from=trained.warm_started_from,
            peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            scores=trained.scores,
        )
        return
    Console().print(_table(outcome))
    click.echo(
        f"{kind} {outcome.version}: MRR@20 {gain.value:+.4f} over {trained.rival}"
        f" (95 % interval {gain.low:+.4f} to {gain.high:+.4f});"
        f" {'it serves' if outcome.is_promoted else 'not promoted'}"
    )


async def _train(
    settings: Settings, seed: int, epochs: int, shown: TrainingProgress, *, promotes: bool
) -> Outcome | str:
    """Return what came of it, or why there is not enough data."""
    from ml.recommendation.training import NotEnoughData, TrainingSettings  # noqa: PLC0415 - torch takes its time
    from workers.trainer import train_recommender  # noqa: PLC0415 - as above
    from workers.training_plan import TrainingUnderWay  # noqa: PLC0415 - as above

    async with opened(settings) as shop:
        try:
            with shown:
                return await train_recommender(
                    shop.journal,
                    settings.data_dir / "models",
                    TrainingSettings(seed=seed, epochs=epochs),
                    reading=shown.read,
                    tell=shown.learnt,
                    promotes=promotes,
                )
        except NotEnoughData as error:
            return str(error)
        except TrainingUnderWay as error:
            raise click.ClickException("another training of this shop is under way") from error


def _table(outcome: Outcome) -> Table:
    scores = outcome.trained.scores
    measures = [
        name for name in next(iter(scores.values())) if not name.endswith(("_low", "_high"))
    ]
    table = Table("on the latest sessions", *measures, "95 %", box=None)
    last = measures[-1]
    for name, found in sorted(scores.items(), key=lambda pair: pair[1][last]):
        bounds = f"{found[f'{last}_low']:.4f}-{found[f'{last}_high']:.4f}"
        table.add_row(name, *(f"{found[measure]:.4f}" for measure in measures), bounds)
    return table
