"""The behaviour model: who comes, what they look at, what they buy; the same for the same seed."""

from __future__ import annotations

import heapq
import itertools
import math
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from domain.shopper import Profile
from footfall.simulator import actions as act
from footfall.simulator import shapes
from footfall.simulator.arrivals import arrivals
from footfall.simulator.catalogue import CATEGORIES, category_id
from footfall.simulator.words import COMMENTS, FIRST_NAMES, LAST_NAMES, PLACEMENTS, REFERRERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from footfall.simulator.catalogue import SimulatedProduct

SHOP: Final = "https://demo.example"
MAIL_DOMAIN: Final = "simulated.example"

# Ours, not fitted: no file of ours says how these go.
RETAIL_SHARE: Final = 0.2
"""Orders and lines of the measured wholesaler are scaled to those of a shop for people."""
BASKET_SHARE: Final = 0.3
"""Visits that fill a basket; about half of the filled baskets are left behind."""
REGISTERED_SHARE: Final = 0.04
"""Visits without a purchase that open an account."""
SIGN_IN_SHARE: Final = 0.5
SEARCH_SHARE: Final = 0.12
REMOVE_SHARE: Final = 0.1
REVIEW_SHARE: Final = 0.25
"""Lines of an order that get a review."""
MOST_PAGES: Final = 60
MOST_LINES: Final = 12
MOST_PIECES: Final = 12

_RATINGS: Final = (0.05, 0.06, 0.12, 0.29, 0.48)


