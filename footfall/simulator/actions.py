"""What a simulated shopper does, and when."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.shopper import Profile


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something done at a moment."""

    at: datetime


class ViewPage(Action, frozen=True):
    url: str
    title: str
    referrer: str = ""


class ViewProduct(Action, frozen=True):
    product_id: str


class ClickProduct(Action, frozen=True):
    product_id: str
    placement: str
    rank: int


class Dwell(Action, frozen=True):
    product_id: str
    milliseconds: int


class Search(Action, frozen=True):
    query: str


class SeeRecommendations(Action, frozen=True):
    recommendation_id: str
    placement: str
    product_ids: tuple[str, ...]


class ClickRecommendation(Action, frozen=True):
    recommendation_id: str
    placement: str
    product_id: str
    rank: int


Look = (
    ViewPage
    | ViewProduct
    | ClickProduct
    | Dwell
    | Search
    | SeeRecommendations
    | ClickRecommendation
)
"""What the tracker of a shop would see: facts, never refused."""


class AddItem(Action, frozen=True):
    product_id: str
    quantity: int


class RemoveItem(Action, frozen=True):
    product_id: str


class Register(Action, frozen=True):
    pass


class SignIn(Action, frozen=True):
    pass


class PlaceOrder(Action, frozen=True):
    order_id: str


class CancelOrder(Action, frozen=True):
    order_id: str


class WriteReview(Action, frozen=True):
    product_id: str
    rating: int
    comment: str


class Person(msgspec.Struct, eq=False):
    """A simulated shopper. ``affinity``: the weight of each category in what they look at."""

    visitor: str
    shopper_id: str
    profile: Profile
    affinity: dict[str, float]
    is_registered: bool = False


class Visit(msgspec.Struct, frozen=True, eq=False):
    """A person's actions of one visit, in order of time."""

    visit_id: str
    person: Person
    actions: list[Action]

    @property
    def start(self) -> datetime:
        """When the visit begins."""
        return self.actions[0].at
