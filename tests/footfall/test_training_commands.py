"""``footfall train`` and ``footfall models``, as somebody types them on a stopped installation."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from footfall.commands.options import opened
from footfall.settings import Settings
from footfall.simulator.history import seed_shop

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


async def footfall(directory: Path, *words: str, code: int = 0) -> str:
    """Run a command and return what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "footfall", *words, "--data-dir", str(directory)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert process.returncode == code, err.decode()
    return (err if code else out).decode()


async def test_models_are_trained_listed_promoted_and_rolled_back(tmp_path: Path) -> None:
    assert await footfall(tmp_path, "models", "list") == ""
    for kind in ("recommender", "intent", "abandonment"):
        told = await footfall(tmp_path, "train", kind, code=1)
        assert "not enough data" in told
        assert "Traceback" not in told
    settings = Settings(data_dir=tmp_path, log_level="error")
    async with opened(settings) as shop:
        await seed_shop(shop.journal, seed=1, until=datetime.now(UTC), days=1, visits_per_day=400)

    told = await footfall(tmp_path, "train", "--epochs", "1", "--no-promote")
    assert "not promoted" in told
    assert "sequence model" in told
    [version] = {word.rstrip(":") for word in told.split() if word.startswith("20") and "-" in word}
    assert (await footfall(tmp_path, "models", "promote", version)).strip().endswith("serves")
    told = await footfall(tmp_path, "models", "card", version)
    assert f"# recommender {version}\n\nA blend, trained " in told
    assert "What the file says of itself agrees with the log." in told
    assert "| popularity by recency | 0." in told
    card = msgspec.json.decode(await footfall(tmp_path, "models", "show", version))
    assert card["is_champion"]
    assert card["scores"]["blend"]["mrr_20"] > card["scores"]["popularity by recency"]["mrr_20"]
    assert f"* recommender\t{version}\t" in await footfall(tmp_path, "models", "list")
    assert "served before" in await footfall(tmp_path, "models", "rollback", code=1)
    assert "trained" in await footfall(tmp_path, "models", "promote", "1999", code=1)


async def test_what_foresees_is_trained_and_listed_beside_what_ranks(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, log_level="error")
    async with opened(settings) as shop:
        await seed_shop(shop.journal, seed=1, until=datetime.now(UTC), days=8, visits_per_day=1_000)
    told = await footfall(tmp_path, "train", "intent", "--no-promote")
    assert "not promoted" in told
    assert "basket rule" in told
    [version] = {word.rstrip(":") for word in told.split() if word.startswith("20") and "-" in word}
    assert f"  intent\t{version}\t" in await footfall(
        tmp_path, "models", "list", "--kind", "intent"
    )
    assert await footfall(tmp_path, "models", "list", "--kind", "recommender") == ""
    of_intent = ("--kind", "intent")
    await footfall(tmp_path, "models", "promote", version, *of_intent)
    told = await footfall(tmp_path, "models", "card", version, *of_intent)
    assert f"# intent {version}\n" in told
    assert "What the file says of itself agrees with the log." in told
    assert "served before" in await footfall(tmp_path, "models", "rollback", *of_intent, code=1)
