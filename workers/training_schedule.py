"""When to train anew: whenever the log has grown by enough. Loads torch only when it is time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from domain.model import Model
from workers.model_files import RECOMMENDER

if TYPE_CHECKING:
    from pathlib import Path

    from application.journal import Journal

logger = structlog.get_logger(__name__)

FIRST_EVENTS = 5_000
"""A first model is tried for at this many events at the latest."""


async def run_trainer(
    journal: Journal, directory: Path, *, after_events: int, poll_seconds: float = 10.0
) -> None:
    """Train whenever the log has grown by so many events since the last time, until cancelled.

    Where there is too little to learn from, the next try comes after a tenth of them.
    """
    line = await journal.load(Model, RECOMMENDER)
    learnt = line.learnt_until if line else 0
    due = learnt + after_events if learnt else min(FIRST_EVENTS, after_events)
    while True:
        head = await journal.head()
        if head >= due:
            due = head + (after_events if await _train(journal, directory) else after_events // 10)
        await asyncio.sleep(poll_seconds)


async def _train(journal: Journal, directory: Path) -> bool:
    """Train once; return whether there was enough to learn from."""
    from ml.training import NotEnoughData, TrainingSettings  # noqa: PLC0415 - torch takes its time
    from workers.trainer import train_recommender  # noqa: PLC0415 - as above

    try:
        outcome = await train_recommender(journal, directory, TrainingSettings())
    except NotEnoughData as reason:
        logger.info("not_trained", reason=str(reason))
        return False
    scores = outcome.trained.scores
    logger.info("trained", version=outcome.version, is_promoted=outcome.is_promoted, scores=scores)
    return True
