"""The tracker stays small: shops pay for each byte of it with their visitors' time."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

BUILT = Path(__file__).parent.parent / "web" / "tracker" / "dist" / "tracker.js"
LIMIT_BYTES = 5 * 1024


def test_the_tracker_is_under_five_kilobytes_compressed() -> None:
    if not BUILT.exists():
        pytest.skip("not built: run `make web`")
    assert len(gzip.compress(BUILT.read_bytes(), compresslevel=9)) < LIMIT_BYTES
