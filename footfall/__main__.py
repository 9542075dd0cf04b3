"""The command line: ``footfall COMMAND``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from footfall.child_process import EmbeddedServerError
from footfall.commands import (
    access,
    bench,
    data,
    demo,
    forecast,
    imports,
    models,
    replay,
    serve,
    train,
)
from footfall.commands.options import read_command_line
from footfall.everything import NotHealthy
from footfall.migrations import MigrationChanged
from footfall.settings import SettingsError, variable_of
from footfall.supervisor import ProcessKeepsDying

EXPECTED = (
    SettingsError,
    EmbeddedServerError,
    MigrationChanged,
    NotHealthy,
    ProcessKeepsDying,
)
"""What the operator can mend: told in one line, without a stack trace."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="footfall")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where everything is kept [default: .footfall, or ${variable_of('data_dir')}].",
)
@click.pass_context
def cli(context: click.Context, data_dir: Path | None) -> None:
    """Footfall: what happens in a web shop, as it happens."""
    context.obj = read_command_line(os.environ, data_dir=data_dir)


for command in (
    serve.up,
    serve.api,
    serve.worker,
    demo.demo,
    demo.simulate,
    data.migrate,
    imports.import_,
    replay.replay,
    data.rebuild,
    access.users,
    access.keys,
    train.train,
    models.models,
    forecast.forecast,
    bench.bench,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and exit code 1."""
    try:
        cli()
    except EXPECTED as error:
        click.echo(f"footfall: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
