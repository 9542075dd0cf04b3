"""The embedded servers with the durability they have in production."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest
import redis.asyncio

from footfall.child_process import EmbeddedServerError, processes_in, users_besides_root
from footfall.embedded_postgres import embedded_postgres, postmaster_pid
from footfall.embedded_redis import embedded_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
OWNER = Path(__file__).with_name("owner.py")

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # pytest's own directories have long names; long names have a test of their own.
    directory = Path(tempfile.mkdtemp(prefix="ff-"))
    yield directory / "data"
    shutil.rmtree(directory)


async def test_data_survive_a_clean_stop(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn:
        await run(dsn, "CREATE TABLE t AS SELECT 42 AS n")
    assert servers_of(data_dir) == []
    async with embedded_postgres(data_dir) as dsn:
        assert await run(dsn, "SELECT n FROM t") == 42
    assert servers_of(data_dir) == []


async def test_the_dsn_serves_psycopg_too(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn:
        connection = await psycopg.AsyncConnection.connect(dsn)
        cursor = await connection.execute("SELECT current_database()")
        assert await cursor.fetchone() == ("footfall",)
        await connection.close()


async def test_commits_are_durable_and_nothing_listens_on_tcp(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn, embedded_redis(data_dir) as url:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await run(dsn, f"SHOW {setting}") == "on"
        assert await run(dsn, "SHOW listen_addresses") == ""
        client = redis.asyncio.Redis.from_url(url)
        assert await client.config_get("port") == {"port": "0"}
        await client.aclose()
        sockets = {link for pid in servers_of(data_dir) for link in sockets_of(pid)}
        assert sockets
        assert sockets.isdisjoint(listening_tcp_sockets())


async def test_only_the_owner_of_the_directory_gets_in(data_dir: Path) -> None:
    async with embedded_postgres(data_dir), embedded_redis(data_dir):
        assert (data_dir / "run").stat().st_mode & 0o777 == 0o700
        assert (data_dir / "postgres").stat().st_mode & 0o077 == 0


async def test_a_directory_with_a_long_or_odd_name_works(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(data_dir.parent))  # leaves no socket directory
    for name in ("n" * 120, "a,b", "with space & ünïcode?#%"):
        async with (
            embedded_postgres(data_dir / name) as dsn,
            embedded_redis(data_dir / name) as url,
        ):
            assert await run(dsn, "SELECT 1") == 1
            client = redis.asyncio.Redis.from_url(url)
            assert await client.ping()
            await client.aclose()


async def test_killing_the_owner_ends_the_servers_and_keeps_the_data(data_dir: Path) -> None:
    with owner(data_dir) as (process, dsn):
        await run(dsn, "CREATE TABLE t AS SELECT 42 AS n")
        process.kill()
    await until(lambda: servers_of(data_dir) == [], 5)
    async with embedded_postgres(data_dir) as dsn:
        assert await run(dsn, "SELECT n FROM t") == 42


async def test_a_killed_server_is_started_again_by_its_owner(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn:
        await run(dsn, "CREATE TABLE t AS SELECT 42 AS n")
        for _ in range(3):
            killed = postmaster_pid(data_dir)
            os.kill(killed, signal.SIGKILL)
            await until_running(dsn)
            assert postmaster_pid(data_dir) != killed
            assert await run(dsn, "SELECT n FROM t") == 42


async def test_a_killed_redis_is_started_again_by_its_owner(data_dir: Path) -> None:
    async with embedded_redis(data_dir) as url:
        (pid,) = servers_of(data_dir)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: servers_of(data_dir) not in ([], [pid]), 10)
        client = redis.asyncio.Redis.from_url(url)
        await until_answers(client)
        await client.aclose()


async def test_a_second_process_shares_the_server_and_leaves_it_running(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn, embedded_redis(data_dir):
        pid = postmaster_pid(data_dir)
        with owner(data_dir) as (process, shared_dsn):
            assert shared_dsn == dsn
            assert postmaster_pid(data_dir) == pid
            process.terminate()
        assert await run(dsn, "SELECT 1") == 1
        assert postmaster_pid(data_dir) == pid


async def test_whoever_is_left_takes_the_server_over(data_dir: Path) -> None:
    with owner(data_dir) as (process, dsn):
        async with embedded_postgres(data_dir):
            process.kill()
            await until(lambda: process.poll() is not None, 5)
            await until(lambda: servers_of(data_dir) != [], 10)
            await until_running(dsn)
    assert servers_of(data_dir) == []


async def test_processes_that_start_together_settle_on_one_server(data_dir: Path) -> None:
    async def use() -> int:
        async with embedded_postgres(data_dir) as dsn:
            return int(await run(dsn, "SELECT 1"))

    async with embedded_postgres(data_dir) as dsn:
        assert await asyncio.gather(*(use() for _ in range(4))) == [1, 1, 1, 1]
        assert await run(dsn, "SELECT 1") == 1


async def test_what_an_earlier_life_left_behind_is_cleaned_up(data_dir: Path) -> None:
    async with embedded_postgres(data_dir):
        lock = (data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8")
    # A lock file whose number is some other living process's by now, and a dead socket.
    stale = lock.replace(lock.split()[0], str(os.getppid()), 1)
    (data_dir / "postgres" / "postmaster.pid").write_text(stale, encoding="utf-8")
    (data_dir / "run" / ".s.PGSQL.5432").touch()
    (data_dir / "postgres.unfinished").mkdir()
    async with embedded_postgres(data_dir) as dsn:
        assert await run(dsn, "SELECT 1") == 1


async def test_cancelling_the_start_leaves_nothing_behind(data_dir: Path) -> None:
    async def use() -> None:
        async with embedded_postgres(data_dir):
            await asyncio.sleep(60)

    task = asyncio.create_task(use())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert servers_of(data_dir) == []


async def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="unrecognized configuration parameter"):
        async with embedded_postgres(data_dir, {"no_such_setting": "1"}):
            pass


async def test_data_of_another_postgres_are_refused(data_dir: Path) -> None:
    async with embedded_postgres(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n", encoding="utf-8")
    with pytest.raises(EmbeddedServerError, match="written by Postgres 9"):
        async with embedded_postgres(data_dir):
            pass


def test_servers_start_from_the_main_thread_only(data_dir: Path) -> None:
    errors: list[BaseException] = []

    async def use() -> None:
        async with embedded_redis(data_dir):
            pass

    def start() -> None:
        try:
            asyncio.run(use())
        except EmbeddedServerError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


@as_root
async def test_where_root_has_no_user_namespaces_nobody_runs_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = users_besides_root()[-1]
    data_dir.parent.chmod(0o755)
    async with embedded_postgres(data_dir) as dsn:
        await run(dsn, "CREATE TABLE t AS SELECT 42 AS n")
    monkeypatch.setattr("footfall.embedded_postgres.users_besides_root", lambda: [nobody])
    try:
        async with embedded_postgres(data_dir) as dsn:
            assert await run(dsn, "SELECT n FROM t") == 42
            assert (data_dir / "postgres").stat().st_uid == nobody.uid
    except EmbeddedServerError:
        pytest.skip("this environment's packages are closed to other users")
    monkeypatch.undo()
    async with embedded_postgres(data_dir) as dsn:
        assert await run(dsn, "SELECT n FROM t") == 42


@as_root
async def test_where_nobody_can_run_it_the_message_says_what_to_do(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.parent.chmod(0o700)
    nobody = users_besides_root()[-1]
    monkeypatch.setattr("footfall.embedded_postgres.users_besides_root", lambda: [nobody])
    with pytest.raises(EmbeddedServerError, match="ordinary user, or point DATABASE_URL"):
        async with embedded_postgres(data_dir):
            pass


@as_root
def test_an_ordinary_user_can_run_everything(data_dir: Path) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no setpriv to become nobody with")
    as_nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
    command = [*as_nobody, sys.executable, str(OWNER), str(data_dir)]
    data_dir.parent.chmod(0o755)
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    version = "import sys, asyncpg; print(sys.version)"
    probe = subprocess.run([*command[:5], "-c", version], capture_output=True, check=False)
    if probe.stdout.decode().strip() != sys.version:
        pytest.skip("this environment's packages are closed to other users")
    done = subprocess.run(
        command, input="", env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("postgresql://")


# What the sentences above are made of


@contextmanager
def owner(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, str(OWNER), str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process, process.stdout.readline().split()[0]
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


async def run(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def until(condition: Callable[[], bool], patience_seconds: float) -> None:
    deadline = time.monotonic() + patience_seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def until_running(dsn: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await run(dsn, "SELECT 1")
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)
            else:
                return


async def until_answers(client: redis.asyncio.Redis) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.ping()
            except redis.RedisError:
                await asyncio.sleep(0.02)
            else:
                return


def servers_of(data_dir: Path) -> list[int]:
    return [
        *processes_in(data_dir / "postgres", "postgres"),
        *processes_in(data_dir / "redis", "valkey-server"),
    ]


def sockets_of(pid: int) -> set[str]:
    links = (str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    return {link.removeprefix("socket:[").rstrip("]") for link in links if "socket:" in link}


def listening_tcp_sockets() -> set[str]:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [row.split() for t in tables if t.exists() for row in t.read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A"}
