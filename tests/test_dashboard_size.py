"""The dashboard stays small: all of it is there before somebody on a train gives up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

BUILT = Path(__file__).parent.parent / "web" / "dashboard" / "dist"
LIMIT_BYTES = 350 * 1024


def test_the_dashboard_is_under_350_kilobytes_compressed() -> None:
    if not BUILT.exists():
        pytest.skip("not built: run `make web`")
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), compresslevel=9)) for path in files}
    assert sum(sizes.values()) < LIMIT_BYTES, sizes
