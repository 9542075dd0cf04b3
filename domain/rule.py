"""Rule: what the shop wants of its recommendations, whatever a model says."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias

import msgspec

from domain.errors import NotFound, Rejected, require
from domain.events import Aggregate

Action: TypeAlias = Literal["pin", "boost", "bury", "diversify"]
Where: TypeAlias = Literal["", "home", "product", "basket", "email"]

LAST_PLACE = 100
LARGEST_FACTOR = 1_000.0


class RuleNotFound(NotFound):
    """There is no such rule."""

    code = "rule_not_found"


class RuleExists(Rejected):
    """There is a rule with this id already."""

    code = "rule_exists"


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule says.

    ``pin`` puts ``product_id`` at ``place``, from 1. ``boost`` and ``bury`` move a product, or all
    of a category, by ``factor``, above 1 or below: twice as far up is from the tenth place to the
    fifth, and 0 hides. ``diversify``: each earlier product of the same category or brand takes
    ``strength`` off a product's weight, from 0, the model's own order, to 1, one of each. Empty
    ``placement``: all of them. The period begins at ``starts_at`` and is over at ``ends_at``.
    """

    action: Action
    product_id: str = ""
    category: str = ""
    place: int = 0
    factor: float = 1.0
    strength: float = 0.0
    placement: Where = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = ""

    def holds(self, placement: str, now: datetime) -> bool:
        """Whether it is to be heeded there and then."""
        return (
            self.placement in {"", placement}
            and (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or now < self.ends_at)
        )


class Rule(Aggregate):
    """A wish of the shop for its recommendations; what was removed no longer counts."""

    CATEGORY = "rule"

    class Set(Aggregate.Created):
        TOPIC = "rule.set"
        terms: Terms

    class Changed(Aggregate.Event):
        TOPIC = "rule.changed"
        terms: Terms

        def apply(self, aggregate: Rule) -> None:
            aggregate.terms = self.terms
            aggregate.is_removed = False

    class Removed(Aggregate.Event):
        """Heeded no longer: lists are again as they were without it."""

        TOPIC = "rule.removed"

        def apply(self, aggregate: Rule) -> None:
            aggregate.is_removed = True

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.is_removed = False

    @classmethod
    def set(cls, rule_id: str, found: Self | None, terms: Terms, now: datetime) -> Self:
        """Make a rule; one that was removed may be set again, which undoes its removal."""
        if found is None:
            _check(terms)
            return cls._create(cls.Set, id=cls.stream_id(rule_id), timestamp=now, terms=terms)
        if not found.is_removed:
            raise RuleExists
        _check(terms)
        found.trigger_event(cls.Changed, timestamp=now, terms=terms)
        return found

    def change(self, changes: dict[str, Any], now: datetime) -> None:
        """Say something else; ``changes`` by the name of a term, what is left out stays."""
        self._check_is_there()
        terms = msgspec.structs.replace(self.terms, **changes)
        _check(terms)
        if terms != self.terms:
            self.trigger_event(self.Changed, timestamp=now, terms=terms)

    def remove(self, now: datetime) -> None:
        """Take it back."""
        self._check_is_there()
        self.trigger_event(self.Removed, timestamp=now)

    def _check_is_there(self) -> None:
        if self.is_removed:
            raise RuleNotFound


def _check(terms: Terms) -> None:
    action, factor = terms.action, terms.factor
    targets = bool(terms.product_id) + bool(terms.category)
    is_weighing = action in {"boost", "bury"}
    begins, ends = terms.starts_at, terms.ends_at
    require(
        (
            action != "pin" or (bool(terms.product_id) and not terms.category),
            "product_id",
            "target",
            "a pin names one product",
        ),
        (
            action != "pin" or 1 <= terms.place <= LAST_PLACE,
            "place",
            "out_of_range",
            f"a pin has a place from 1 to {LAST_PLACE}",
        ),
        (
            not is_weighing or targets == 1,
            "product_id",
            "target",
            "a boost or a burial names a product or a category",
        ),
        (
            action != "boost" or (1 < factor <= LARGEST_FACTOR and math.isfinite(factor)),
            "factor",
            "out_of_range",
            f"a boost has a factor above 1, at most {LARGEST_FACTOR:.0f}",
        ),
        (
            action != "bury" or 0 <= factor < 1,
            "factor",
            "out_of_range",
            "a burial has a factor from 0, which hides, to below 1",
        ),
        (
            action != "diversify" or 0 <= terms.strength <= 1,
            "strength",
            "out_of_range",
            "a strength is 0 to 1",
        ),
        (
            begins is None or ends is None or begins < ends,
            "ends_at",
            "before_start",
            "a period ends after it begins",
        ),
        (len(terms.note) <= 500, "note", "length", "a note has at most 500 characters"),  # noqa: PLR2004
    )
