"""Workers give way to who answers, and to nobody's harm: only their own session is made nicer."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
"""``/autogroup-NUMBER nice NICENESS``."""
SAY = """
import os
from footfall.background import give_way
give_way(7)
give_way(7)
print(os.nice(0))
with open("/proc/self/autogroup") as autogroup:
    print(autogroup.read())
"""


@pytest.mark.parametrize("is_own_session", [True, False])
def test_a_worker_is_nice_and_so_is_its_session_where_it_has_one(*, is_own_session: bool) -> None:
    before = session_niceness()
    said = subprocess.run(
        [sys.executable, "-c", SAY],
        check=bool(before),
        capture_output=True,
        text=True,
        start_new_session=is_own_session,
    ).stdout.split()
    assert int(said[0]) == max(os.nice(0), 7)
    if before:  # else this kernel shares the cores among processes alone
        assert said[-1] == (said[0] if is_own_session else before)
    assert session_niceness() == before


def session_niceness() -> str:
    """Return that of our session; nothing where it is none of its own for the kernel."""
    with suppress(OSError):
        return "".join(AUTOGROUP.read_text(encoding="ascii").split()[-1:])
    return ""
