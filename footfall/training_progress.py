"""How far a training is: bars for who waits for it, lines in the log for one in the background."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, Self

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from ml.recommendation.recommender import Progress as Learning

logger = structlog.get_logger(__name__)

LOG_EVERY_SECONDS = 10.0


class TrainingProgress(AbstractContextManager["TrainingProgress"], Protocol):
    """Is told how far a training is, until it leaves the block."""

    def read(self, position: int, head: int) -> None:
        """Take the position up to which the log is read."""

    def learnt(self, name: str, told: Learning) -> None:
        """Take how far the model of this name is."""


class ShownProgress(TrainingProgress):
    """Bars on stderr."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._reading = self._bars.add_task("reading the log", total=None)
        self._learning = self._bars.add_task("learning", total=None, start=False)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the bars as they are."""
        self._bars.stop()

    def read(self, position: int, head: int) -> None:
        """Move the first bar."""
        self._bars.update(self._reading, completed=position, total=head)

    def learnt(self, name: str, told: Learning) -> None:
        """Move the second bar."""
        self._bars.start_task(self._learning)
        self._bars.update(self._learning, description=name, completed=told.done, total=told.of)


class LoggedProgress(TrainingProgress):
    """Lines in the log: for the reading one now and then, for the learning each step."""

    def __init__(self) -> None:
        self._logged_at = 0.0

    def __exit__(self, *_error: object) -> None:
        """Nothing is open."""

    def read(self, position: int, head: int) -> None:
        """Log the position, if the last line is old or this is the end."""
        now = time.monotonic()
        if position == head or now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            logger.info("training_reads", position=position, head=head)

    def learnt(self, name: str, told: Learning) -> None:
        """Log the step."""
        logger.info(
            "training_learns",
            model=name,
            done=told.done,
            of=told.of,
            seconds=round(told.seconds, 1),
            loss=told.loss,
            score=told.score,
        )
