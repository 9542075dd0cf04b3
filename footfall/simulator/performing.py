"""Does what simulated shoppers do, by the commands that real ones use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from application import baskets, orders, products, reviews, shoppers
from application.context import Context
from domain.basket import Basket
from domain.errors import Rejected
from domain.product import OutOfStock, Product
from domain.reservation import Reservation
from domain.shopper import Shopper, ShopperNotFound
from domain.visit import Visit, fact
from footfall.simulator import actions as act
from footfall.simulator.catalogue import STOCK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from application.journal import Journal, Loaded
    from domain.events import Aggregate, Event

ACTOR: Final = "simulator"
PAYMENT_METHOD: Final = "simulated"
RESTOCK_REASON: Final = "simulated delivery"
NO_PASSWORD: Final = "simulated"  # noqa: S105 - it is no hash, so no password opens the account
"""What simulated accounts have for a password hash: argon2 would take longer than the history."""


class Performer:
    """One visit as it happens: what was done so far decides in whose name the next is done."""

    def __init__(self, journal: Journal, visit: act.Visit) -> None:
        self._journal = journal
        self._visit = visit
        self._person = visit.person
        self._signed_in = ""

    async def perform(self, action: act.Action) -> bool:
        """Do it; False where the shop refuses it, as it may: out of stock, nothing to order."""
        try:
            if isinstance(action, act.Look):
                await self.look([action])
            else:
                await self._command(action)
        except OutOfStock:
            await self._restock(action)
            return False
        except Rejected:
            return False
        return True

    async def look(self, looks: Sequence[act.Look]) -> None:
        """Record what was looked at, in one append."""
        if looks:
            events = [self._fact(action) for action in looks]
            await self._journal.record(self._context(looks[-1].at), events)

    async def _command(self, action: act.Action) -> None:
        journal, person, context = self._journal, self._person, self._context(action.at)
        match action:
            case act.AddItem():
                await baskets.add_item(
                    journal, context, self._owner(), action.product_id, action.quantity
                )
            case act.RemoveItem():
                await baskets.remove_item(journal, context, self._owner(), action.product_id)
            case act.Register():
                await register(journal, context, person)
                self._signed_in = person.shopper_id
            case act.SignIn():
                await self._sign_in(context)
                self._signed_in = person.shopper_id
            case act.PlaceOrder():
                await orders.place_order(
                    journal,
                    context,
                    action.order_id,
                    person.shopper_id,
                    payment_method=PAYMENT_METHOD,
                    visitor=person.visitor,
                )
            case act.CancelOrder():
                await orders.cancel_order(
                    journal,
                    context,
                    action.order_id,
                    shopper_id=person.shopper_id,
                    reason="simulated change of mind",
                )
            case act.WriteReview():
                await reviews.write_review(
                    journal,
                    context,
                    person.shopper_id,
                    action.product_id,
                    action.rating,
                    action.comment,
                )
            case _:
                raise TypeError(f"nobody knows how to do {action}")

    async def _sign_in(self, context: Context) -> None:
        """Sign in; who was to register while nobody wrote it down does so now."""
        journal, person = self._journal, self._person
        try:
            await shoppers.sign_in(journal, context, person.shopper_id, visitor=person.visitor)
        except ShopperNotFound:
            await register(journal, context, person)

    async def _restock(self, action: act.Action) -> None:
        """Let a delivery come of what there was too little of; the shopper has given up."""
        wanted: dict[str, int] = {}
        if isinstance(action, act.AddItem):
            wanted[action.product_id] = action.quantity
        elif basket := await self._journal.load(Basket, self._owner()):
            wanted = {item.product_id: item.quantity for item in basket.items.values()}
        for product_id, quantity in wanted.items():
            product = await self._journal.load(Product, product_id)
            if product is None or product.stock is None or product.stock >= quantity:
                continue
            delivery = products.ProductChanges(
                stock=product.stock + STOCK[1], reason=RESTOCK_REASON
            )
            await products.change_product(
                self._journal, Context(actor=ACTOR, now=action.at), product_id, delivery
            )

    def _fact(self, action: act.Look) -> Event:  # noqa: PLR0911 - a table
        def make(event_class: type[Event], **fields: object) -> Event:
            return fact(
                event_class,
                self._visit.visit_id,
                action.at,
                visitor=self._person.visitor,
                shopper_id=self._signed_in,
                **fields,
            )

        match action:
            case act.ViewPage():
                return make(
                    Visit.PageViewed, url=action.url, title=action.title, referrer=action.referrer
                )
            case act.ViewProduct():
                return make(Visit.ProductViewed, product_id=action.product_id)
            case act.ClickProduct():
                return make(
                    Visit.ProductClicked,
                    product_id=action.product_id,
                    placement=action.placement,
                    rank=action.rank,
                )
            case act.Dwell():
                return make(
                    Visit.Dwelled, product_id=action.product_id, milliseconds=action.milliseconds
                )
            case act.Search():
                return make(Visit.Searched, query=action.query)
            case act.SeeRecommendations():
                return make(
                    Visit.RecommendationsShown,
                    recommendation_id=action.recommendation_id,
                    placement=action.placement,
                    product_ids=action.product_ids,
                )
            case act.ClickRecommendation():
                return make(
                    Visit.RecommendationClicked,
                    recommendation_id=action.recommendation_id,
                    placement=action.placement,
                    product_id=action.product_id,
                    rank=action.rank,
                )

    def _owner(self) -> str:
        signed_in = self._signed_in
        return f"shopper:{signed_in}" if signed_in else f"visitor:{self._person.visitor}"

    def _context(self, now: datetime) -> Context:
        # As the API does: what is done in the shop belongs to the visitor who looked around.
        return Context(actor=ACTOR, now=now, visit_id=self._person.visitor)


async def register(journal: Journal, context: Context, person: act.Person) -> None:
    """Open an account as shoppers.register does, but without the work of hashing a password."""
    email = journal.hashes.email(person.profile.email)
    username = journal.hashes.username(person.profile.username)
    keys = (f"email:{email}", f"username:{username}", f"visitor:{person.visitor}")
    left, heirs = f"visitor:{person.visitor}", f"shopper:{person.shopper_id}"

    def decide(loaded: Loaded) -> tuple[None, list[Aggregate]]:
        now = context.now
        changed: list[Aggregate] = [
            Reservation.claim(key, loaded.get(Reservation, key), person.shopper_id, now)
            for key in keys
        ]
        shopper = Shopper.register(
            person.shopper_id,
            person.profile,
            password_hash=NO_PASSWORD,
            email_hash=email,
            username_hash=username,
            now=now,
        )
        shopper.join_visitor(person.visitor, now)
        basket = loaded.get(Basket, left)
        if basket is not None and basket.items:
            heir = loaded.get(Basket, heirs) or Basket.open(heirs, now)
            basket.hand_over(heir, now)
            changed += [basket, heir]
        return None, [shopper, *changed]

    await journal.execute(
        context,
        decide,
        writes=[*((Reservation, key) for key in keys), (Basket, left), (Basket, heirs)],
    )
