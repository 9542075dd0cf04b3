"""500 dashboards on one api process, then one dashboard in a browser while 1,000 events/s come.

API, projector, load and clients are processes of their own; everything shares this machine. Late
is from the moment that a command's answer arrived (its event is durable) to the moment a client
held the server-sent event, over all events and clients of the run. The clients ask for the topics
that the dashboard asks for. The peer is a bare broadcaster of aiohttp, which sends as many bytes
for each command to as many clients, keeps nothing, and tells everybody before it answers, which
flatters it. The browser's part says why it is left out
where no Chromium is here.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from application.keys import create_key
from application.users import create_user
from benchmarks.dashboard_tab import chromium_here, measured_tab
from benchmarks.databases import fresh_database
from benchmarks.live import Outcome, fill
from benchmarks.processes import processes, processor_seconds, resident
from benchmarks.report import Report
from footfall.commands.serve import free_port
from footfall.everything import wait_until_healthy
from footfall.wiring import open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.settings import Settings
    from footfall.wiring import Shop

CHECKOUT = Path(__file__).resolve().parents[1]
CLIENTS = 500
CLIENT_PROCESSES = 2
RATE = 30
SECONDS = 20.0
CONNECTIONS = 16
SETTLE_SECONDS = 2.0
TAB_MINUTES = 1.0
ADMIN = "bench-admin"
PASSWORD = "only for a benchmark"  # noqa: S105 - of a database that is dropped


class _Watched(msgspec.Struct):
    late_ms: dict[int, int]
    missed: int
    lost: int
    repeated: int
    resets: int
    cut_off: int
    bytes: int


async def run(shop: Shop, *, minutes: float = TAB_MINUTES) -> Report:
    """Measure both; ``minutes``: how long the browser's tab is watched."""
    async with _footfall(shop.settings) as (settings, token, key, api):
        topics = ",".join(topics_of_the_dashboard())
        ours = await _follow(settings.port, token, topics, api)
        tab = await measured_tab(_url(settings.port), key, ADMIN, PASSWORD, minutes)
    size = round(ours["bytes_per_event_and_client"])
    port = free_port("127.0.0.1")
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.sse_broadcaster", str(port), str(size), cwd=CHECKOUT
    )
    try:
        await wait_until_healthy(_url(port), asyncio.Event(), probe="live")
        theirs = await _follow(port, token, topics, peer.pid)
    finally:
        peer.terminate()
        await peer.wait()
    if chromium_here() is None:
        sys.stderr.write("no Chromium here: the tab was not measured\n")
    return Report(
        name="dashboards",
        metrics=ours | {f"peer_{name}": value for name, value in theirs.items()} | tab,
        ratios={
            "heard_p99_vs_bare_broadcaster": ours["heard_p99_ms"] / max(1, theirs["heard_p99_ms"]),
            "api_cores_vs_bare_broadcaster": ours["server_cores"] / theirs["server_cores"],
        },
    )


def topics_of_the_dashboard() -> list[str]:
    """Return the topics that the dashboard's one stream asks for."""
    source = CHECKOUT / "web/dashboard/src/live/topics.ts"
    found = re.search(
        r"TOPICS: readonly TopicName\[\] = \[(.*?)\]", source.read_text("utf-8"), re.DOTALL
    )
    if found is None:
        raise ValueError(f"{source} names no topics")
    return re.findall(r"'(\w+)'", found.group(1))


@asynccontextmanager
async def _footfall(settings: Settings) -> AsyncIterator[tuple[Settings, str, str, int]]:
    """Run a shop with products and staff; yield settings, token, write key, the api."""
    async with fresh_database(settings.database_direct_url or "") as own:
        settings = msgspec.structs.replace(
            settings,
            database_url=own,
            database_direct_url=own,
            port=free_port("127.0.0.1"),
            log_level="error",
            intake_events_per_second=1_000_000,
        )
        token = await fill(settings)
        async with open_shop(settings) as shop:
            key = (await create_key(shop.pool, "write", name="bench")).key
            await create_user(shop.pool, ADMIN, PASSWORD, ["admin"])
        async with processes(settings, ("api", "worker projector")) as pids:
            await wait_until_healthy(_url(settings.port), asyncio.Event(), seconds=300)
            yield settings, token, key, pids[0]


async def _follow(port: int, token: str, topics: str, server: int) -> dict[str, float]:
    """Let dashboards follow while commands come; return how late they heard, and what it cost."""
    each = CLIENTS // CLIENT_PROCESSES
    programs = [
        await _program("dashboard_clients", "127.0.0.1", port, token, topics, each)
        for _ in range(CLIENT_PROCESSES)
    ]
    for program in programs:
        await _line(program)
    busy = processor_seconds(server)
    load = await _program("live_load", _url(port), RATE, SECONDS, CONNECTIONS)
    output, _ = await load.communicate()
    busy = processor_seconds(server) - busy
    memory = resident(server)
    outcome = msgspec.json.decode(output, type=Outcome)
    await asyncio.sleep(SETTLE_SECONDS)
    recorded = {position: answered for position, (_, answered) in outcome.asked.items()}
    heard = [await _told(program, msgspec.json.encode(recorded)) for program in programs]
    late: Counter[int] = Counter()
    for one in heard:
        late.update(one.late_ms)
    events = len(recorded)
    return {
        "clients": each * CLIENT_PROCESSES,
        "events": events,
        "events_per_s": events / outcome.seconds,
        "refused": outcome.refused,
        "heard_p50_ms": _percentile(late, 0.5),
        "heard_p99_ms": _percentile(late, 0.99),
        "heard_max_ms": max(late, default=0),
        "never_heard": sum(one.missed for one in heard),
        "positions_lost": sum(one.lost for one in heard),
        "positions_repeated": sum(one.repeated for one in heard),
        "resets": sum(one.resets for one in heard),
        "cut_off": sum(one.cut_off for one in heard),
        "server_cores": busy / outcome.seconds,
        "server_memory_mib": memory,
        "bytes_per_event_and_client": sum(one.bytes for one in heard)
        / max(1, events * each * CLIENT_PROCESSES),
    }


async def _program(name: str, *arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"benchmarks.{name}",
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        limit=2**26,
    )


async def _line(program: asyncio.subprocess.Process) -> bytes:
    assert program.stdout is not None
    if line := await program.stdout.readline():
        return line
    raise RuntimeError("a program of the benchmark ended before its work was done")


async def _told(program: asyncio.subprocess.Process, recorded: bytes) -> _Watched:
    assert program.stdin is not None
    program.stdin.write(recorded + b"\n")
    await program.stdin.drain()
    found = msgspec.json.decode(await _line(program), type=_Watched)
    await program.wait()
    return found


def _percentile(counts: Counter[int], share: float) -> float:
    """Return the value below which ``share`` of what was counted lies."""
    left = share * counts.total()
    for value, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return value
    return 0.0


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
