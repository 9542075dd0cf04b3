"""Trainings killed at any moment: the next one goes on, one model is noted, nothing lies around."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from domain.model import Model
from footfall.commands.options import opened
from footfall.settings import Settings
from footfall.simulator.history import seed_shop
from footfall.supervisor import environment_of
from ml.recommendation import artifacts, neighbours
from ml.saved_models import read_model
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from footfall.wiring import Shop

pytestmark = pytest.mark.slow

FORMATS = {RECOMMENDER: artifacts.FORMAT, NEIGHBOURS: neighbours.FORMAT}
KILLS = 6
NOTHING_NEW = os.EX_TEMPFAIL
TRAIN = ("train", "--scheduled", "--epochs", "3")


async def start(shop: Shop, *words: str) -> asyncio.subprocess.Process:
    settings = msgspec.structs.replace(shop.settings, log_level="info", log_format="json")
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "footfall", *words),
        env={**os.environ, **environment_of(settings), "OMP_NUM_THREADS": "1"},
        stderr=asyncio.subprocess.PIPE,
    )


async def lines_of(process: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    """Return what a process logged until its end."""
    assert process.stderr is not None
    said = await process.stderr.read()
    await process.wait()
    return [msgspec.json.decode(line) for line in said.splitlines() if line.startswith(b"{")]


def files_in(models: Path) -> set[str]:
    return {str(path.relative_to(models)) for path in models.rglob("*") if path.is_file()}


async def test_a_training_killed_at_any_moment_goes_on_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path, log_level="error")
    models = tmp_path / "models"
    async with opened(settings) as shop:
        await seed_shop(shop.journal, seed=1, until=datetime.now(UTC), days=1, visits_per_day=400)
        for _ in range(KILLS):
            training = await start(shop, *TRAIN)
            await asyncio.sleep(random.uniform(0.5, 12))
            with suppress(ProcessLookupError):
                training.kill()
            await lines_of(training)
        (models / RECOMMENDER).mkdir(parents=True, exist_ok=True)
        (models / RECOMMENDER / "1999.safetensors.1.partial").write_bytes(b"half")

        is_noted = await shop.journal.load(Model, RECOMMENDER) is not None
        training = await start(shop, *TRAIN)
        said = await lines_of(training)
        # One that was quicker than its kill leaves the next ones nothing new to measure with.
        assert training.returncode == 0 or (is_noted and training.returncode == NOTHING_NEW), said
        history = await shop.journal.read_stream(Model.stream_id(RECOMMENDER))
        trained = [each.event for each in history if isinstance(each.event, Model.Trained)]
        line = await shop.journal.load(Model, RECOMMENDER)

    assert line is not None
    # A model and its promotion are recorded together or not at all, whatever was killed when.
    won = [each.version for each in trained if each.about["gain_mrr_20"]["low"] > 0]
    assert line.champion == (won[-1] if won else "")
    kept = {"training/lock"}
    for event in trained:
        for kind in FORMATS:
            path = artifact_path(models, kind, event.version)
            assert read_model(path, FORMATS[kind]).about["version"] == event.version
            kept.add(str(path.relative_to(models)))
    assert files_in(models) == kept


async def test_a_killed_worker_takes_its_training_along_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path, log_level="error", train_after_events=1_000)
    async with opened(settings) as shop:
        await seed_shop(shop.journal, seed=1, until=datetime.now(UTC), days=1, visits_per_day=400)
        head = await shop.journal.head()
        worker = await start(shop, "worker", "trainer")
        first_epoch = tmp_path / "models" / "training" / "measured"
        await until(first_epoch.exists, seconds=240)
        [training] = children_of(worker.pid)
        worker.kill()
        await worker.wait()
        await until(lambda: not process(training).exists(), seconds=10)

        worker = await start(shop, "worker", "trainer")
        line = None
        async with asyncio.timeout(240):
            while line is None:
                await asyncio.sleep(0.5)
                line = await shop.journal.load(Model, RECOMMENDER)
        await until(lambda: not children_of(worker.pid), seconds=240)  # the other kinds, too
        resident = resident_mib(worker.pid)
        worker.send_signal(signal.SIGTERM)
        said = await lines_of(worker)

    assert [each["until"] for each in said if each["event"] == "training_resumes"] == [head]
    neural = [each for each in said if each.get("model") == "neural sequence model"]
    assert neural[0]["done"] > 1  # the first epoch was not done again
    [trained] = [each for each in said if each["event"] == "trained"]
    assert line.versions == [trained["version"]]
    assert resident < 250
    assert trained["peak_mib"] > resident


async def until(holds: Callable[[], bool], *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - another process makes it so
            await asyncio.sleep(0.05)


def process(pid: int) -> Path:
    return Path(f"/proc/{pid}")


def children_of(pid: int) -> list[int]:
    found = (process(pid) / f"task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def resident_mib(pid: int) -> float:
    status = (process(pid) / "status").read_text(encoding="ascii")
    [line] = [each for each in status.splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) / 1024
