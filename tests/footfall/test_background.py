"""Workers give way to who answers, and to nobody's harm: only their own session is made nicer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NICEST = 19
AUTOGROUP = Path("/proc/self/autogroup")
GIVE_WAY = """
import os
from pathlib import Path
from footfall.background import give_way
give_way(7)
autogroup = Path("/proc/self/autogroup")
print(os.nice(0), autogroup.read_text().split()[-1] if autogroup.exists() else "", end="")
"""


@pytest.mark.parametrize("is_own_session", [True, False])
def test_a_worker_is_nice_and_so_is_its_session_where_it_has_one(*, is_own_session: bool) -> None:
    before = session_niceness()
    said = subprocess.run(
        [sys.executable, "-c", GIVE_WAY],
        check=True,
        capture_output=True,
        text=True,
        start_new_session=is_own_session,
    ).stdout
    niceness, _, of_session = said.partition(" ")
    assert int(niceness) == min(os.nice(0) + 7, NICEST)
    if before:  # else this kernel shares the cores among processes alone
        assert of_session == ("7" if is_own_session else before)
    assert session_niceness() == before


def session_niceness() -> str:
    return AUTOGROUP.read_text(encoding="ascii").split()[-1] if AUTOGROUP.exists() else ""
