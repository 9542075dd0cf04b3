"""The storefront stays small: it is shown to whoever tries Footfall, on whatever they have."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

BUILT = Path(__file__).parent.parent / "web" / "shop" / "dist"
LIMIT_BYTES = 120 * 1024


def test_the_storefront_is_under_120_kilobytes_compressed() -> None:
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    if not files:
        pytest.skip("not built: run `make web`")
    assert (
        sum(len(gzip.compress(path.read_bytes(), compresslevel=9)) for path in files) < LIMIT_BYTES
    )
