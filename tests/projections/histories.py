"""Random histories of a small shop, every one of which could have happened."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from application import (
    baskets,
    categories,
    models,
    orders,
    products,
    reviews,
    rules,
    segmentation,
    segments,
    shoppers,
)
from application.context import Context
from application.event_codec import SubjectErased
from application.event_store.memory import MemoryEventStore
from application.journal import Journal, Loaded
from application.keyring import KeyedHash, MemoryKeyring
from application.snapshots import MemorySnapshots
from domain.errors import Rejected
from domain.identity import Identity, identity_fact
from domain.money import Money
from domain.order import Order, OrderLine
from domain.product import ProductDetails
from domain.recommendation import Candidate, served
from domain.review import ReviewExists
from domain.rule import Terms
from domain.segmentation import Borders, Buying, Clusters, Fit, Spending, Worth
from domain.shopper import Address, Profile, Shopper
from domain.visit import Visit, fact
from ml.segments.features import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Aggregate, Event, Recorded

THEN = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
SHOPPERS = ("1", "2", "3")
VISITORS = ("v1", "v2", "v3")
PRODUCTS = ("lamp", "bulb", "vase", "desk")
COMMANDS = (
    *("view", "click", "dwell", "search", "import"),
    *("guest_adds", "shopper_adds", "changes", "removes", "clears"),
    *("orders", "cancels", "returns", "credit_note", "reviews", "withdraws_review") * 2,
    *("prices", "stocks", "renames", "withdraws_product"),
    *("signs_in", "signs_in", "signs_out", "consents", "moves", "moves", "leaves_home"),
    *("changes_profile", "changes_password", "erased", "imported"),
    *("joins", "joins", "separates"),
    *("trains", "trains", "promotes", "rolls_back"),
    *("recommends", "recommends", "clicks_recommended"),
    *("sets_rule", "sets_rule", "changes_rule", "removes_rule"),
    *("fits", "fits"),
    *("defines", "defines", "redefines", "undefines", "comes", "comes", "comes"),
)

Command = tuple[str, int, int, int, int]
"""What, who, which product, how many, and how many minutes after the one before (may be late)."""

commands: st.SearchStrategy[list[Command]] = st.lists(
    st.tuples(
        st.sampled_from(COMMANDS),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(1, 5),
        st.integers(-30, 180),
    ),
    min_size=100,
    max_size=200,
)


class History(NamedTuple):
    """One log, as a projector met it and as a rebuild finds it: some are erased since."""

    lived: list[Recorded]
    replayed: list[Recorded]


async def history_of(done: Sequence[Command]) -> History:
    """Return the log of a shop in which the commands were given; what it refuses is left out."""
    shop = _Shop()
    await shop.open()
    lived = await _whole(shop.journal, 0)
    for command in done:
        with suppress(Rejected, SubjectErased):
            await shop.do(command)
        lived += await _whole(shop.journal, len(lived))
    return History(lived, await _whole(shop.journal, 0))


async def _whole(journal: Journal, after: int) -> list[Recorded]:
    events: list[Recorded] = []
    while page := await journal.read(after + len(events)):
        events += page
    return events


def a_fit(now: datetime, number: int) -> Fit:
    """Return borders and models as a fit may have found them."""
    return Fit(
        until=0,
        as_of=now,
        new_since=now - timedelta(hours=number),
        customers=3,
        borders=Borders(
            recency=tuple(int(now.timestamp()) - 3_600 * n for n in (9, 6, 3, 1)),
            frequency=(1, 2, number + 1, number + 3),
            monetary={"EUR": (500, 2_000, 5_000, 9_000 * number)},
        ),
        buying=Buying(0.5, 20.0, 0.7, 2.5) if number > 1 else None,
        spending={"EUR": Spending(6.0, 4.0, 3_000.0, 2_000.0)},
        worth=Worth(margin=0.5),
        clusters=Clusters(
            features=(*PLAIN, "category:all"),
            categories=("all",),
            lowest=(0.0,) * 7,
            highest=(4.0,) * 7,
            centre=(1.0,) * 7,
            scale=(0.5,) * 7,
            centroids=((-1.0,) * 7, (0.0,) * 7, (1.0,) * 7)[:number],
            words=("few", "some", "many")[:number],
            stability=0.9,
            silhouette=0.4,
        ),
        moves=(),
        absent={},
    )


class _Shop:
    def __init__(self) -> None:
        self.journal = Journal(
            MemoryEventStore(), MemoryKeyring(), KeyedHash(b"0" * 32), MemorySnapshots()
        )
        self.now = THEN
        self.orders: list[str] = []
        self.lists: list[str] = []
        self.comings: dict[tuple[str, str], int] = {}

    @property
    def context(self) -> Context:
        return Context(actor="test", now=self.now)

    async def open(self) -> None:
        await categories.create_category(self.journal, self.context, "all", "All")
        for n, product_id in enumerate(PRODUCTS):
            details = ProductDetails(product_id, category="all", attributes={"n": str(n)})
            price = Money(1_000 * (n + 1), "USD" if product_id == "desk" else "EUR")
            stock = None if product_id == "bulb" else 30
            await products.add_product(
                self.journal, self.context, product_id, details, price=price, stock=stock
            )
        for shopper_id in SHOPPERS:
            await self._let_in(shopper_id)

    async def _let_in(self, shopper_id: str) -> None:
        """Record a shopper without the long work of hashing a password."""

        def decide(_: Loaded) -> tuple[None, Sequence[Aggregate]]:
            shopper = Shopper.register(
                shopper_id,
                Profile("A shopper", f"{shopper_id}@example.com", f"shopper-{shopper_id}"),
                password_hash="",
                email_hash=f"e{shopper_id}",
                username_hash=f"u{shopper_id}",
                now=self.now,
            )
            return None, [shopper]

        await self.journal.execute(self.context, decide, writes=[])

    async def do(self, command: Command) -> None:
        name, who, which, number, minutes = command
        self.now += timedelta(minutes=minutes)
        shopper_id, visitor, product_id = SHOPPERS[who], VISITORS[who], PRODUCTS[which]
        if name in {"view", "click", "dwell", "search", "import"}:
            await self._visit(name, visitor, shopper_id if number > 3 else "", product_id, number)
        elif name in {"joins", "separates"}:
            kind = Identity.Joined if name == "joins" else Identity.Separated
            said = identity_fact(kind, visitor, self.now, shopper_id=SHOPPERS[number % 3])
            await self.journal.record(self.context, [said])
        elif name in {"trains", "promotes", "rolls_back", "fits"}:
            await self._try_models(name, f"v{number}")
        elif name in {"recommends", "clicks_recommended"}:
            await self._recommend(name, visitor, shopper_id if number > 4 else "", number)
        elif name.endswith("_rule") or name in {"defines", "redefines", "undefines", "comes"}:
            await self._try_rules(name, product_id, number)
        elif name in {"cancels", "returns", "credit_note"}:
            await self._give_back(name, shopper_id, product_id, number)
        elif name in {"prices", "stocks", "renames", "withdraws_product"}:
            await self._keep_shop(name, product_id, number)
        elif name in {"guest_adds", "shopper_adds", "changes", "removes", "clears"}:
            owner = f"visitor:{visitor}" if name == "guest_adds" else f"shopper:{shopper_id}"
            await self._fill(name, owner, product_id, number)
        elif name in {"orders", "reviews", "withdraws_review"}:
            await self._buy(name, shopper_id, product_id, number)
        else:
            await self._live(name, shopper_id, VISITORS[which % 3], number)

    async def _visit(
        self, name: str, visitor: str, shopper_id: str, product_id: str, number: int
    ) -> None:
        kinds: dict[str, tuple[type[Any], dict[str, Any]]] = {
            "view": (Visit.ProductViewed, {"product_id": product_id}),
            "click": (Visit.ProductClicked, {"product_id": product_id, "rank": number}),
            "dwell": (Visit.Dwelled, {"product_id": product_id, "milliseconds": number * 7_001}),
            "search": (Visit.Searched, {"query": product_id}),
            "import": (
                (Visit.ProductCarted, Visit.ProductUncarted, Visit.ProductPurchased)[number % 3],
                {"product_id": product_id, "quantity": number},
            ),
        }
        kind, fields = kinds[name]
        visit_id = f"{visitor}-{number}"
        seen = fact(kind, visit_id, self.now, visitor=visitor, shopper_id=shopper_id, **fields)
        page = fact(Visit.PageViewed, visit_id, self.now, visitor=visitor, url=f"/{product_id}")
        await self.journal.record(self.context, [page, seen])

    async def _recommend(self, name: str, visitor: str, shopper_id: str, number: int) -> None:
        if name == "recommends":
            self.lists.append(f"r{len(self.lists)}")
            made: Event = served(
                self.lists[-1],
                f"shopper:{shopper_id}" if shopper_id else visitor,
                self.now,
                placement=("home", "email")[number % 2],
                model=f"v{number % 2}",
                as_of=0,
                items=tuple(Candidate(each, 1.0, 0.5) for each in PRODUCTS[number % 3 :][:2]),
            )
        else:
            made = fact(
                Visit.RecommendationClicked,
                visitor,
                self.now,
                visitor=visitor,
                recommendation_id=self.lists[-min(number, len(self.lists))] if self.lists else "r",
                placement="home",
                product_id=PRODUCTS[number % 4],
                rank=1,
            )
        await self.journal.record(self.context, [made])

    async def _fill(self, name: str, owner: str, product_id: str, number: int) -> None:
        journal, context = self.journal, self.context
        if name == "changes":
            await baskets.change_quantity(journal, context, owner, product_id, number - 1)
        elif name == "removes":
            await baskets.remove_item(journal, context, owner, product_id)
        elif name == "clears":
            await baskets.clear(journal, context, owner)
        else:
            await baskets.add_item(journal, context, owner, product_id, number)

    async def _buy(self, name: str, shopper_id: str, product_id: str, number: int) -> None:
        journal, context = self.journal, self.context
        if name == "reviews":
            product_id = await self._bought_by(shopper_id) or product_id
            review_id = f"{shopper_id}:{product_id}"
            try:
                await reviews.write_review(
                    journal, context, shopper_id, product_id, number, f"{number} stars"
                )
            except ReviewExists:
                await reviews.edit_review(journal, context, review_id, shopper_id, number, "Or not")
        elif name == "withdraws_review":
            product_id = await self._bought_by(shopper_id) or product_id
            review_id = f"{shopper_id}:{product_id}"
            await reviews.withdraw_review(journal, context, review_id, shopper_id)
        else:
            order_id = f"o{len(self.orders)}"
            with suppress(Rejected):
                await baskets.add_item(journal, context, f"shopper:{shopper_id}", product_id, 1)
            await orders.place_order(
                journal,
                context,
                order_id,
                shopper_id,
                payment_method="card",
                address_id="home" if number > 2 else "",
            )
            self.orders.append(order_id)

    async def _bought_by(self, shopper_id: str) -> str:
        """Return a product of the shopper's latest order; empty where there is none."""
        for order_id in reversed(self.orders):
            order = await self.journal.load(Order, order_id)
            if order is not None and order.shopper_id == shopper_id:
                return order.lines[0].product_id
        return ""

    async def _tell_apart(self, name: str, number: int) -> None:
        segment_id = f"s{number % 2}"
        rule = {"number": "orders", "at_least": number}
        if name == "defines":
            await segments.define_segment(
                self.journal, self.context, segment_id, name="Some", rule=rule
            )
        elif name == "redefines":
            change = {"rule": rule, "name": f"Some {number}"}
            await segments.change_segment(self.journal, self.context, segment_id, change)
        elif name == "undefines":
            await segments.remove_segment(self.journal, self.context, segment_id)
        else:
            person = f"shopper:{SHOPPERS[number % 3]}"
            change_number = self.comings[segment_id, person] = (
                self.comings.get((segment_id, person), 0) + 1
            )
            coming = segments.Coming(
                segment_id, person, bool(change_number % 2), change_number, definition=1
            )
            await segments.note_comings(self.journal, "test", [coming], self.now)

    async def _try_models(self, name: str, version: str) -> None:
        match name:
            case "fits":
                fit = a_fit(self.now, int(version[1:]))
                await segmentation.note_fit(self.journal, self.context, fit)
            case "trains":
                learnt: dict[str, Any] = {"until": 1, "settings": {"seed": 1}}
                scores = {"blend": {"mrr_20": 0.3}}
                await models.note_trained(
                    self.journal,
                    self.context,
                    "recommender",
                    version,
                    artifact="9f",
                    scores=scores,
                    **learnt,
                )
            case "promotes":
                await models.promote(self.journal, self.context, "recommender", version)
            case _:
                await models.roll_back(self.journal, self.context, "recommender")

    async def _try_rules(self, name: str, product_id: str, number: int) -> None:
        journal, context, rule_id = self.journal, self.context, f"r{number}"
        match name:
            case "sets_rule":
                terms = Terms(action="pin", product_id=product_id, place=number)
                await rules.set_rule(journal, context, rule_id, terms)
            case "defines" | "redefines" | "undefines" | "comes":
                await self._tell_apart(name, number)
            case "changes_rule":
                await rules.change_rule(journal, context, rule_id, {"product_id": product_id})
            case _:
                await rules.remove_rule(journal, context, rule_id)

    async def _give_back(self, name: str, shopper_id: str, product_id: str, number: int) -> None:
        lines = (OrderLine(product_id, "", number, 500),)
        if name == "credit_note":
            credit_id = f"c{await self.journal.head()}"
            note = _made(
                Order.CreditNoted,
                originator_id=Order.stream_id(credit_id),
                originator_version=1,
                timestamp=self.now,
                originator_topic="domain.order:Order",
                shopper_id=shopper_id,
                lines=lines,
                currency="EUR",
                refund_minor=number * 500,
            )
            await self.journal.record(self.context, [note])
            return
        order_id = self.orders[number % len(self.orders)] if self.orders else "none"
        if name == "cancels":
            await orders.cancel_order(self.journal, self.context, order_id, shopper_id=None)
            return
        order = await self.journal.load(Order, order_id)
        if order is None or order.is_cancelled:
            return
        back = _made(
            Order.Returned,
            originator_id=order.id,
            originator_version=order.version + 1,
            timestamp=self.now,
            shopper_id=order.shopper_id,
            lines=order.lines[:1],
            currency=order.currency,
            refund_minor=order.lines[0].total_minor,
            placed_at=order.created_on,
        )
        await self.journal.record(self.context, [back])

    async def _keep_shop(self, name: str, product_id: str, number: int) -> None:
        journal, context = self.journal, self.context
        if name == "withdraws_product" and number > 4:
            await products.withdraw_product(journal, context, product_id)
            return
        if name == "renames":
            await categories.rename_category(journal, context, "all", f"All {number}")
        currency = "USD" if product_id == "desk" else "EUR"
        changes = {
            "prices": products.ProductChanges(price=Money(number * 700, currency)),
            "stocks": products.ProductChanges(stock=number * 10, reason="counted"),
            "renames": products.ProductChanges(name=f"{product_id} {number}"),
        }
        if name in changes:
            await products.change_product(journal, context, product_id, changes[name])

    async def _live(  # noqa: C901 - a table of what shoppers do
        self, name: str, shopper_id: str, visitor: str, number: int
    ) -> None:
        journal, context = self.journal, self.context
        match name:
            case "signs_in":
                await shoppers.sign_in(journal, context, shopper_id, visitor=visitor)
            case "signs_out":
                await shoppers.sign_out(journal, context, shopper_id)
            case "changes_password":
                shopper = await journal.load(Shopper, shopper_id)
                if shopper is not None and not shopper.is_erased:
                    changed = _made(
                        Shopper.PasswordChanged,
                        originator_id=shopper.id,
                        originator_version=shopper.version + 1,
                        timestamp=self.now,
                        password_hash="",
                    )
                    await journal.record(context, [changed])
            case "imported":
                imported = _made(
                    Shopper.Imported,
                    originator_id=f"shopper-i{await journal.head()}",
                    originator_version=1,
                    timestamp=self.now,
                    originator_topic="domain.shopper:Shopper",
                    source="history",
                    country="GB",
                )
                await journal.record(context, [imported])
            case "consents":
                purposes = {"analytics": number % 2 == 0, "marketing": number > 2}
                await shoppers.set_consent(journal, context, shopper_id, purposes)
            case "moves":
                home = Address("A shopper", f"Street {number}", "Berlin", "10115", "DE")
                await shoppers.add_address(journal, context, shopper_id, "home", home)
            case "leaves_home":
                await shoppers.remove_address(journal, context, shopper_id, "home")
            case "changes_profile":
                await shoppers.change_profile(
                    journal, context, shopper_id, name=f"Shopper {number}"
                )
            case "erased" if number > 4:
                await shoppers.erase(journal, context, shopper_id)


def _made(event_class: type[Any], **fields: object) -> Any:
    return event_class(**fields)
