"""Every route there is."""

from __future__ import annotations

from api import (
    admin_access,
    admin_projections,
    audit,
    bad_rows,
    baskets,
    behaviour,
    categories,
    feeds,
    health,
    identities,
    insights,
    interactions,
    live,
    orders,
    pages,
    products,
    reviews,
    sessions,
    shoppers,
    tracker,
)
from api.intake import ga4, sdk_settings, segment

ROUTES = (
    *shoppers.ROUTES,
    *sessions.ROUTES,
    *categories.ROUTES,
    *products.ROUTES,
    *reviews.ROUTES,
    *baskets.ROUTES,
    *orders.ROUTES,
    *tracker.ROUTES,
    *segment.ROUTES,
    *ga4.ROUTES,
    *sdk_settings.ROUTES,
    *insights.ROUTES,
    *behaviour.ROUTES,
    *live.ROUTES,
    *feeds.ROUTES,
    *interactions.ROUTES,
    *audit.ROUTES,
    *admin_projections.ROUTES,
    *admin_access.ROUTES,
    *identities.ROUTES,
    *bad_rows.ROUTES,
    *health.ROUTES,
    *pages.ROUTES,
)
