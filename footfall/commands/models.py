"""Commands on models: what was trained, which serves, and changing that."""

from __future__ import annotations

from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Any

import click
import msgspec

from application import models as model_commands
from application.context import Context
from domain.errors import Rejected
from domain.model import Model
from footfall.commands.options import data_dir_option, on_the_loop, opened
from ml.intent import artifacts as intent_artifacts
from ml.intent.outcomes import TARGETS
from ml.tensor_files import ArtifactRefused
from projections.model_cards import card_of
from projections.models import ModelRow, models_of
from workers.model_files import KINDS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.wiring import Shop

kind_option = click.option(
    "--kind", type=click.Choice(KINDS), default=RECOMMENDER, show_default=True, help="What for."
)
reason_option = click.option("--reason", default="", help="Why, for those who look later.")


@click.group()
def models() -> None:
    """Trained models: compare them, let one serve, go back."""


@models.command("list")
@click.option("--kind", type=click.Choice(["", *KINDS]), default="", help="Only of this kind.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def list_(command_line: CommandLine, kind: str, data_dir: Path | None) -> None:
    """List models, the latest of each kind first; * marks what serves, ~ what shadows it."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        rows = await _rows(shop, kind)
    for row in rows:
        own = row.scores.get(row.settings.get("name", ""), {})
        scores = "\t".join(
            f"{measure} {score:.4f}"
            for measure, score in own.items()
            if not measure.endswith(("_low", "_high"))
        )
        star = "*" if row.is_champion else "~" if row.is_shadow else " "
        click.echo(f"{star} {row.kind}\t{row.version}\tup to {row.until}\t{scores}")
    if not rows:
        click.echo("no model was trained yet: footfall train", err=True)


@models.command("show")
@click.argument("version")
@kind_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def show(command_line: CommandLine, version: str, kind: str, data_dir: Path | None) -> None:
    """Print a model's card as JSON: what made it, and its scores beside the baselines'."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        rows = [row for row in await _rows(shop, kind) if row.version == version]
    if not rows:
        raise click.ClickException(f"no {kind} of version {version} was trained")
    click.echo(msgspec.json.format(msgspec.json.encode(rows[0])))


@models.command("card")
@click.argument("version")
@kind_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def card(command_line: CommandLine, version: str, kind: str, data_dir: Path | None) -> None:
    """Print a model's card for people, as Markdown: data, scores, promotions, limits."""
    settings = command_line.settings("models", data_dir=data_dir)
    async with opened(settings) as shop:
        history = await shop.journal.whole_stream(Model.stream_id(kind))
    told = card_of(history, version, _header(settings.data_dir / "models", kind, version))
    if told is None:
        raise click.ClickException(f"no {kind} of version {version} was trained")
    click.echo(told, nl=False)


@models.command("promote")
@click.argument("version")
@kind_option
@reason_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def promote(
    command_line: CommandLine, version: str, kind: str, reason: str, data_dir: Path | None
) -> None:
    """Let a trained model serve."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        try:
            await model_commands.promote(shop.journal, _context(), kind, version, reason)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{kind}: {version} serves")


@models.command("shadow")
@click.argument("version")
@kind_option
@reason_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def shadow(
    command_line: CommandLine, version: str, kind: str, reason: str, data_dir: Path | None
) -> None:
    """Let a trained model answer beside the one that serves, unseen."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        try:
            await model_commands.shadow(shop.journal, _context(), kind, version, reason)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{kind}: {version} answers unseen")


@models.command("unshadow")
@kind_option
@reason_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def unshadow(
    command_line: CommandLine, kind: str, reason: str, data_dir: Path | None
) -> None:
    """Let nobody answer beside the model that serves."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        try:
            await model_commands.end_shadow(shop.journal, _context(), kind, reason)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{kind}: nobody answers unseen")


@models.command("rollback")
@kind_option
@reason_option
@data_dir_option
@click.pass_obj
@on_the_loop
async def roll_back(
    command_line: CommandLine, kind: str, reason: str, data_dir: Path | None
) -> None:
    """Let the model that served before serve again."""
    async with opened(command_line.settings("models", data_dir=data_dir)) as shop:
        try:
            outcome = await model_commands.roll_back(shop.journal, _context(), kind, reason)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{kind}: {outcome.answer.champion} serves")


async def _rows(shop: Shop, kind: str) -> list[ModelRow]:
    """Read the log itself: on a stopped installation nobody keeps the read model current."""
    prefix = Model.stream_id(kind)
    rows: list[ModelRow] = []
    for stream_id in await shop.journal.store.streams_beginning(prefix):
        if kind and stream_id != prefix:
            continue
        rows += models_of(await shop.journal.whole_stream(stream_id))
    return rows


def _header(models: Path, kind: str, version: str) -> dict[str, Any] | None:
    """Return what the artifact says of itself; None where its file is not here."""
    path = artifact_path(models, kind, version)
    if not path.exists():
        return None
    try:
        if kind in TARGETS:
            return intent_artifacts.load(path).about
        from ml.recommendation import artifacts  # noqa: PLC0415 - torch takes its time

        return artifacts.load(path).about
    except ArtifactRefused as error:
        return {"refused": str(error)}


def _context() -> Context:
    return Context(f"operator:{getuser()}", datetime.now(UTC))
