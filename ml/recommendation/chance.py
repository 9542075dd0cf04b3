"""Chance in what is shown: a list, and what else might have stood at each place of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random
    from uuid import UUID

EXPLORED_SHARE = 0.05
"""Of the lists that are drawn by chance, so that other orders can be judged from what followed."""


class Goods(NamedTuple):
    """What of a product decides whether it is shown.

    ``replenish_days``: after how many days it is bought again; None: once is enough.
    """

    category: str = ""
    brand: str = ""
    is_on_sale: bool = True
    replenish_days: float | None = None


class Placed(NamedTuple):
    """A product at its place; ``score`` as it was ranked.

    ``propensity``: how probable it was to stand just there. ``chosen_by``: the events of the rules
    that put it there or moved it up.
    """

    product_id: str
    score: float
    propensity: float
    is_pinned: bool = False
    chosen_by: tuple[UUID, ...] = ()


class Candidate(NamedTuple):
    product_id: str
    score: float
    weight: float
    goods: Goods
    chosen_by: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Shaped:
    """A list but for chance: what stands where, and what else might.

    A small share of lists is drawn without replacement from ``pool``, each order as likely as any
    other, so each product of it is as likely at a place as any other (the item-position model of
    Li et al., "Offline evaluation of ranking policies with click models", KDD 2018). What is pinned
    stays where it is.
    """

    count: int
    pins: Mapping[int, Candidate]
    """By place, from 1."""
    pool: tuple[Candidate, ...]
    """The best first."""
    explored_share: float

    def best(self) -> list[Placed]:
        """Return the list as it stands when nothing is drawn."""
        return self._placed(self.pool)

    def drawn(self, chance: Random) -> list[Placed]:
        """Return the list to show: mostly the best, in a small share one drawn from the pool."""
        if chance.random() < self.explored_share:
            return self._placed(chance.sample(self.pool, len(self.pool)))
        return self._placed(self.pool)

    def propensity(self, product_id: str, place: int) -> float:
        """Return how probable a product is at a place, from 1."""
        best = self.best()
        if not 1 <= place <= len(best):
            return 0.0
        there = best[place - 1]
        if there.product_id == product_id:
            return there.propensity
        is_drawn = any(each.product_id == product_id for each in self.pool)
        return self._by_chance if is_drawn and not there.is_pinned else 0.0

    @property
    def _by_chance(self) -> float:
        return self.explored_share / len(self.pool)

    def _placed(self, free: Sequence[Candidate]) -> list[Placed]:
        """Return the pinned at their places, and the free ones in their order at the others."""
        coming, best = iter(free), iter(self.pool)
        out: list[Placed] = []
        for place in range(1, self.count + 1):
            pinned = self.pins.get(place)
            found = pinned or next(coming, None)
            if found is None:
                continue  # nothing is left: what is pinned below moves up
            propensity = 1.0
            if pinned is None:
                is_best = next(best) is found
                propensity = self._by_chance + (1 - self.explored_share) * is_best
            is_pinned = pinned is not None
            out.append(
                Placed(found.product_id, found.score, propensity, is_pinned, found.chosen_by)
            )
        return out