class Crowd:
    """All who may come to the shop, and the generator of what they do."""

    def __init__(self, products: Sequence[SimulatedProduct], seed: int | str) -> None:
        self._random = Random(f"crowd {seed}")  # noqa: S311 - a simulation, no secret
        self._by_category: dict[str, tuple[list[SimulatedProduct], list[float]]] = {}
        for product in products:
            held, weights = self._by_category.setdefault(product.details.category, ([], []))
            held.append(product)
            weights.append(product.weight)
        self._people: list[act.Person] = []
        self._later: list[tuple[datetime, int, act.Person, list[act.Action]]] = []
        self._numbers = itertools.count()

    def welcome(self, shopper_id: str, profile: Profile) -> None:
        """Let somebody come back who has an account already."""
        person = self._make_person()
        person.shopper_id, person.profile, person.is_registered = shopper_id, profile, True
        self._people.append(person)

    def visits(self, start: datetime, *, per_second: float, floor: float) -> Iterator[act.Visit]:
        """Yield visits after ``start`` for ever, in order of their first action.

        ``floor``: see arrivals. Reviews, cancellations and next purchases come days later, as
        visits of their own.
        """
        return self.visits_at(arrivals(self._random, start, per_second=per_second, floor=floor))

    def visits_at(self, moments: Iterable[datetime]) -> Iterator[act.Visit]:
        """Yield visits that begin at these moments, and between them those planned before."""
        for moment in moments:
            while self._later and self._later[0][0] <= moment:
                at, _, person, planned = heapq.heappop(self._later)
                yield self._planned_visit(at, person, planned)
            yield self._visit(moment, self._who(), self._random.random() < shapes.CONVERSION_SHARE)

    def _who(self) -> act.Person:
        if self._people and self._random.random() < shapes.RETURNING_VISITOR_SHARE:
            return self._random.choice(self._people)
        person = self._make_person()
        self._people.append(person)
        return person

    def _planned_visit(
        self, at: datetime, person: act.Person, planned: list[act.Action]
    ) -> act.Visit:
        if planned:
            return act.Visit(self._id(), person, [act.SignIn(at=at), *planned])
        return self._visit(at, person, is_buyer=True)

    def _visit(self, start: datetime, person: act.Person, is_buyer: bool) -> act.Visit:  # noqa: FBT001
        random = self._random
        fills_basket = is_buyer or random.random() < (
            (BASKET_SHARE - shapes.CONVERSION_SHARE) / (1 - shapes.CONVERSION_SHARE)
        )
        done, seen, now = self._browse(start, person)
        if fills_basket:
            basket, now = self._fill_basket(seen, now)
            done += basket
        if is_buyer or (not person.is_registered and random.random() < REGISTERED_SHARE):
            now += timedelta(seconds=random.uniform(20, 90))
            done.append(self._come_in(person, now))
        elif person.is_registered and random.random() < SIGN_IN_SHARE:
            done.insert(1, act.SignIn(at=start))
        if is_buyer:
            now += timedelta(seconds=random.uniform(15, 120))
            done.append(order := act.PlaceOrder(at=now, order_id=self._id()))
            self._plan_after(order, person, _held(done))
        return act.Visit(self._id(), person, done)

    def _browse(
        self, start: datetime, person: act.Person
    ) -> tuple[list[act.Action], list[SimulatedProduct], datetime]:
        """Look at products, mostly of one category after the other."""
        random, now = self._random, start
        referrer = random.choice(REFERRERS)
        done: list[act.Action] = [
            act.ViewPage(at=now, url=f"{SHOP}/", title="Simulated shop", referrer=referrer)
        ]
        seen: list[SimulatedProduct] = []
        category = self._choose_category(person)
        wanted = random.lognormvariate(
            shapes.PAGES_PER_VISIT_LOG_MEAN, shapes.PAGES_PER_VISIT_LOG_SD
        )
        for _ in range(min(MOST_PAGES, max(1, round(wanted)))):
            now += timedelta(seconds=random.uniform(1, 6))
            if seen and random.random() > shapes.CATEGORY_STICKINESS:
                category = self._choose_category(person, but=category)
                url = f"{SHOP}/c/{category_id(category)}"
                done.append(act.ViewPage(at=now, url=url, title=CATEGORIES[category][0]))
            product = self._choose_product(category)
            placement = random.choice(PLACEMENTS)
            if random.random() < SEARCH_SHARE:
                placement = "search"
                done.append(act.Search(at=now, query=product.details.name.lower()))
            now += timedelta(seconds=random.uniform(1, 4))
            rank = min(24, 1 + int(random.expovariate(0.25)))
            done.append(
                act.ClickProduct(
                    at=now, product_id=product.product_id, placement=placement, rank=rank
                )
            )
            done.append(act.ViewProduct(at=now, product_id=product.product_id))
            dwell = min(
                600.0,
                random.lognormvariate(shapes.DWELL_SECONDS_LOG_MEAN, shapes.DWELL_SECONDS_LOG_SD),
            )
            now += timedelta(seconds=dwell)
            done.append(
                act.Dwell(at=now, product_id=product.product_id, milliseconds=round(1000 * dwell))
            )
            seen.append(product)
        return done, seen, now

    def _fill_basket(
        self, seen: list[SimulatedProduct], now: datetime
    ) -> tuple[list[act.Action], datetime]:
        random = self._random
        shift = math.log(RETAIL_SHARE)
        lines = random.lognormvariate(
            shapes.LINES_PER_ORDER_LOG_MEAN + shift, shapes.LINES_PER_ORDER_LOG_SD
        )
        wanted = list({product.product_id: None for product in reversed(seen)})
        chosen = wanted[: min(MOST_LINES, max(1, round(lines)))]
        done: list[act.Action] = []
        for product_id in chosen:
            pieces = random.lognormvariate(shapes.QUANTITY_LOG_MEAN + shift, shapes.QUANTITY_LOG_SD)
            now += timedelta(seconds=random.uniform(2, 20))
            quantity = min(MOST_PIECES, max(1, round(pieces)))
            done.append(act.AddItem(at=now, product_id=product_id, quantity=quantity))
        if len(chosen) > 1 and random.random() < REMOVE_SHARE:
            now += timedelta(seconds=random.uniform(2, 20))
            done.append(act.RemoveItem(at=now, product_id=random.choice(chosen)))
        return done, now

    def _come_in(self, person: act.Person, now: datetime) -> act.Action:
        if person.is_registered:
            return act.SignIn(at=now)
        person.is_registered = True
        return act.Register(at=now)

    def _plan_after(self, order: act.PlaceOrder, person: act.Person, bought: Iterable[str]) -> None:
        """Plan a cancellation or reviews, and perhaps the next purchase."""
        random = self._random
        if random.random() < shapes.CANCELLED_SHARE:
            at = order.at + timedelta(hours=random.uniform(0.2, 24))
            self._plan(at, person, [act.CancelOrder(at=at, order_id=order.order_id)])
        else:
            at = order.at + timedelta(days=random.uniform(1, 8))
            reviews: list[act.Action] = [
                self._review(at + timedelta(seconds=60 * (index + 1)), product_id)
                for index, product_id in enumerate(bought)
                if random.random() < REVIEW_SHARE
            ]
            if reviews:
                self._plan(at, person, reviews)
        if random.random() < shapes.REPEAT_SHARE:
            days = random.lognormvariate(
                shapes.INTER_PURCHASE_DAYS_LOG_MEAN, shapes.INTER_PURCHASE_DAYS_LOG_SD
            )
            self._plan(order.at + timedelta(days=min(days, 365.0)), person, [])

    def _plan(self, at: datetime, person: act.Person, planned: list[act.Action]) -> None:
        heapq.heappush(self._later, (at, next(self._numbers), person, planned))

    def _review(self, at: datetime, product_id: str) -> act.WriteReview:
        (rating,) = self._random.choices(range(1, 6), _RATINGS)
        comment = self._random.choice(COMMENTS[rating])
        return act.WriteReview(at=at, product_id=product_id, rating=rating, comment=comment)

    def _choose_category(self, person: act.Person, but: str = "") -> str:
        names = [name for name in person.affinity if name != but]
        (name,) = self._random.choices(names, [person.affinity[name] for name in names])
        return name

    def _choose_product(self, category: str) -> SimulatedProduct:
        products, weights = self._by_category[category_id(category)]
        (product,) = self._random.choices(products, weights)
        return product

    def _make_person(self) -> act.Person:
        random = self._random
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        username = f"{first}.{last}.{random.getrandbits(32):08x}".lower()
        return act.Person(
            visitor=f"demo-{random.getrandbits(64):016x}",
            shopper_id=self._id(),
            profile=Profile(f"{first} {last}", f"{username}@{MAIL_DOMAIN}", username),
            affinity={name: random.gammavariate(0.5, 1) + 0.01 for name in CATEGORIES},
        )

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _held(done: Iterable[act.Action]) -> list[str]:
    """Return the products that are in the basket after these actions."""
    held: dict[str, None] = {}
    for action in done:
        if isinstance(action, act.AddItem):
            held[action.product_id] = None
        elif isinstance(action, act.RemoveItem):
            held.pop(action.product_id, None)
    return list(held)
