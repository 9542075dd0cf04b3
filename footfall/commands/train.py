"""``footfall train``: learn from what the log knows by now."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING, NamedTuple

import click
import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from footfall.background import CAN_WAIT, give_way
from footfall.commands.options import data_dir_option, opened
from footfall.training_process import NOT_ENOUGH_DATA
from footfall.training_progress import LoggedProgress, ShownProgress
from workers.model_files import KINDS, RECOMMENDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.settings import Settings
    from footfall.training_progress import TrainingProgress
    from footfall.wiring import Shop

logger = structlog.get_logger(__name__)


class _Told(NamedTuple):
    """What came of a training, for whoever waited. ``won_by``: what decides who serves."""

    version: str
    is_promoted: bool
    scores: Mapping[str, Mapping[str, float]]
    title: str
    sorted_by: str
    won_by: str
    facts: dict[str, object]
    shown: tuple[str, ...] = ()
    """The measures of the table; all of them where it is empty."""


@click.command()
@click.argument("kind", type=click.Choice(KINDS), default=RECOMMENDER)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--epochs",
    type=click.IntRange(0),
    default=6,
    show_default=True,
    help="Of a recommender's neural model at most; 0 leaves it out.",
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
    """Train a model from the log, measure it on the latest of it, promote it if it wins.

    KIND: `recommender` ranks products, `intent` foresees orders, `abandonment` baskets left behind.
    One that was killed goes on.
    """
    if is_scheduled:
        give_way(CAN_WAIT)
    settings = command_line.settings("train", data_dir=data_dir)
    shown = LoggedProgress() if is_scheduled else ShownProgress()
    told = uvloop.run(_train(settings, kind, seed, epochs, shown, promotes=promotes))
    if isinstance(told, str):
        if is_scheduled:
            logger.info("not_trained", kind=kind, reason=told)
            sys.exit(NOT_ENOUGH_DATA)
        raise click.ClickException(f"not enough data: {told}")
    if is_scheduled:
        logger.info(
            "trained",
            kind=kind,
            version=told.version,
            is_promoted=told.is_promoted,
            peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            scores=told.scores,
            **told.facts,
        )
        return
    Console().print(_table(told))
    click.echo(
        f"{kind} {told.version}: {told.won_by};"
        f" {'it serves' if told.is_promoted else 'not promoted'}"
    )


async def _train(
    settings: Settings,
    kind: str,
    seed: int,
    epochs: int,
    shown: TrainingProgress,
    *,
    promotes: bool,
) -> _Told | str:
    """Return what came of it, or why there is not enough data."""
    from ml.intent.training import NotEnoughVisits  # noqa: PLC0415 - torch takes its time
    from ml.recommendation.training import NotEnoughData  # noqa: PLC0415 - as above
    from workers.training_plan import TrainingUnderWay  # noqa: PLC0415 - as above

    async with opened(settings) as shop:
        try:
            with shown:
                if kind == RECOMMENDER:
                    return await _train_recommender(shop, seed, epochs, shown, promotes=promotes)
                return await _train_intent(shop, kind, seed, shown, promotes=promotes)
        except (NotEnoughData, NotEnoughVisits) as error:
            return str(error)
        except TrainingUnderWay as error:
            raise click.ClickException("another training of this shop is under way") from error


async def _train_recommender(
    shop: Shop, seed: int, epochs: int, shown: TrainingProgress, *, promotes: bool
) -> _Told:
    from ml.recommendation.training import TrainingSettings  # noqa: PLC0415 - torch takes its time
    from workers.trainer import train_recommender  # noqa: PLC0415 - as above

    version, trained, is_promoted = await train_recommender(
        shop.journal,
        shop.settings.data_dir / "models",
        TrainingSettings(seed=seed, epochs=epochs),
        reading=shown.read,
        tell=shown.learnt,
        promotes=promotes,
    )
    gain = trained.gain
    return _Told(
        version,
        is_promoted,
        trained.scores,
        "on the latest sessions",
        next(reversed([name for name in trained.scores["blend"] if _is_measure(name)])),
        f"MRR@20 {gain.value:+.4f} over {trained.rival}"
        f" (95 % interval {gain.low:+.4f} to {gain.high:+.4f})",
        {"warm_started_from": trained.warm_started_from},
    )


async def _train_intent(
    shop: Shop, kind: str, seed: int, shown: TrainingProgress, *, promotes: bool
) -> _Told:
    from ml.intent.offers import OfferTerms  # noqa: PLC0415 - as above
    from ml.intent.training import IntentSettings  # noqa: PLC0415 - as above
    from workers.intent_trainer import GAIN, scores_of, train_intent_model  # noqa: PLC0415

    own = shop.settings
    version, trained, is_promoted = await train_intent_model(
        shop.journal,
        own.data_dir / "models",
        kind,
        IntentSettings(
            seed=seed,
            abandon_after_seconds=own.abandon_after_seconds,
            offer=OfferTerms(
                cost_share=own.offer_cost_share,
                cost_minor=own.offer_cost_minor,
                margin_share=own.margin_share,
                uplift=own.offer_uplift,
            ),
        ),
        reading=shown.read,
        tell=shown.learnt,
        promotes=promotes,
    )
    gains = ", ".join(
        f"{gain.value:+.4f} over {rival} ({gain.low:+.4f} to {gain.high:+.4f})"
        for rival, gain in trained.gains.items()
    )
    threshold = trained.model.offer.threshold
    pays = "an offer never pays" if threshold is None else f"an offer pays from {threshold:.3f} on"
    return _Told(
        version,
        is_promoted,
        scores_of(trained),
        "on the latest visits",
        "ap",
        f"{trained.name}, {GAIN} {gains}; {pays}",
        {"name": trained.name, "offer_threshold": threshold},
        ("ap", "auc", "brier_skill", "ece", "lift_5"),
    )


def _is_measure(name: str) -> bool:
    return not name.endswith(("_low", "_high"))


def _table(told: _Told) -> Table:
    """Return a row for each model, and for the last measure its bounds, where there are any."""
    scores = told.scores
    measures = list(dict.fromkeys(name for row in scores.values() for name in row))
    measures = [name for name in told.shown or measures if _is_measure(name)]
    by = told.sorted_by
    has_bounds = any(f"{by}_low" in found for found in scores.values())
    table = Table(told.title, *measures, *(["95 %"] if has_bounds else []), box=None)
    for name, found in sorted(scores.items(), key=lambda pair: pair[1].get(by, 0.0)):
        cells = [f"{found[each]:.4f}" if each in found else "-" for each in measures]
        if has_bounds:
            cells.append(f"{found[f'{by}_low']:.4f}-{found[f'{by}_high']:.4f}")
        table.add_row(name, *cells)
    return table
