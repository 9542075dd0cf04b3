"""Segmentation: by which borders and models the shop's customers are told apart, as last fitted."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import msgspec

from domain.events import Aggregate

CUSTOMERS = "customers"
"""The key of the one segmentation that there is."""
NAMES = (
    "new",
    "champion",
    "bargain",
    "loyal",
    "at risk",
    "lost",
    "occasional",
    "all returned",
    "window shopper",
    "visitor",
)
"""The named segments, one for everyone; ml/segments/named_segments.py has their rules."""


class Borders(msgspec.Struct, frozen=True, kw_only=True):
    """From which value on a customer has the scores 2 to 5; empty where there are no customers.

    ``recency``: the last order, in seconds since 1970. ``monetary``: by currency, in minor units.
    """

    recency: tuple[int, ...] = ()
    frequency: tuple[int, ...] = ()
    monetary: dict[str, tuple[int, ...]] = {}


class Buying(msgspec.Struct, frozen=True):
    """BG/NBD: orders come at a rate from Gamma(r, alpha) a day, and after each a customer is lost
    with a chance from Beta(a, b).
    """

    r: float
    alpha: float
    a: float
    b: float


class Spending(msgspec.Struct, frozen=True):
    """Gamma-Gamma: an order's worth varies with shape p around a mean that differs by customer.

    ``mean_minor``: the worth of an order over all customers. Where p is 0 nothing varies enough to
    be fitted, and the mean stands for everyone.
    """

    p: float
    q: float
    v: float
    mean_minor: float


class Clusters(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of like customers: centroids over features that were cut, centred and scaled.

    ``categories``: those whose shares of what a customer put into baskets and bought are features.
    ``stability``: how alike two groupings of resampled customers are, 1 at best (the adjusted Rand
    index). ``artifact``: SHA-256 of the file that keeps the same numbers, in hex.
    """

    features: tuple[str, ...]
    categories: tuple[str, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    words: tuple[str, ...]
    stability: float
    silhouette: float
    artifact: str = ""


class Move(msgspec.Struct, frozen=True, array_like=True):
    """So many customers who were in one segment at a month's end are in another at the next.

    ``before`` is empty for who was no customer then.
    """

    month: str
    before: str
    after: str
    customers: int


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer's value is counted."""

    horizon_days: int = 365
    yearly_discount: float = 0.1
    margin: float = 1.0


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """Borders and models, fitted to what was known at the position ``until`` of the log.

    ``as_of``: the moment at which recency and value are counted. ``new_since``: who ordered first
    after it is new. ``absent``: why something could not be fitted, by its name.
    """

    until: int
    as_of: datetime
    new_since: datetime
    customers: int
    borders: Borders
    buying: Buying | None
    spending: dict[str, Spending]
    worth: Worth
    clusters: Clusters | None
    moves: tuple[Move, ...]
    absent: dict[str, str]


class Segmentation(Aggregate):
    """What the segments of customers go by."""

    CATEGORY = "segmentation"

    class Opened(Aggregate.Created):
        """The first fit is about to come."""

        TOPIC = "segmentation.opened"

    class Fitted(Aggregate.Event):
        """Borders and models were fitted anew; from now on everyone stands by them."""

        TOPIC = "segmentation.fitted"
        fit: Fit

        def apply(self, aggregate: Segmentation) -> None:
            aggregate.fit = self.fit

    def __init__(self) -> None:
        self.fit: Fit | None = None

    @classmethod
    def of(cls, found: Self | None, now: datetime) -> Self:
        """Return the segmentation, opened where it is the first time."""
        if found is not None:
            return found
        return cls._create(cls.Opened, id=cls.stream_id(CUSTOMERS), timestamp=now)

    def note(self, fit: Fit, now: datetime) -> None:
        """Let everyone stand by a new fit."""
        self.trigger_event(self.Fitted, timestamp=now, fit=fit)
