"""Segment rules: what a marketer may ask of a shopper, as JSON, and what is wrong with a rule.

{"all": [{"number": "orders", "at_least": 2},
         {"did": "viewed", "category": "lamps", "within_days": 7, "at_least": 3},
         {"not": {"segment": "lost"}}]}
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import msgspec

from domain.errors import FieldError, InvalidFields
from domain.segmentation import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

Counted: TypeAlias = Literal[
    "orders",
    "revenue_minor",
    "mean_order_minor",
    "discount_share",
    "product_views",
    "basket_adds",
    "days_since_order",
    "days_since_seen",
    "days_known",
    "mean_rating",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "cluster",
    "value_minor",
    "chance_alive",
    "expected_orders",
]
"""Numbers of a shopper. One that is not known fulfils no condition: who never ordered has no
``days_since_order``."""
Deed: TypeAlias = Literal["viewed", "added", "bought"]

NUMBERS: frozenset[str] = frozenset(get_args(Counted))
DEEDS: frozenset[str] = frozenset(get_args(Deed))
DEEPEST = 6
MOST_CONDITIONS = 50
MOST_DAYS = 3_650
LARGEST = 2**53
LONGEST_TEXT = 300


class All(msgspec.Struct, frozen=True):
    """Every one of the rules holds."""

    rules: tuple[SegmentRule, ...]


class Any_(msgspec.Struct, frozen=True):  # noqa: N801 - the shop's word is any
    """At least one of the rules holds."""

    rules: tuple[SegmentRule, ...]


class Not(msgspec.Struct, frozen=True):
    """The rule does not hold."""

    rule: SegmentRule


class Number(msgspec.Struct, frozen=True):
    """A number of the shopper lies within bounds, both included; one of them may be open."""

    name: str
    at_least: float | None
    at_most: float | None


class Did(msgspec.Struct, frozen=True):
    """The shopper did so at least so often within the last days, with a product or category.

    Of ``bought`` it is enough to know that it was within these days: ``at_least`` is 1.
    """

    deed: str
    product_id: str
    category: str
    within_days: int | None
    at_least: int


class Named(msgspec.Struct, frozen=True):
    """The shopper is in a named segment, such as ``loyal``."""

    segment: str


class Consents(msgspec.Struct, frozen=True):
    """The shopper has consented to a purpose."""

    purpose: str


class Account(msgspec.Struct, frozen=True):
    """The shopper has an account or has ordered, or not."""

    is_known: bool


SegmentRule: TypeAlias = All | Any_ | Not | Number | Did | Named | Consents | Account


def parse(said: object) -> SegmentRule:
    """Return the rule that was said. Raises InvalidFields naming each part that cannot be."""
    reading = _Reading()
    rule = reading.rule(said, "rule", 1)
    if reading.errors or rule is None:
        raise InvalidFields(
            "; ".join(f"{each.field}: {each.message}" for each in reading.errors[:3]),
            errors=tuple(reading.errors[:20]),
        )
    return rule


class _Wrong(Exception):
    """This part of the rule cannot be."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.error = FieldError(field, code, message)


