"""Model: the line of models that do one job; one of them, the champion, serves."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Self

from domain.errors import NotFound, Rejected
from domain.events import Aggregate


class ModelNotFound(NotFound):
    """No model of this version was trained."""

    code = "model_not_found"


class ModelExists(Rejected):
    """A model of this version was trained already."""

    code = "model_exists"


class AlreadyChampion(Rejected):
    """This model serves already."""

    code = "already_champion"


class NoFormerChampion(Rejected):
    """No other model served before this one."""

    code = "no_former_champion"


class AlreadyShadow(Rejected):
    """This model answers in the shadow already."""

    code = "already_shadow"


class NoShadow(Rejected):
    """No model answers in the shadow."""

    code = "no_shadow"


class NeverShadowed(Rejected):
    """Models of this kind do not answer beside the one that serves."""

    code = "never_shadowed"


class DriftNotedLately(Rejected):
    """That this model drifts was noted within the last 24 hours."""

    code = "drift_noted_lately"


DRIFT_PAUSE = timedelta(hours=24)
SHADOWED = frozenset({"recommender"})
"""Kinds whose worker lets a challenger answer unseen."""


class Model(Aggregate):
    """The models of one kind, such as ``recommender``, which is its key."""

    CATEGORY = "model"

    class Opened(Aggregate.Created):
        """The first of its kind is about to come."""

        TOPIC = "model.opened"
        kind: str

    class Trained(Aggregate.Event):
        """A model was trained and its artifact kept, with what made it.

        ``artifact``: SHA-256 of its file, in hex. ``until``: the log position up to which it has
        learnt. ``scores``: by model or baseline, then by measure, on the latest slice.
        ``about``: facts of what it learnt from, and its gain over the rival it was measured with.
        """

        TOPIC = "model.trained"
        version: str
        artifact: str
        until: int
        settings: dict[str, Any]
        scores: dict[str, dict[str, float]]
        about: dict[str, Any] = field(default_factory=dict)

        def apply(self, aggregate: Model) -> None:
            aggregate.versions = [*aggregate.versions, self.version]
            aggregate.learnt_until = self.until

    class Promoted(Aggregate.Event):
        """It serves from now on."""

        TOPIC = "model.promoted"
        version: str
        replaced: str
        reason: str = ""

        def apply(self, aggregate: Model) -> None:
            aggregate.champions = [*aggregate.champions, self.version]
            aggregate.shadow = "" if aggregate.shadow == self.version else aggregate.shadow

    class RolledBack(Aggregate.Event):
        """The one that served before serves again."""

        TOPIC = "model.rolled_back"
        version: str
        replaced: str
        reason: str = ""

        def apply(self, aggregate: Model) -> None:
            aggregate.champions = aggregate.champions[:-1]

    class Shadowed(Aggregate.Event):
        """It answers beside the champion from now on, without being seen."""

        TOPIC = "model.shadowed"
        version: str
        replaced: str
        reason: str = ""

        def apply(self, aggregate: Model) -> None:
            aggregate.shadow = self.version

    class Unshadowed(Aggregate.Event):
        """It answers no longer."""

        TOPIC = "model.unshadowed"
        version: str
        reason: str = ""

        def apply(self, aggregate: Model) -> None:
            aggregate.shadow = ""

    class Drifted(Aggregate.Event):
        """What it meets is no longer what it learnt from, or ends otherwise than it foresees.

        ``features``: the population stability index of those that moved, over the latest
        ``visits``. ``expected``, ``observed``: at how many of their moments it was foreseen, and
        came.
        """

        TOPIC = "model.drifted"
        version: str
        visits: int
        features: dict[str, float]
        expected: float
        observed: float
        is_miscalibrated: bool

        def apply(self, aggregate: Model) -> None:
            aggregate.drifted_at = {**aggregate.drifted_at, self.version: self.timestamp}

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.versions: list[str] = []
        self.learnt_until = 0
        """Log position up to which the latest one has learnt."""
        self.champions: list[str] = []
        """Those that served, in turn; the last one serves."""
        self.shadow = ""
        """The challenger that answers unseen; empty where none does."""
        self.drifted_at: dict[str, datetime] = {}
        """When it was last noted, by version."""

    @classmethod
    def of(cls, kind: str, found: Self | None, now: datetime) -> Self:
        """Return the line of a kind, opened where it is the first time."""
        if found is not None:
            return found
        return cls._create(cls.Opened, id=cls.stream_id(kind), timestamp=now, kind=kind)

    @property
    def champion(self) -> str:
        """The version that serves; empty where none does."""
        return self.champions[-1] if self.champions else ""

    def train(
        self,
        version: str,
        *,
        artifact: str,
        until: int,
        settings: dict[str, Any],
        scores: dict[str, dict[str, float]],
        now: datetime,
        about: dict[str, Any] | None = None,
    ) -> None:
        """Note that a model was trained."""
        if version in self.versions:
            raise ModelExists
        self.trigger_event(
            self.Trained,
            timestamp=now,
            version=version,
            artifact=artifact,
            until=until,
            settings=settings,
            scores=scores,
            about=about or {},
        )

    def promote(self, version: str, reason: str, now: datetime) -> None:
        """Let a trained model serve."""
        if version not in self.versions:
            raise ModelNotFound
        if version == self.champion:
            raise AlreadyChampion
        self.trigger_event(
            self.Promoted, timestamp=now, version=version, replaced=self.champion, reason=reason
        )

    def roll_back(self, reason: str, now: datetime) -> None:
        """Let the one before serve again."""
        if len(self.champions) < 2:  # noqa: PLR2004 - this one and the one before
            raise NoFormerChampion
        self.trigger_event(
            self.RolledBack,
            timestamp=now,
            version=self.champions[-2],
            replaced=self.champion,
            reason=reason,
        )

    def shadow_with(self, version: str, reason: str, now: datetime) -> None:
        """Let a trained model answer beside the champion, unseen."""
        if version not in self.versions:
            raise ModelNotFound
        if version == self.champion:
            raise AlreadyChampion
        if version == self.shadow:
            raise AlreadyShadow
        if self.kind not in SHADOWED:
            raise NeverShadowed
        self.trigger_event(
            self.Shadowed, timestamp=now, version=version, replaced=self.shadow, reason=reason
        )

    def note_drift(
        self,
        version: str,
        *,
        visits: int,
        features: dict[str, float],
        expected: float,
        observed: float,
        is_miscalibrated: bool,
        now: datetime,
    ) -> None:
        """Note that a model drifts; once a day is enough."""
        if version not in self.versions:
            raise ModelNotFound
        last = self.drifted_at.get(version)
        if last is not None and now - last < DRIFT_PAUSE:
            raise DriftNotedLately
        self.trigger_event(
            self.Drifted,
            timestamp=now,
            version=version,
            visits=visits,
            features=features,
            expected=expected,
            observed=observed,
            is_miscalibrated=is_miscalibrated,
        )

    def end_shadow(self, reason: str, now: datetime) -> None:
        """Let nobody answer beside the champion."""
        if not self.shadow:
            raise NoShadow
        self.trigger_event(self.Unshadowed, timestamp=now, version=self.shadow, reason=reason)
