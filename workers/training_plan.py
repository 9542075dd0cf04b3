"""A training under way: what it is of, kept beside its checkpoints, so that it may be killed."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = structlog.get_logger(__name__)

TOO_OLD = timedelta(hours=12)
"""A training begun longer ago is not gone on with: the shop has seen more since."""


class TrainingUnderWay(Exception):
    """Another training of this installation is under way."""


class Plan(msgspec.Struct, frozen=True):
    """What a training was begun with. Who goes on with it reads the same data again.

    ``until``: the log position up to which it learns. ``champion``: the version it has to beat.
    """

    version: str
    begun_at: datetime
    until: int
    champion: str
    settings: dict[str, Any]


class Desk:
    """Where a training works: nobody else is here at the same time, and nobody's rest either.

    A recommender that was killed waits here for who goes on with it, while other kinds are trained.
    """

    def __init__(self, models: Path, kind: str) -> None:
        self._models = models
        self._kind = kind
        self.checkpoints = models / "training"
        is_recommender = kind == RECOMMENDER
        self._plan = self.checkpoints / ("plan.json" if is_recommender else f"plan-{kind}.json")
        self._written = (RECOMMENDER, NEIGHBOURS) if is_recommender else (kind,)
        self._checkpoints = ("measured", "final") if is_recommender else ()

    def plan(self, *, head: int, champion: str, noted: list[str], settings: msgspec.Struct) -> Plan:
        """Return the plan of a training that was killed, if it still holds, or else a new one.

        ``noted``: the versions that the log knows; what was left of any other is removed.
        """
        now = datetime.now(UTC)
        wanted = msgspec.to_builtins(settings)
        kept = self._kept()
        if kept is not None:
            asked = (champion, wanted)
            if kept.version in noted:
                self.clear()
            elif (kept.champion, kept.settings) == asked and now - kept.begun_at < TOO_OLD:
                logger.info("training_resumes", version=kept.version, until=kept.until)
                return kept
            else:
                for kind in self._written:
                    artifact_path(self._models, kind, kept.version).unlink(missing_ok=True)
        self.clear()
        version = now.strftime("%Y-%m-%d-%H%M%S")
        while version in noted:  # of the same second
            version += "b"
        plan = Plan(version, now, head, champion, wanted)
        partial = self._plan.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(plan))
        partial.replace(self._plan)
        return plan

    def clear(self) -> None:
        """Forget the plan, then what it led to."""
        self._plan.unlink(missing_ok=True)
        for name in self._checkpoints:
            (self.checkpoints / name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove files that a killed training was writing."""
        for path in self._models.glob("*/*.partial"):
            path.unlink(missing_ok=True)

    def _kept(self) -> Plan | None:
        try:
            return msgspec.json.decode(self._plan.read_bytes(), type=Plan)
        except (OSError, msgspec.DecodeError):
            return None


@contextmanager
def desk(models: Path, kind: str = RECOMMENDER) -> Iterator[Desk]:
    """Yield the desk of an installation; it is free again when this process ends, however it ends.

    Raises TrainingUnderWay.
    """
    own = Desk(models, kind)
    own.checkpoints.mkdir(parents=True, exist_ok=True)
    lock = os.open(own.checkpoints / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TrainingUnderWay from None
        own.sweep()
        yield own
    finally:
        os.close(lock)
