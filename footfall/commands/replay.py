"""``footfall replay``: the history once more, as events or under another policy."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from application import replays
from domain.errors import Rejected
from domain.events import ENVELOPE_FIELDS, Recorded
from footfall.commands.options import data_dir_option, on_the_loop, opened

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine
    from footfall.wiring import Shop
    from ml.recommendation.replay_report import Estimate, ReplayReport

PAGE = 2_000


class Where(click.ParamType[Any]):
    """A log position, or a time in RFC 3339."""

    name = "position|time"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int | datetime:
        """Return what was typed."""
        text = str(value)
        try:
            if text.isdigit():
                return int(text)
            found = datetime.fromisoformat(text)
        except ValueError:
            message = f"{text} is neither a position nor a time such as 2026-01-31T12:00Z"
            self.fail(message, param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command()
@click.option("--from", "first", type=Where(), help="First position, or a time.")
@click.option("--to", "last", type=Where(), help="Where to end [default: the head].")
@click.option("--topic", "topics", multiple=True, help="Only this topic; may be repeated.")
@click.option("--stream", help="Only this stream.")
@click.option("--policy", help="A recommender's version, `popularity` or `logged`.")
@click.option(
    "--placement", type=click.Choice(["home", "email"]), default="home", show_default=True
)
@click.option("--allow-hindsight", is_flag=True, help="Judge a model on what it has learnt from.")
@click.option("--json", "as_json", is_flag=True, help="Print what a policy's replay found as JSON.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def replay(
    command_line: CommandLine,
    first: int | datetime | None,
    last: int | datetime | None,
    topics: tuple[str, ...],
    stream: str | None,
    policy: str | None,
    placement: str,
    allow_hindsight: bool,  # noqa: FBT001 - click passes options by name
    as_json: bool,  # noqa: FBT001 - as above
    data_dir: Path | None,
) -> None:
    """Print events of the log as ndjson: upcast to today's shape, decrypted where a key is left.

    With --policy: what that would have recommended in place of each list served from --from to
    before --to, by what was known then, and what is known of the clicks it would have had.
    """
    async with opened(command_line.settings("replay", data_dir=data_dir)) as shop:
        if policy is None:
            await _print_events(shop, first, last, topics, stream)
            return
        try:
            start, end = await replays.span(
                shop.pool, shop.journal, policy, first, last, allows_hindsight=allow_hindsight
            )
            wanted = replays.Wanted(
                policy=policy,
                start=start,
                end=end,
                placement=placement,
                allows_hindsight=allow_hindsight,
            )
            report = await _judge(shop, wanted)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        _tell(report)


async def _judge(shop: Shop, wanted: replays.Wanted) -> ReplayReport:
    from ml.tensor_files import ArtifactRefused  # noqa: PLC0415 - torch takes its time
    from workers.replay import TooMuch, replay  # noqa: PLC0415 - as above

    with _progress() as progress:
        task = progress.add_task("replay", total=None)

        async def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        directory = shop.settings.data_dir / "models"
        try:
            return await replay(shop.journal, directory, wanted, tell=tell)
        except (ArtifactRefused, OSError, TooMuch) as error:
            raise click.ClickException(str(error)) from error


async def _print_events(
    shop: Shop,
    first: int | datetime | None,
    last: int | datetime | None,
    topics: tuple[str, ...],
    stream: str | None,
) -> None:
    if isinstance(first, datetime):
        first = await replays.position_at(shop.pool, first)
    if isinstance(last, datetime):
        last = await replays.position_at(shop.pool, last) - 1
    first = first or 1
    end = last or await shop.journal.head()
    position = first - 1
    write = sys.stdout.buffer.write
    with _progress() as progress:
        task = progress.add_task("replay", total=max(end - position, 0))
        while page := await shop.journal.read(position, PAGE, topics=topics or None, until=end):
            for event in page:
                if stream is None or event.stream_id == stream:
                    write(msgspec.json.encode(readable(event)) + b"\n")
            progress.update(task, completed=page[-1].position - first + 1)
            position = page[-1].position


def readable(event: Recorded) -> dict[str, Any]:
    """Return an event with its envelope, as auditors read it."""
    row: dict[str, Any] = {
        name: getattr(event, name) for name in Recorded.__struct_fields__ if name != "event"
    }
    row["fields"] = {k: v for k, v in vars(event.event).items() if k not in ENVELOPE_FIELDS}
    return row


def _tell(report: ReplayReport) -> None:
    clicks = report.clicks
    table = Table(f"{report.policy} at {report.placement}", "", "95 % interval", box=None)
    rows: dict[str, Estimate] = {
        "clicks per list as served": clicks.served,
        "the same without lists drawn by chance": clicks.rival,
        "this policy, IPS": clicks.ips,
        "this policy, SNIPS": clicks.snips,
        "this policy, doubly robust": clicks.doubly_robust,
        "gain, doubly robust": clicks.gain,
    }
    for name, found in rows.items():
        table.add_row(name, f"{found.value:.4f}", f"{found.low:.4f} to {found.high:.4f}")
    hits = Table("foreseen", "cases", "at 1", "at 5", "in the list", box=None)
    for name, each in report.hits.items():
        for who, rates in (("policy", each.policy), ("served", each.served)):
            found_ = (f"{rate:.4f}" for rate in (rates.at_1, rates.at_5, rates.at_count))
            hits.add_row(f"next {name}, {who}", str(rates.cases), *found_)
    console = Console()
    console.print(table)
    console.print(hits)
    click.echo(
        f"{clicks.lists} lists of {clicks.visitors} visitors, {clicks.clicks} clicks; the same"
        f" product at {report.agreement:.1%} of the places; effective sample"
        f" {clicks.effective_sample:.0f} places, largest weight {clicks.largest_weight:.0f}"
    )
    click.echo("What is foreseen favours what was served: it was seen.")
    if report.has_hindsight:
        click.echo("With hindsight: the model learnt from this time, so these numbers flatter it.")
    click.echo(f"verdict: {clicks.verdict.replace('_', ' ')}")
    for doubt in clicks.doubts:
        click.echo(f"  {doubt.code}: {doubt.detail}")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
