"""Keep one server running in a data directory, shared by every process that works there."""

from __future__ import annotations

import asyncio
import fcntl
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from footfall.child_process import EmbeddedServerError, end_processes_in, launch, stop

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Iterator, Sequence
    from signal import Signals

    from footfall.child_process import RunAs

logger = structlog.get_logger(__name__)

_POLL_SECONDS = 0.02
_LONGEST_BACK_OFF_SECONDS = 5.0
_LARGEST_LOG_BYTES = 10_000_000


class EmbeddedServer(Protocol):
    """What tells one server from another."""

    @property
    def name(self) -> str:
        """One word, which also names its log and its lock."""

    @property
    def home(self) -> Path:
        """Where its data are; it works there."""

    @property
    def stop_signal(self) -> Signals:
        """Asks for a quick and clean end."""

    def prepare(self) -> RunAs:
        """Lay out ``home`` and say who runs the server. None is running, and only we prepare."""

    def command(self) -> Sequence[str | Path]:
        """Return the command that runs it in the foreground."""

    async def is_ready(self) -> bool:
        """Tell whether it answers, from whichever process it was started."""


@asynccontextmanager
async def running(
    server: EmbeddedServer, *, patience_seconds: float = 300.0
) -> AsyncIterator[None]:
    """Hold ``server`` up inside the block: ours to start, watch and stop, or another process's.

    The first process in a data directory owns the server; the others use it, and one of them
    takes over when the owner goes. A server that dies is started again, with back-off.
    Raises EmbeddedServerError when it is not ready after ``patience_seconds``.
    """
    ready = asyncio.Event()
    keeper = asyncio.create_task(_keep_running(server, ready), name=f"embedded {server.name}")
    try:
        await _wait_until_ready(server, keeper, patience_seconds)
        ready.set()
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper


async def _keep_running(server: EmbeddedServer, ready: asyncio.Event) -> None:
    """Wait for our turn to own the server, then own it until cancelled."""
    with _lock_file(server.home.parent / f"{server.name}.lock") as lock:
        while not _acquire(lock):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(5 * _POLL_SECONDS)
        await _run_again_and_again(server, ready)


async def _run_again_and_again(server: EmbeddedServer, ready: asyncio.Event) -> None:
    """Run it whenever it ends; where it never was ready there is no hope, and this raises."""
    back_off_seconds = 0.0
    while True:
        started = time.monotonic()
        try:
            await _run_until_it_ends(server)
            reason = "it ended"
        except (EmbeddedServerError, OSError) as error:
            reason = str(error)
        if not ready.is_set():
            raise EmbeddedServerError(
                f"The embedded {server.name} does not start: {reason}\n{_end_of(_log(server))}"
            )
        if time.monotonic() - started > 10 * _LONGEST_BACK_OFF_SECONDS:
            back_off_seconds = 0.0
        logger.error(
            "embedded server is down, starting it again",
            server=server.name,
            reason=reason,
            back_off_seconds=back_off_seconds,
        )
        await asyncio.sleep(back_off_seconds)
        back_off_seconds = min(2 * back_off_seconds + 0.1, _LONGEST_BACK_OFF_SECONDS)


async def _run_until_it_ends(server: EmbeddedServer) -> None:
    run_as = await _prepare(server)
    process = _start(server, run_as)
    try:
        while process.poll() is None:  # noqa: ASYNC110 - an event would need a thread
            await asyncio.sleep(5 * _POLL_SECONDS)
    finally:
        await stop(process, [(server.stop_signal, 30.0)])


async def _prepare(server: EmbeddedServer) -> RunAs:
    """Make way: what an earlier owner left running would hold the data."""
    await end_processes_in(server.home, Path(server.command()[0]).name, server.stop_signal)
    return server.prepare()


def _start(server: EmbeddedServer, run_as: RunAs) -> subprocess.Popen[bytes]:
    log = _log(server)
    log.parent.mkdir(mode=0o700, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return launch(
        server.command(),
        run_as=run_as,
        cwd=server.home,
        log=log,
        death_signal=server.stop_signal,
    )


async def _wait_until_ready(
    server: EmbeddedServer, keeper: asyncio.Task[None], patience_seconds: float
) -> None:
    deadline = time.monotonic() + patience_seconds
    while not await server.is_ready():
        if keeper.done():
            keeper.result()  # raises what ended it
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"The embedded {server.name} is not ready after {patience_seconds:.0f} s:\n"
                f"{_end_of(_log(server))}"
            )
        await asyncio.sleep(_POLL_SECONDS)


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    with path.open("ab") as file:
        yield file.fileno()


def _acquire(lock: int) -> bool:
    """The kernel frees the lock when its owner ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _log(server: EmbeddedServer) -> Path:
    return server.home.parent / "log" / f"{server.name}.log"


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-15:]) or "(it wrote no log)"
