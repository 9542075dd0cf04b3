"""Chooses what to recommend: from the visitor's list or what goes with a product, shaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ml.recommendation.sessions import EventKind
from ml.recommendation.shaping import Asked, Done, shape
from projections.baskets import find_basket
from projections.choices import situation_of
from projections.purchases import bought_by, usual_intervals
from projections.recommendations import Entry, neighbours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from api.known_goods import KnownGoods
    from api.popular_products import PopularProducts
    from ml.recommendation.chance import Shaped
    from projections.choices import Situation
    from projections.goods import Known
    from projections.projection import Connection
    from projections.recommendations import ShadowList

READS = ("recommendations", "catalogue", "baskets", "rules", "purchases")
"""Read models that a choice comes from."""

Degraded = Literal["", "no_model", "unknown_visitor", "unknown_product", "all_filtered"]
"""Why a list is not what was asked for: no model serves; the visitor, or the product, is new to
it; or nothing that it chose may be shown."""


class Wanted(NamedTuple):
    """Who asks where. ``owner``: whose basket and purchases count, beside the visitor's."""

    asked: Asked
    visitor: str
    owner: str
    product_id: str
    explored_share: float

    @property
    def persons(self) -> list[str]:
        """Whose purchases count."""
        is_shopper = self.visitor.startswith("shopper:")
        named = self.visitor if is_shopper else f"visitor:{self.visitor}"
        return [each for each in dict.fromkeys((self.owner, named)) if not each.endswith(":")]


class Chosen(NamedTuple):
    """A list but for chance, with what it came from and what is known of its products."""

    model: str
    degraded: Degraded
    position: int
    shaped: Shaped
    entries: Mapping[str, Entry]
    known: Mapping[str, Known]
    shadow: ShadowList | None
    """What a challenger has listed on the same events, where visitors' own lists are shown."""


class _Source(NamedTuple):
    model: str
    degraded: Degraded
    position: int
    entries: Sequence[Entry]
    touched: Mapping[str, int]
    shadow: ShadowList | None = None


async def choose(
    connection: Connection,
    popular: PopularProducts,
    goods: KnownGoods,
    wanted: Wanted,
    now: datetime,
) -> Chosen:
    """Return what may be shown; where too little is known, what others like fills the rest."""
    there = await situation_of(connection, wanted.visitor, wanted.persons, goods.seen)
    goods.heed(there.changes)
    source = await _source(connection, wanted, there)
    chooser = _Chooser(connection, goods, wanted, there, source.touched, now)
    model, degraded = source.model, source.degraded
    entries = {entry.product_id: entry for entry in source.entries}
    shaped = await chooser.shaped(entries) if entries else None
    if shaped is None or len(shaped.best()) < wanted.asked.count:
        is_lost = not any(each.product_id in entries for each in shaped.best()) if shaped else True
        baseline, found = await popular.of(connection, now.date())
        if is_lost:
            model, degraded = baseline, degraded or "all_filtered"
        for entry in found:
            entries.setdefault(entry.product_id, entry)
        shaped = await chooser.shaped(entries)
        if entries and not shaped.best():
            degraded = "all_filtered"
    return Chosen(model, degraded, source.position, shaped, entries, chooser.known, source.shadow)


class _Chooser:
    """Shapes the lists of one answer, asking once for each product."""

    def __init__(
        self,
        connection: Connection,
        goods: KnownGoods,
        wanted: Wanted,
        there: Situation,
        touched: Mapping[str, int],
        now: datetime,
    ) -> None:
        self.known: dict[str, Known] = {}
        self._connection = connection
        self._goods = goods
        self._wanted = wanted
        self._rules = [
            rule for rule in there.rules if rule.terms.holds(wanted.asked.placement, now)
        ]
        self._has_bought = there.has_bought
        self._now = now
        self._done = {
            product_id: Done(
                is_in_basket=kind == EventKind.ADDED,
                bought_at=now if kind == EventKind.PURCHASED else None,
            )
            for product_id, kind in touched.items()
        }

    async def shaped(self, entries: Mapping[str, Entry]) -> Shaped:
        await self._learn(entries)
        return shape(
            [(entry.product_id, entry.score) for entry in entries.values()],
            {product_id: each.goods for product_id, each in self.known.items()},
            self._done,
            self._rules,
            self._wanted.asked,
            self._now,
            explored_share=self._wanted.explored_share,
        )

    async def _learn(self, entries: Mapping[str, Entry]) -> None:
        """Find out what decides about these products, and who has bought them.

        What the visitor touched is among the reasons, and has a name.
        """
        named = {rule.terms.product_id for rule in self._rules if rule.terms.product_id}
        ids = {*entries, *named, *self._done} - self.known.keys()
        self.known |= await self._goods.of(self._connection, ids)
        if self._has_bought:
            await self._learn_purchases(ids)

    async def _learn_purchases(self, ids: set[str]) -> None:
        connection = self._connection
        bought = await bought_by(connection, self._wanted.persons, list(ids))
        unsaid: list[str] = []
        for product_id, bought_at in bought.items():
            done = self._done.get(product_id, Done())
            self._done[product_id] = done._replace(bought_at=bought_at)
            known = self.known.get(product_id)
            if known and known.goods.replenish_days is not None and not known.says_when:
                unsaid.append(product_id)
        if unsaid:
            for product_id, days in (await usual_intervals(connection, unsaid)).items():
                known = self.known[product_id]
                goods = known.goods._replace(replenish_days=days)
                self.known[product_id] = known._replace(goods=goods)


async def _source(connection: Connection, wanted: Wanted, there: Situation) -> _Source:
    """Return the list that the placement asks for, or the visitor's own in its place."""
    own, position = there.own, there.position
    touched: Mapping[str, int] = own.touched if own else {}
    degraded: Degraded = "" if there.model else "no_model"
    if wanted.asked.placement in {"product", "basket"}:
        around = [wanted.product_id]
        if wanted.asked.placement == "basket":
            basket = await find_basket(connection, wanted.owner)
            around = [item.product_id for item in basket.items] if basket else []
            touched = {**touched, **dict.fromkeys(around, EventKind.ADDED)}
            around = around or [p for p, kind in touched.items() if kind == EventKind.ADDED]
        found_by, found = await _going_with(connection, wanted.asked.placement, around)
        if found:
            return _Source(found_by, "", position, found, touched)
        if around:
            degraded = degraded or "unknown_product"
    if own is not None and own.items:
        shadow = own.shadow if wanted.asked.placement in {"home", "email"} else None
        return _Source(own.model, degraded, position, own.items, touched, shadow)
    return _Source("", degraded or "unknown_visitor", position, [], touched)


async def _going_with(
    connection: Connection, placement: str, around: Sequence[str]
) -> tuple[str, list[Entry]]:
    """Return (model, what goes with these products, themselves left out)."""
    if not around:
        return "", []
    wants_complements = placement == "basket"
    model, found = await neighbours(connection, around, are_complements=wants_complements)
    if not found and wants_complements:
        model, found = await neighbours(connection, around, are_complements=False)
    inside = set(around)
    return model, [entry for entry in found if entry.product_id not in inside]
