"""Start programs that end with us, and end those that an earlier life of ours left behind."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHILD_EXEC = Path(__file__).with_name("child_exec.py")
_POLL_SECONDS = 0.05


class EmbeddedServerError(Exception):
    """An embedded server cannot run here; the message says why and what to do instead."""


class RunAs(msgspec.Struct, frozen=True):
    """The user a child runs as: ``argument`` is child_exec's USER, ``uid`` owns its files."""

    argument: str
    uid: int
    gid: int

    def own(self, directory: Path) -> None:
        """Make ``directory`` and all in it this user's, unless it is already."""
        if directory.stat().st_uid == self.uid:
            return
        for parent, names, files in os.walk(directory):
            for name in (".", *names, *files):
                os.chown(Path(parent) / name, self.uid, self.gid, follow_symlinks=False)


SAME_USER = RunAs("same", os.geteuid(), os.getegid())


def users_besides_root() -> list[RunAs]:
    """Whom a program that refuses root can run as: us, or else what root can become, best first."""
    if os.geteuid() != 0:
        return [SAME_USER]
    users = [RunAs("namespace", 0, 0)]
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return users
    return [*users, RunAs(f"{nobody.pw_uid}:{nobody.pw_gid}", nobody.pw_uid, nobody.pw_gid)]


def command_line(
    command: Sequence[str | Path], *, run_as: RunAs, death_signal: signal.Signals
) -> list[str]:
    """Wrap ``command`` so that it gets ``death_signal`` when this process ends, however it ends."""
    wrapper = [sys.executable, "-I", "-S", _CHILD_EXEC]
    return [
        str(part) for part in (*wrapper, os.getpid(), int(death_signal), run_as.argument, *command)
    ]


def launch(
    command: Sequence[str | Path],
    *,
    run_as: RunAs,
    cwd: Path,
    log: Path,
    death_signal: signal.Signals,
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to ``log``. It dies with this process.

    Only from the main thread: the kernel ties a child to the thread that made it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServerError("Embedded servers start from the main thread only.")
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own command
            command_line(command, run_as=run_as, death_signal=death_signal),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done
        )


def run_to_end(
    command: Sequence[str | Path], *, run_as: RunAs, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run a short program; its output, both streams together, is in ``stdout``."""
    return subprocess.run(  # noqa: S603 - our own command
        command_line(command, run_as=run_as, death_signal=signal.SIGKILL),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        text=True,
        check=False,
    )


async def stop(process: subprocess.Popen[bytes], signals: Sequence[tuple[int, float]]) -> None:
    """Send each signal in turn, waiting its seconds for the end; SIGKILL comes last by itself."""
    for number, patience_seconds in (*signals, (signal.SIGKILL, 10.0)):
        if process.poll() is None:
            process.send_signal(number)
        if await _until(lambda: process.poll() is not None, patience_seconds):
            return


async def end_processes_in(directory: Path, program: str, stop_signal: signal.Signals) -> None:
    """End every ``program`` that works in ``directory``: what a killed owner left behind.

    On return none is left, so a lock file found there is stale. Where the system has no /proc
    nothing is done, and the server's own checks decide.
    """
    for number, patience_seconds in ((stop_signal, 20.0), (signal.SIGKILL, 10.0)):
        for pid in processes_in(directory, program):
            _send(pid, number)
        if await _until(lambda: not processes_in(directory, program), patience_seconds):
            return
    raise EmbeddedServerError(
        f"Processes {processes_in(directory, program)} hold {directory} and do not end."
    )


def processes_in(directory: Path, program: str) -> list[int]:
    """Return the processes of ``program`` that work in ``directory``, as servers do at home."""
    home = str(directory.resolve())
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _is_at_work(process, program, home)
    ]


def _is_at_work(process: Path, program: str, home: str) -> bool:
    try:
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        # The kernel keeps 15 bytes of a name. A zombie has no working directory left.
        return name == program[:15] and os.readlink(process / "cwd") == home  # noqa: PTH115 - fast
    except OSError:  # another user's process, or one that ended meanwhile
        return False


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


async def _until(condition: Callable[[], bool], patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


def _environment() -> dict[str, str]:
    """Return our environment without what would redirect a server or its tools."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "LC_ALL"}
