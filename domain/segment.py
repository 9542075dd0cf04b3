"""Segment: shoppers whom a marketer told apart by a rule of their own, and who is among them."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Any, Self, TypeVar

from domain.errors import NotFound, Rejected, require
from domain.events import Aggregate
from domain.segment_rule import parse

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_NAME = 100
MEMBERS = "members/"
"""Begins the key of the stream of who is in a segment; no segment's id has a slash."""
LONGEST_DESCRIPTION = 1_000


class SegmentNotFound(NotFound):
    """There is no such segment."""

    code = "segment_not_found"


class SegmentExists(Rejected):
    """There is a segment with this id already."""

    code = "segment_exists"


class Segment(Aggregate):
    """A rule with a name; nobody is in a removed one."""

    CATEGORY = "segment"

    class Defined(Aggregate.Created):
        """A marketer tells some shoppers apart. ``rule``: JSON; see segment_rule.py."""

        TOPIC = "segment.defined"
        name: str
        rule: dict[str, Any]
        description: str = ""

    class Changed(Aggregate.Event):
        """Other shoppers are meant; also how a removed segment comes back."""

        TOPIC = "segment.changed"
        name: str
        rule: dict[str, Any]
        description: str = ""

        def apply(self, aggregate: Segment) -> None:
            aggregate.name = self.name
            aggregate.rule = self.rule
            aggregate.description = self.description
            aggregate.is_removed = False

    class Removed(Aggregate.Event):
        """Nobody is in it any more."""

        TOPIC = "segment.removed"

        def apply(self, aggregate: Segment) -> None:
            aggregate.is_removed = True

    class Entered(Aggregate.Event):
        """From now on the rule holds for this ``shopper:ID`` or ``visitor:ID``. A fact.

        ``change`` counts the comings and goings of this person here, from 1; ``definition`` is the
        version of the segment whose rule it is.
        """

        TOPIC = "segment.entered"
        segment_id: str
        person: str
        change: int
        definition: int

    class Left(Aggregate.Event):
        """It holds for them no longer. A fact."""

        TOPIC = "segment.left"
        segment_id: str
        person: str
        change: int
        definition: int

    def __init__(self, name: str, rule: dict[str, Any], description: str = "") -> None:
        self.name = name
        self.rule = rule
        self.description = description
        self.is_removed = False

    @classmethod
    def define(
        cls,
        segment_id: str,
        found: Self | None,
        *,
        name: str,
        rule: dict[str, Any],
        description: str,
        now: datetime,
    ) -> Self:
        """Make a segment; one that was removed may be defined again."""
        if found is not None and not found.is_removed:
            raise SegmentExists
        _check(name, rule, description)
        said: dict[str, Any] = {"name": name.strip(), "rule": rule, "description": description}
        if found is None:
            return cls._create(cls.Defined, id=cls.stream_id(segment_id), timestamp=now, **said)
        found.trigger_event(cls.Changed, timestamp=now, **said)
        return found

    def change(self, changes: dict[str, Any], now: datetime) -> None:
        """Mean others; ``changes`` by the name of a field, what is left out stays."""
        self._check_is_there()
        said = {"name": self.name, "rule": self.rule, "description": self.description}
        wanted: dict[str, Any] = {**said, **changes}
        _check(**wanted)
        wanted["name"] = wanted["name"].strip()
        if wanted != said:
            self.trigger_event(self.Changed, timestamp=now, **wanted)

    def remove(self, now: datetime) -> None:
        """Take it back."""
        self._check_is_there()
        self.trigger_event(self.Removed, timestamp=now)

    def _check_is_there(self) -> None:
        if self.is_removed:
            raise SegmentNotFound


E = TypeVar("E", Segment.Entered, Segment.Left)


def membership_fact(event_class: type[E], occurred_at: datetime, **fields: Any) -> E:
    """Return an event of who is in a segment; the log gives it its version.

    It stands in a stream beside the segment's own, whose versions count what marketers said.
    """
    make: Callable[..., E] = event_class
    return make(
        originator_id=Segment.stream_id(f"{MEMBERS}{fields['segment_id']}"),
        originator_version=0,
        timestamp=occurred_at,
        **fields,
    )


def _check(name: str, rule: dict[str, Any], description: str) -> None:
    require(
        (
            bool(1 <= len(name.strip()) <= LONGEST_NAME and not re.search(r"[\x00-\x1f]", name)),
            "name",
            "length",
            f"a name has 1 to {LONGEST_NAME} characters",
        ),
        (
            len(description) <= LONGEST_DESCRIPTION,
            "description",
            "length",
            f"a description has at most {LONGEST_DESCRIPTION} characters",
        ),
    )
    parse(rule)
