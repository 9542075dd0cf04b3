"""The command line: ``footfall COMMAND``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from footfall.child_process import EmbeddedServerError
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


COMMANDS = {
    "up": "serve",
    "demo": "demo",
    "api": "serve",
    "worker": "serve",
    "migrate": "data",
    "import": "imports",
    "rebuild": "data",
    "replay": "replay",
    "train": "train",
    "models": "models",
    "forecast": "forecast",
    "users": "access",
    "keys": "access",
    "simulate": "demo",
    "bench": "bench",
}
"""Each command, in the order of the help, and the module of footfall/commands that has it."""


class Commands(click.Group):
    """Commands whose modules are imported when they are asked for: a worker needs but its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"footfall.commands.{COMMANDS[cmd_name]}")
        found: click.Command = getattr(module, "import_" if cmd_name == "import" else cmd_name)
        return found


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
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


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and exit code 1."""
    try:
        cli()
    except EXPECTED as error:
        click.echo(f"footfall: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