class _Reading:
    """Reads a rule part by part and gathers what is wrong, with where it stands."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self._conditions = 0

    def rule(self, said: object, where: str, depth: int) -> SegmentRule | None:
        """Return the rule; None where something is wrong with it, which ``errors`` then says."""
        try:
            return self._read(said, where, depth)
        except _Wrong as wrong:
            self.errors.append(wrong.error)
            return None

    def _read(self, said: object, where: str, depth: int) -> SegmentRule | None:
        if not isinstance(said, dict):
            raise _Wrong(where, "not_an_object", "a rule is a JSON object")
        if depth > DEEPEST:
            raise _Wrong(where, "too_deep", f"rules nest {DEEPEST} deep at most")
        self._conditions += 1
        if self._conditions == MOST_CONDITIONS + 1:
            raise _Wrong(where, "too_many", f"a rule has at most {MOST_CONDITIONS} parts")
        if self._conditions > MOST_CONDITIONS:
            return None
        kinds = [kind for kind in _KINDS if kind in said]
        if len(kinds) != 1:
            known = ", ".join(_KINDS)
            raise _Wrong(where, "unknown_kind", f"a rule has exactly one of: {known}")
        [kind] = kinds
        read, allowed = _KINDS[kind]
        for name in said:
            if name != kind and name not in allowed:
                self._note(f"{where}.{name}", "unknown_field", f"{kind} takes no {name!r}"[:200])
        return read(self, said, where, depth)

    def all_(self, said: dict[str, Any], where: str, depth: int) -> SegmentRule | None:
        rules = self._several(said["all"], f"{where}.all", depth)
        return All(rules) if rules else None

    def any_(self, said: dict[str, Any], where: str, depth: int) -> SegmentRule | None:
        rules = self._several(said["any"], f"{where}.any", depth)
        return Any_(rules) if rules else None

    def not_(self, said: dict[str, Any], where: str, depth: int) -> SegmentRule | None:
        rule = self.rule(said["not"], f"{where}.not", depth + 1)
        return Not(rule) if rule else None

    def number(self, said: dict[str, Any], where: str, _: int) -> SegmentRule | None:
        name = said["number"]
        if not isinstance(name, str) or name not in NUMBERS:
            numbers = ", ".join(sorted(NUMBERS))
            raise _Wrong(f"{where}.number", "unknown_number", f"numbers are {numbers}")
        low, high = (self._bound(said, where, bound) for bound in ("at_least", "at_most"))
        if "at_least" not in said and "at_most" not in said:
            raise _Wrong(where, "no_bound", "a number needs at_least or at_most")
        if low is not None and high is not None and low > high:
            raise _Wrong(f"{where}.at_most", "below_at_least", "nothing lies between these")
        return Number(name, low, high)

    def did(self, said: dict[str, Any], where: str, _: int) -> SegmentRule | None:
        deed = said["did"]
        if not isinstance(deed, str) or deed not in DEEDS:
            raise _Wrong(f"{where}.did", "unknown_deed", f"deeds are {', '.join(sorted(DEEDS))}")
        product, category = (self._text(said, where, name) for name in ("product_id", "category"))
        if product and category:
            self._note(f"{where}.category", "target", "name a product or a category, not both")
        days = self._count(said, where, "within_days", MOST_DAYS) if "within_days" in said else None
        often = self._count(said, where, "at_least", 1_000_000) if "at_least" in said else 1
        if deed == "bought" and (often or 1) > 1:
            self._note(
                f"{where}.at_least",
                "out_of_range",
                "bought is told by the last time: at_least is 1",
            )
        return Did(deed, product or "", category or "", days, often or 1)

    def segment(self, said: dict[str, Any], where: str, _: int) -> SegmentRule | None:
        name = said["segment"]
        if not isinstance(name, str) or name not in NAMES:
            raise _Wrong(
                f"{where}.segment", "unknown_segment", f"named segments are {', '.join(NAMES)}"
            )
        return Named(name)

    def consent(self, said: dict[str, Any], where: str, _: int) -> SegmentRule | None:
        purpose = self._text(said, where, "consent", is_needed=True)
        return Consents(purpose) if purpose else None

    def known(self, said: dict[str, Any], where: str, _: int) -> SegmentRule | None:
        if not isinstance(said["known"], bool):
            raise _Wrong(f"{where}.known", "not_a_boolean", "known is true or false")
        return Account(said["known"])

    def _several(self, said: object, where: str, depth: int) -> tuple[SegmentRule, ...]:
        if not isinstance(said, list) or not said:
            self._note(where, "not_a_list", "this needs a list of one or more rules")
            return ()
        rules = [
            self.rule(each, f"{where}[{n}]", depth + 1)
            for n, each in enumerate(said[: MOST_CONDITIONS + 1])
        ]
        return tuple(rule for rule in rules if rule is not None)

    def _bound(self, said: dict[str, Any], where: str, name: str) -> float | None:
        if name not in said:
            return None
        value = said[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or abs(value) > LARGEST:
            self._note(f"{where}.{name}", "not_a_number", f"{name} is a number")
            return None
        return float(value)

    def _count(self, said: dict[str, Any], where: str, name: str, most: int) -> int | None:
        value = said[name]
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self._note(f"{where}.{name}", "out_of_range", f"{name} is a whole number, 1 to {most}")
            return None
        return value

    def _text(
        self, said: dict[str, Any], where: str, name: str, *, is_needed: bool = False
    ) -> str | None:
        value = said.get(name, "")
        fits = isinstance(value, str) and len(value) <= LONGEST_TEXT and "\x00" not in value
        if not fits or (not value and (is_needed or name in said)):
            self._note(
                f"{where}.{name}", "not_a_text", f"{name} is a text of 1 to {LONGEST_TEXT} letters"
            )
            return None
        return str(value)

    def _note(self, where: str, code: str, message: str) -> None:
        self.errors.append(FieldError(where, code, message))


_KINDS: dict[str, tuple[Callable[..., SegmentRule | None], frozenset[str]]] = {
    "all": (_Reading.all_, frozenset()),
    "any": (_Reading.any_, frozenset()),
    "not": (_Reading.not_, frozenset()),
    "number": (_Reading.number, frozenset({"at_least", "at_most"})),
    "did": (_Reading.did, frozenset({"product_id", "category", "within_days", "at_least"})),
    "segment": (_Reading.segment, frozenset()),
    "consent": (_Reading.consent, frozenset()),
    "known": (_Reading.known, frozenset()),
}
