"""Named segments: one table of rules; the first that fits is a shopper's segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

NEW_DAYS = 30
BARGAIN_SHARE = 0.2
LOOKS = 5


class Standing(NamedTuple):
    """What the rules ask of a shopper.

    ``orders``: those kept; ``undone``: cancelled or sent back whole. Scores are 0 without an order.
    ``is_new``: the first order was in the last 30 days before the fit, or since.
    """

    orders: int = 0
    undone: int = 0
    recency: int = 0
    frequency: int = 0
    monetary: int = 0
    is_new: bool = False
    discount_share: float = 0.0
    views: int = 0
    basket_adds: int = 0


class NamedSegment(NamedTuple):
    """A segment of the shop: its name, what it means in words, what the shop may do, its rule."""

    name: str
    meaning: str
    action: str
    fits: Callable[[Standing], bool]


NAMED: tuple[NamedSegment, ...] = (
    NamedSegment(
        "new",
        "First order in the last 30 days, and one or two in all",
        "Welcome them: what goes with the first order, how to reach you",
        lambda s: s.is_new and 1 <= s.orders <= 2,  # noqa: PLR2004
    ),
    NamedSegment(
        "champion",
        "Recency, frequency and spend each among the best two fifths",
        "Thank them; show novelties first; ask for reviews",
        lambda s: s.orders > 0 and min(s.recency, s.frequency, s.monetary) >= 4,  # noqa: PLR2004
    ),
    NamedSegment(
        "bargain",
        "At least two orders, with a fifth or more of their goods' price off",
        "Tell them of sales; do not offer discounts on what they buy anyway",
        lambda s: s.orders >= 2 and s.discount_share >= BARGAIN_SHARE,  # noqa: PLR2004
    ),
    NamedSegment(
        "loyal",
        "Frequency among the best two fifths, recency not among the last two",
        "Keep them: reserve, subscribe, recommend what goes with their taste",
        lambda s: s.orders > 0 and s.frequency >= 4 and s.recency >= 3,  # noqa: PLR2004
    ),
    NamedSegment(
        "at risk",
        "Frequency among the best three fifths, but recency among the last two",
        "Win them back now: ask why, offer what they used to buy",
        lambda s: s.orders > 0 and s.frequency >= 3 and s.recency <= 2,  # noqa: PLR2004
    ),
    NamedSegment(
        "lost",
        "Recency in the last fifth, and never frequent",
        "Spend little on them; one last call at most",
        lambda s: s.orders > 0 and s.recency == 1,
    ),
    NamedSegment(
        "occasional",
        "Any other customer",
        "Find the next occasion: season, refills, what others bought next",
        lambda s: s.orders > 0,
    ),
    NamedSegment(
        "all returned",
        "Ordered, but kept nothing",
        "Look at sizes, pictures and descriptions of what came back",
        lambda s: s.undone > 0,
    ),
    NamedSegment(
        "window shopper",
        "No order, but something in a basket or five product views",
        "Answer what holds them off: delivery, price, trust",
        lambda s: s.basket_adds > 0 or s.views >= LOOKS,
    ),
    NamedSegment(
        "visitor",
        "No order, and few looks",
        "Nothing yet: show what is liked",
        lambda _: True,
    ),
)


def name_of(standing: Standing) -> str:
    """Return the name of the first segment that fits."""
    return next(segment.name for segment in NAMED if segment.fits(standing))
