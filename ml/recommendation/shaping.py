"""Shapes a ranked list for where it is shown: filters, the shop's rules, variety, and chance.

One function for serving and for replaying the past, so it takes what was known as plain values.
"""

from __future__ import annotations

from datetime import timedelta
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ml.recommendation.chance import EXPLORED_SHARE, Candidate, Goods, Shaped
from ml.recommendation.variety import VARIETY, varied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.rule import Terms

FEWEST_EXPLORED = 20
"""What a drawn list is drawn from: the first twice as many as are shown, but not fewer."""


class Done(NamedTuple):
    """What the visitor did to a product, at least looked at it."""

    is_in_basket: bool = False
    bought_at: datetime | None = None


class Asked(msgspec.Struct, frozen=True):
    """What a list is for. ``exclude``: products not wanted, such as the one on the page."""

    placement: str
    count: int
    category: str = ""
    exclude: frozenset[str] = frozenset()
    shows_seen: bool = False


class SetRule(NamedTuple):
    """A rule of the shop, by the event that said so last."""

    event_id: UUID
    terms: Terms


def shape(
    ranked: Sequence[tuple[str, float]],
    goods: Mapping[str, Goods],
    done: Mapping[str, Done],
    rules: Iterable[SetRule],
    asked: Asked,
    now: datetime,
    *,
    explored_share: float = EXPLORED_SHARE,
) -> Shaped:
    """Return what may be shown of ``ranked``: (product, score), the best first.

    ``goods``: what is known of these products and of those that rules name; one that is not there
    is not shown. ``done``: by product, what the visitor did. ``rules``: the oldest first.
    """
    heeded = [rule for rule in rules if rule.terms.holds(asked.placement, now)]
    shown = _Filter(goods, done, asked, now)
    pins = _pins(ranked, heeded, shown, asked)
    pinned = {each.product_id for each in pins.values()}
    factors = _Factors(heeded)
    candidates = _weighed(ranked, factors, shown, pinned)
    if factors.are_set:
        candidates = iter(sorted(candidates, key=lambda each: -each.weight))
    strength = VARIETY.get(asked.placement, 0.0)
    for rule in heeded:
        if rule.terms.action == "diversify":
            strength = rule.terms.strength
    pool = varied(candidates, strength, max(2 * asked.count, FEWEST_EXPLORED))
    return Shaped(asked.count, pins, tuple(pool), explored_share)


class _Filter:
    """Says which products may be shown to this visitor here."""

    def __init__(
        self, goods: Mapping[str, Goods], done: Mapping[str, Done], asked: Asked, now: datetime
    ) -> None:
        self.goods = goods
        self._done = done
        self._asked = asked
        self._now = now
        self._hides_seen = asked.placement == "email" or (
            asked.placement == "home" and not asked.shows_seen
        )

    def takes(self, product_id: str, *, is_pinned: bool = False) -> bool:
        """Whether it may be shown; a pin stays when it was seen, but not when it was bought."""
        goods = self.goods.get(product_id)
        if goods is None or not goods.is_on_sale or product_id in self._asked.exclude:
            return False
        if self._asked.category and goods.category != self._asked.category:
            return False
        done = self._done.get(product_id)
        if done is None:
            return True
        if done.is_in_basket:
            return False
        if done.bought_at is not None:
            days = goods.replenish_days
            return days is not None and self._now - done.bought_at >= timedelta(days=days)
        return is_pinned or not self._hides_seen


class _Factors:
    """How many times further up the shop's rules want a product."""

    def __init__(self, heeded: Iterable[SetRule]) -> None:
        self._of: dict[tuple[str, str], list[SetRule]] = {}
        for rule in heeded:
            if rule.terms.action in {"boost", "bury"}:
                target = rule.terms.product_id, rule.terms.category
                self._of.setdefault(target, []).append(rule)
        self.boosted = [
            product_id
            for (product_id, _), rules in self._of.items()
            if product_id and any(rule.terms.action == "boost" for rule in rules)
        ]

    @property
    def are_set(self) -> bool:
        """Whether there are any."""
        return bool(self._of)

    def of(self, product_id: str, category: str) -> tuple[float, tuple[UUID, ...]]:
        """Return (factor, events of the rules that raise it)."""
        if not self._of:
            return 1.0, ()
        rules = self._of.get((product_id, ""), [])
        if category:
            rules = rules + self._of.get(("", category), [])
        factor = prod(rule.terms.factor for rule in rules)
        return factor, tuple(rule.event_id for rule in rules if rule.terms.action == "boost")


def _pins(
    ranked: Iterable[tuple[str, float]], heeded: Sequence[SetRule], shown: _Filter, asked: Asked
) -> dict[int, Candidate]:
    """Return what is pinned, by place. The newest keeps its place; an older one moves down."""
    rules = [rule for rule in reversed(heeded) if rule.terms.action == "pin"]
    scores = dict(ranked) if rules else {}
    pins: dict[int, Candidate] = {}
    pinned: set[str] = set()
    for event_id, terms in rules:
        product_id, place = terms.product_id, terms.place
        while place in pins:
            place += 1
        if product_id in pinned or place > asked.count:
            continue
        if shown.takes(product_id, is_pinned=True):
            goods, score = shown.goods[product_id], scores.get(product_id, 0.0)
            pins[place] = Candidate(product_id, score, 1.0, goods, (event_id,))
            pinned.add(product_id)
    return pins


def _weighed(
    ranked: Iterable[tuple[str, float]], factors: _Factors, shown: _Filter, pinned: set[str]
) -> Iterator[Candidate]:
    """Yield the products that may be shown, each with its factor times one over its rank.

    Scores are on as many scales as there are models, and some lists have none; a rank means the
    same in all. A boosted product that nothing ranked comes last before its factor counts.
    """
    known = set(pinned)
    rank = 0
    for product_id, score in (*ranked, *((boosted, 0.0) for boosted in factors.boosted)):
        if product_id in known or not shown.takes(product_id):
            continue
        known.add(product_id)
        goods = shown.goods[product_id]
        factor, chosen_by = factors.of(product_id, goods.category)
        rank += 1
        if factor > 0:
            yield Candidate(product_id, score, factor / rank, goods, chosen_by)
