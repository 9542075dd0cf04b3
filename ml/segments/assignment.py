"""Where a shopper belongs, by what was fitted last: the one way for live and for the past."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from ml.segments.clusters import nearest
from ml.segments.features import features
from ml.segments.named_segments import Standing, name_of
from ml.segments.rfm import score
from ml.segments.shopper_numbers import seconds_of, whole_days

if TYPE_CHECKING:
    from domain.segmentation import Borders, Fit
    from ml.segments.shopper_numbers import ShopperNumbers

MOST_MINOR = 2**53


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Scores are 0 without an order; what no model tells is None.

    ``alive`` and ``expected_orders`` in thousandths, ``value_minor`` in the shopper's currency.
    """

    segment: str
    recency: int = 0
    frequency: int = 0
    monetary: int = 0
    cluster: int | None = None
    alive_thousandths: int | None = None
    expected_thousandths: int | None = None
    value_minor: int | None = None


def place(fit: Fit | None, shopper: ShopperNumbers) -> Place:
    """Return where a shopper belongs; before the first fit everyone's scores are in the middle."""
    scores = _scores(fit.borders, shopper) if fit else ((3,) * 3 if shopper.orders else (0,) * 3)
    segment = _name(
        Standing(
            orders=shopper.orders,
            undone=shopper.undone,
            recency=scores[0],
            frequency=scores[1],
            monetary=scores[2],
            is_new=fit is not None
            and shopper.first_order_at is not None
            and shopper.first_order_at > fit.new_since,
            discount_share=shopper.discount_share,
            views=min(shopper.views, 10),
            basket_adds=min(shopper.basket_adds, 1),
        )
    )
    found = Place(segment=segment, recency=scores[0], frequency=scores[1], monetary=scores[2])
    if fit is None or not shopper.is_known:
        return found
    if fit.clusters is not None:
        row = features(shopper, fit.as_of, fit.clusters.categories)
        found = msgspec.structs.replace(found, cluster=nearest(fit.clusters, row))
    return _valued(fit, shopper, found)


def segment_of_visitor(views: int, basket_adds: int) -> str:
    """Return the named segment of who has neither an account nor an order, as ``place`` does."""
    return _name(Standing(views=min(views, 10), basket_adds=min(basket_adds, 1)))


def _scores(borders: Borders, shopper: ShopperNumbers) -> tuple[int, ...]:
    if not shopper.orders or shopper.last_order_at is None:
        return (0, 0, 0)
    return (
        score(borders.recency, seconds_of(shopper.last_order_at)),
        score(borders.frequency, shopper.orders),
        score(borders.monetary.get(shopper.currency, ()), shopper.revenue_minor),
    )


def _valued(fit: Fit, shopper: ShopperNumbers, found: Place) -> Place:
    """Add what the customer is expected to do, counted from the fit or from what they did since."""
    first, last = shopper.first_order_at, shopper.last_order_at
    spending = fit.spending.get(shopper.currency)
    if fit.buying is None or spending is None or first is None or last is None:
        return found
    from ml.segments.customer_value import customer_values  # noqa: PLC0415 - scipy takes its time

    as_of = max(fit.as_of, shopper.last_at)
    values = customer_values(
        fit.buying,
        spending,
        fit.worth,
        order_days=shopper.order_days,
        last_days=whole_days(first, last),
        known_days=whole_days(first, as_of),
        mean_minor=max(shopper.revenue_minor, 0) / max(shopper.order_days, 1),
    )
    return msgspec.structs.replace(
        found,
        alive_thousandths=round(float(values.alive) * 1_000),
        expected_thousandths=round(float(values.orders) * 1_000),
        value_minor=round(min(float(values.value_minor), MOST_MINOR)),
    )


_name = lru_cache(maxsize=10_000)(name_of)
