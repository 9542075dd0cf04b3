"""Tells on stderr how far the session benchmark is; stdout is for the result."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.recommendation.recommender import Progress


def say(what: str) -> None:
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)


def say_progress(progress: Progress) -> None:
    score = "" if progress.score is None else f", score {progress.score * 100:.2f}"
    say(
        f"epoch {progress.done} of {progress.of}, {progress.seconds:.0f} s,"
        f" loss {progress.loss:.3f}{score}"
    )
