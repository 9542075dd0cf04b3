"""What commands share: settings from environment and options, an open shop."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
import uvloop

from footfall.installation import servers
from footfall.logs import configure_logs
from footfall.settings import read_settings
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from footfall.settings import Settings
    from footfall.wiring import Shop

P = ParamSpec("P")
T = TypeVar("T")

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is kept.",
)


class CommandLine:
    """The environment, and what options of the command line put over it."""

    def __init__(self, environ: Mapping[str, str], overrides: dict[str, object]) -> None:
        self._environ = environ
        self._overrides = overrides

    def settings(self, process: str, **overrides: object) -> Settings:
        """Return the settings, and send this process's logs where they say."""
        given = {k: v for k, v in overrides.items() if v is not None}
        settings = read_settings(self._environ, **(self._overrides | given))
        configure_logs(settings, process=process)
        return settings


def read_command_line(environ: Mapping[str, str], **overrides: object) -> CommandLine:
    """Return what the options before the command said."""
    return CommandLine(environ, {k: v for k, v in overrides.items() if v is not None})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Shop]:
    """Open a running or a stopped installation, its schema up to date."""
    async with (
        servers(settings, brings_up_to_date=True) as running,
        open_shop(running) as shop,
    ):
        yield shop


def on_the_loop(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, T]:
    """Run a coroutine function as a command."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return uvloop.run(function(*args, **kwargs))

    return run
