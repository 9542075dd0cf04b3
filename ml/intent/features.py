"""Features: a visit so far as a row of numbers, in one fixed order."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from domain.basket import Basket
from domain.visit import Visit
from ml.intent.open_visits import OpenVisit, basket_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 2
"""Raised whenever a feature is added, dropped or counted differently: artifacts carry it."""
DEVICES = ("desktop", "mobile", "tablet")
CALENDAR = ("hour_sine", "hour_cosine", "is_weekend")
"""What moves with the clock, whoever comes."""
_DAY = 86_400.0
_UNKNOWN = math.nan


def features_of(visit: OpenVisit) -> dict[str, float]:
    """Return the features by name; NaN is not known. Their order is the order of the row."""
    counts, now, basket = visit.counts, visit.last_at, visit.basket
    views, events = counts[Visit.ProductViewed], sum(counts.values())
    duration = now - visit.started_at
    moment = datetime.fromtimestamp(now, UTC)
    hour = (moment.hour + moment.minute / 60) / 24 * 2 * math.pi
    value = basket_value(basket)
    dwell = visit.dwell
    prices = [price for price in visit.prices if not math.isnan(price)]
    return {
        "events": events,
        "page_views": counts[Visit.PageViewed],
        "product_views": views,
        "products": len(visit.views),
        "looked_again": views - len(visit.views),
        "views_of_favourite": max(visit.views.values(), default=0),
        "clicks": counts[Visit.ProductClicked],
        "recommendation_clicks": counts[Visit.RecommendationClicked],
        "searches": counts[Visit.Searched],
        "empty_searches": visit.empty_searches,
        "checkouts": counts[Visit.CheckoutStarted],
        "items_added": counts[Basket.ItemAdded] + counts[Visit.ProductCarted],
        "items_removed": counts[Basket.ItemRemoved] + counts[Visit.ProductUncarted],
        "quantity_changes": counts[Basket.ItemQuantityChanged],
        "orders": visit.orders,
        "basket_products": len(basket),
        "basket_pieces": sum(line.quantity for line in basket.values()),
        "basket_minor": value,
        "basket_below_highest_minor": visit.highest_basket_minor - value,
        "seconds_since_first_add": now - visit.first_added_at,
        "basket_brought_along": float(bool(basket) and math.isnan(visit.first_added_at)),
        "dwell_seconds": sum(dwell.values()),
        "longest_dwell_seconds": max(
            (seconds for product, seconds in dwell.items() if product), default=0
        ),
        "seconds": duration,
        "seconds_since_previous": now - visit.recent[-2] if len(visit.recent) > 1 else _UNKNOWN,
        "events_in_last_minute": sum(now - at < 60 for at in visit.recent),  # noqa: PLR2004
        "seconds_per_event": duration / (events - 1) if events > 1 else _UNKNOWN,
        "categories": len(visit.categories),
        "main_category_share": max(visit.categories.values(), default=0) / views
        if views
        else _UNKNOWN,
        "price_mean_minor": sum(prices) / len(prices) if prices else _UNKNOWN,
        "price_lowest_minor": min(prices, default=_UNKNOWN),
        "price_latest_of_mean": prices[-1] * len(prices) / total
        if prices and (total := sum(prices))
        else _UNKNOWN,
        "is_signed_in": float(visit.person.startswith("shopper:")),
        "past_visits": visit.past.visits,
        "past_ordering_visits": visit.past.ordering_visits,
        "past_revenue_minor": visit.past.revenue_minor,
        "days_since_visit": (visit.started_at - visit.past.last_visit_at) / _DAY,
        "days_since_order": (now - visit.past.last_order_at) / _DAY,
        "hour_sine": math.sin(hour),
        "hour_cosine": math.cos(hour),
        "is_weekend": float(moment.weekday() >= 5),  # noqa: PLR2004 - Saturday
        **{f"device_{name}": float(visit.device == name) for name in DEVICES},
        "source_direct": float(visit.source == "direct"),
        "source_campaign": float("/" in visit.source),
    }


def row_of(visit: OpenVisit) -> NDArray[np.float32]:
    """Return (features,): what classifiers learn from and answer to."""
    return np.fromiter(features_of(visit).values(), np.float32)


FEATURES = tuple(features_of(OpenVisit(0, "", "", 0.0, 0.0, 0.0)))
"""Their names, in the order of a row."""
